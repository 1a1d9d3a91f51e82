internal import Engine
internal import Hummingbird
internal import Model
internal import Store

extension Routes {
    /// `GET /v1/queues`
    @Sendable func listQueues(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        return Reply.json(["queues": .array(try await engine.store.queues().map(\.json))])
    }

    /// `PATCH /v1/queues/{name}`: `{max_running?, paused?}`; `max_running: null` takes the limit away.
    @Sendable func changeQueue(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let name = try Field(.string(context.name()), path: "name").queueName()
        let change = try QueueChange(json: try await request.requiredDocument())
        return Reply.json(try await engine.changeQueue(name, change).json)
    }
}

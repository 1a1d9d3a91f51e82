internal import Engine
internal import Hummingbird
internal import Model
internal import Store

extension Routes {
    /// `GET /v1/queues`
    @Sendable func listQueues(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        _ = try request.query(known: [])
        return Reply.json(["queues": .array(try await engine.store.queues().map(\.json))])
    }

    /// `PATCH /v1/queues/{name}`: `{max_running?, paused?}`; `max_running: null` takes the limit away.
    @Sendable func changeQueue(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        _ = try request.query(known: [])
        let name = try Field(.string(context.name()), path: "name").queueName()
        var fields = try Field(try await request.requiredDocument()).fields()
        try fields.allow(only: ["max_running", "paused"])
        let maximum: Int?? = try fields.takeAllowingNull("max_running").map { field in
            field.value == .null ? nil : Int(try field.int(in: 1...100_000))
        }
        let isPaused = try fields.take("paused")?.bool()
        return Reply.json(try await engine.changeQueue(name, maximumRunning: maximum, isPaused: isPaused).json)
    }
}

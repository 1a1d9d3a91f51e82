internal import Engine
internal import Hummingbird
internal import Model

extension Routes {
    /// `GET /v1/tasks/{id}/why`: what a task waits for.
    @Sendable func explainTask(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        return Reply.json(try await engine.explain(context.taskID()).json)
    }
}

internal import Engine
internal import Hummingbird
internal import Model
internal import NIOCore

extension Routes {
    /// `POST /v1/tasks/{id}/pause`
    @Sendable func pauseTask(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        try await request.requireNoDocument()
        return Reply.json(try await engine.pause(context.taskID()).json())
    }

    /// `POST /v1/tasks/{id}/resume`
    @Sendable func resumeTask(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        try await request.requireNoDocument()
        return Reply.json(try await engine.resume(context.taskID()).json())
    }
}

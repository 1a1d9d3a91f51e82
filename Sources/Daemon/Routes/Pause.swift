internal import Engine
internal import Hummingbird
internal import Model
internal import NIOCore

extension Routes {
    /// `POST /v1/tasks/{id}/pause`
    @Sendable func pauseTask(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        _ = try request.query(known: [])
        try await request.requireNoDocument()
        return Reply.json(try await engine.pause(context.taskID()).json())
    }

    /// `POST /v1/tasks/{id}/resume`
    @Sendable func resumeTask(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        _ = try request.query(known: [])
        try await request.requireNoDocument()
        return Reply.json(try await engine.resume(context.taskID()).json())
    }

    /// `POST /v1/tasks/{id}/input`: the body goes to the command's standard input as it is → `{written: bytes, attempt}`; with
    /// `end` the input ends once all of the body was taken.
    @Sendable func writeInput(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let isLast = try request.query(known: ["end"])["end"]?.flag() ?? false
        let bytes = try await request.bytes()
        let (count, attempt) = try await engine.write(bytes, isLast: isLast, to: context.taskID())
        return Reply.json(["written": JSONValue(count), "attempt": JSONValue(attempt)])
    }
}

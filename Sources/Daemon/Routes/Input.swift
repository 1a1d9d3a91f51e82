internal import Engine
internal import Hummingbird
internal import Model
internal import NIOCore

extension Routes {
    /// `POST /v1/tasks/{id}/input`: the body goes to the command's standard input as it is → `{written: bytes, attempt}`; with
    /// `end` the input ends once all of the body was taken. Before the command has started, also `started: false`.
    @Sendable func writeInput(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let isLast = try context.query["end"]?.flag() ?? false
        let bytes = try await request.bytes(limit: ConnectionContext.maximumBody)
        let (count, attempt, hasStarted) = try await engine.write(bytes, isLast: isLast, to: context.taskID())
        var reply: JSONObject = ["written": JSONValue(count), "attempt": JSONValue(attempt)]
        if !hasStarted { reply["started"] = false }
        return Reply.json(.object(reply))
    }
}

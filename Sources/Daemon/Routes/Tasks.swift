internal import Engine
internal import Hummingbird
internal import Model
internal import Store

extension Routes {
    /// `GET /v1/tasks/{id}`
    @Sendable func getTask(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        return Reply.json(try await engine.taskJSON(context.taskID()))
    }

    /// `GET /v1/tasks`
    @Sendable func listTasks(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        var filter = try TaskFilter(query: request.query)
        filter.owner = context.caller.seesOnly
        let (tasks, next) = try await engine.store.tasks(filter)
        return Reply.json(["tasks": .array(tasks.map { $0.json() }), "next": JSONValue(next)])
    }

    /// `POST /v1/tasks/{id}/cancel`
    @Sendable func cancelTask(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let id = try context.taskID()
        var message: String?
        var force = false
        if let document = try await request.document() {
            var fields = try Field(document).fields()
            try fields.allow(only: ["message", "force"])
            message = try fields.take("message")?.cancelMessage()
            force = try fields.take("force")?.bool() ?? false
        }
        let (isTaken, task) = try await engine.cancel(id, message: message, force: force)
        return Reply.json(["cancelled": .bool(isTaken), "task": task.json()])
    }
}

extension Field {
    /// Why something is cancelled. It is written down several times for each member of a composite, a thousand of which end in one
    /// commit, for which there has to be room on a full disk.
    fileprivate func cancelMessage() throws(InvalidInput) -> String {
        let message = try string()
        guard message.utf8.count <= 1024 else { throw invalid("may have at most 1024 bytes") }
        return message
    }
}

internal import Engine
internal import Hummingbird
internal import Model

extension Routes {
    /// `POST /v1/prune`: `{older_than: duration}` → `{removed: count}`
    @Sendable func pruneTasks(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        _ = try request.query(known: [])
        var fields = try Field(try await request.requiredDocument()).fields()
        let age = try fields.require("older_than").duration()
        try fields.finish(known: ["older_than"])
        return Reply.json(["removed": JSONValue(try await engine.prune(olderThan: age))])
    }
}

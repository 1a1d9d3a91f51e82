internal import Engine
internal import Hummingbird
internal import Model
internal import Store

extension Routes {
    /// `POST /v1/backup`: `{path}` → `{path, bytes, tasks}`
    @Sendable func backUp(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        var fields = try Field(try await request.requiredDocument()).fields()
        try fields.allow(only: ["path"])
        let field = try fields.require("path")
        let path = try field.name(limit: 4095)
        guard path.isAbsolutePath else { throw field.invalid("must be an absolute path") }
        let copy = try await engine.store.backUp(to: path)
        return Reply.json(["path": .string(path), "bytes": .int(copy.bytes), "tasks": JSONValue(copy.tasks)])
    }
}

internal import Engine
internal import Hummingbird
internal import Model

extension Routes {
    /// `POST /v1/prune`: `{older_than: duration}` or `{keep: count}` → `{removed: count}`
    @Sendable func pruneTasks(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        var fields = try Field(try await request.requiredDocument()).fields()
        try fields.allow(only: ["older_than", "keep"])
        let age = try fields.take("older_than")?.duration()
        let count = try fields.take("keep")?.int(in: 0...Int64.max)
        let removed: Int
        switch (age, count) {
        case (let age?, nil): removed = try await engine.prune(olderThan: age)
        case (nil, let count?): removed = try await engine.prune(keeping: Int(count))
        case (nil, nil), (_?, _?):
            throw InvalidInput(code: .field, path: "", message: "give older_than or keep, one of them")
        }
        return Reply.json(["removed": JSONValue(removed)])
    }
}

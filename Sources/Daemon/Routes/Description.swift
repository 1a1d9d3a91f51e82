internal import Hummingbird
internal import Model
internal import NIOCore
internal import Synchronization

extension Routes {
    /// `GET /v1/openapi.json`: docs/openapi.yaml, which is part of the program.
    @Sendable func getDescription(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        return Reply.json(try Description.value())
    }
}

/// The description of this API (OpenAPI 3.1).
private enum Description {
    private static let cache = Mutex<JSONValue?>(nil)

    /// The description, read when somebody first asks for it: few daemons are ever asked.
    static func value() throws(InvalidInput) -> JSONValue {
        if let value = cache.withLock(\.self) { return value }
        let value = try YAMLDocument.value(PackageResources.openapi_yaml)
        cache.withLock { $0 = value }
        return value
    }
}

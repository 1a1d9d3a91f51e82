internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Model

/// Every route of the API, in one table.
struct Routes: Sendable {
    typealias Handler = @Sendable (Request, ConnectionContext) async throws -> Response

    let engine: Engine
    let jobFiles: JobFiles
    let health: Health
    let output: Output

    /// The method, path and handler of each route.
    private var table: [(method: HTTPRequest.Method, path: String, handler: Handler)] {
        [
            (.get, "/v1/health", getHealth),
            (.post, "/v1/tasks", submitTasks),
            (.get, "/v1/tasks", listTasks),
            (.get, "/v1/tasks/:id", getTask),
            (.get, "/v1/tasks/:id/output", getOutput),
            (.get, "/v1/tasks/:id/why", explainTask),
            (.post, "/v1/tasks/:id/cancel", cancelTask),
            (.post, "/v1/tasks/:id/start", startTask),
            (.post, "/v1/tasks/:id/retry", retryTask),
            (.post, "/v1/tasks/:id/pause", pauseTask),
            (.post, "/v1/tasks/:id/resume", resumeTask),
            (.post, "/v1/tasks/:id/input", writeInput),
            (.post, "/v1/wait", waitForTasks),
            (.post, "/v1/as_completed", streamCompletions),
            (.get, "/v1/events", streamEvents),
            (.post, "/v1/prune", pruneTasks),
            (.post, "/v1/backup", backUp),
            (.get, "/v1/jobs", listJobs),
            (.post, "/v1/jobs/:name/submit", submitJob),
            (.get, "/v1/queues", listQueues),
            (.patch, "/v1/queues/:name", changeQueue),
        ]
    }

    /// A router for the table: an unknown path is 404, a known one with another method 405.
    func router() -> Router<ConnectionContext> {
        let router = Router(context: ConnectionContext.self)
        router.add(middleware: ProblemMiddleware())
        let table = table
        for route in table { router.on(RouterPath(route.path), method: route.method, use: route.handler) }
        for path in Set(table.map(\.path)) {
            let allowed = table.filter { $0.path == path }.map(\.method)
            for method in Self.methods where !allowed.contains(method) {
                router.on(RouterPath(path), method: method) { request, _ in
                    Reply.methodNotAllowed(request.method, allowed: allowed)
                }
            }
        }
        return router
    }

    private static let methods: [HTTPRequest.Method] = [.get, .head, .post, .put, .patch, .delete, .options, .trace]
}

extension Reply {
    fileprivate static func methodNotAllowed(_ method: HTTPRequest.Method, allowed: [HTTPRequest.Method]) -> Response {
        let list = allowed.map(\.rawValue).joined(separator: ", ")
        var response = problem(
            Problem(
                status: 405, title: "Method not allowed", detail: "\(method.rawValue) is not answered here; use \(list)"
            ))
        response.headers[.allow] = list
        return response
    }
}

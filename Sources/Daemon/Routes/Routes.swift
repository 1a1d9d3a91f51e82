internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Model

/// Every route of the API, in one table.
struct Routes: Sendable {
    typealias Handler = @Sendable (Request, ConnectionContext) async throws -> Response

    let engine: Engine
    let access: Access
    let jobFiles: JobFiles
    let health: Health
    let output: Output
    let metrics: MetricsRegistry
    let diagnosis: Diagnosis

    /// The method and path of each route, the roles it is for beside `admin`, the parameters that its query may have (`nil` where
    /// its handler reads them one by one), and the handler.
    private static let table:
        [(
            method: HTTPRequest.Method, path: String, roles: Roles, parameters: [String]?,
            handler: @Sendable (Routes) -> Handler
        )] = [
            (.get, "/metrics", .read, [], getMetrics),
            (.get, "/v1/openapi.json", [.read, .own], [], getDescription),
            (.get, "/v1/doctor", .read, [], examine),
            (.get, "/v1/health", [.read, .own], [], getHealth),
            (.post, "/v1/tasks", .submit, ["directory", "overrides", "dry_run"], submitTasks),
            (.get, "/v1/tasks", [.read, .own], nil, listTasks),
            (.get, "/v1/tasks/:id", [.read, .own], [], getTask),
            (
                .get, "/v1/tasks/:id/output", [.read, .own], ["stream", "attempt", "follow", "offset", "tail"],
                getOutput
            ),
            (.get, "/v1/tasks/:id/why", [.read, .own], [], explainTask),
            (.post, "/v1/tasks/:id/cancel", .own, [], cancelTask),
            (.post, "/v1/tasks/:id/start", .own, [], startTask),
            (.post, "/v1/tasks/:id/retry", .submit, [], retryTask),
            (.post, "/v1/tasks/:id/pause", .own, [], pauseTask),
            (.post, "/v1/tasks/:id/resume", .own, [], resumeTask),
            (.post, "/v1/tasks/:id/input", .own, ["end"], writeInput),
            (.post, "/v1/wait", [.read, .own], [], waitForTasks),
            (.post, "/v1/as_completed", [.read, .own], [], streamCompletions),
            (.get, "/v1/events", [.read, .own], ["after", "task_id", "follow"], streamEvents),
            (.post, "/v1/prune", .admin, [], pruneTasks),
            (.post, "/v1/backup", .admin, [], backUp),
            (.get, "/v1/jobs", [.read, .submit], [], listJobs),
            (.post, "/v1/jobs/:name/submit", .submit, [], submitJob),
            (.get, "/v1/queues", [.read, .own], [], listQueues),
            (.patch, "/v1/queues/:name", .admin, [], changeQueue),
        ]

    /// Each route with the roles it is for, as documents and tests name them.
    static var listing: [(method: String, path: String, roles: Roles)] {
        table.map { ($0.method.rawValue, $0.path, $0.roles.union(.admin)) }
    }

    /// A router for the table: an unknown path is 404, a known one with another method 405.
    func router() -> Router<ConnectionContext> {
        let router = Router(context: ConnectionContext.self)
        router.add(middleware: ProblemMiddleware())
        for route in Self.table {
            let handler = route.handler(self)
            let isAboutTask = route.path.contains(":id")
            router.on(RouterPath(route.path), method: route.method) { request, context in
                try await permit(context, route.roles, isAboutTask: isAboutTask)
                var context = context
                if let parameters = route.parameters { context.query = try request.query(known: parameters) }
                return try await handler(request, context)
            }
        }
        return router
    }

    /// The methods that are answered at `path`, as a client has written it; none where nothing is.
    static func methods(at path: String) -> [HTTPRequest.Method] {
        let parts = path.split(separator: "/")
        return table.filter { route in
            let pattern = route.path.split(separator: "/")
            return pattern.count == parts.count && zip(pattern, parts).allSatisfy { $0.hasPrefix(":") || $0 == $1 }
        }.map(\.method)
    }
}

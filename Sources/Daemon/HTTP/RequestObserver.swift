internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Metrics
internal import Model
internal import Synchronization

/// Notes how requests are answered: in the metrics all of them, in the log those that somebody wants to see.
final class RequestObserver: Sendable {
    /// What tells the series apart: all of it comes from the daemon, not from clients, so that there are few.
    private struct Key: Hashable {
        let method: String
        let route: String
        let status: Int
    }

    private struct Series: Sendable {
        let count: Counter
        let time: Timer

        init(_ key: Key) {
            let dimensions = [("method", key.method), ("route", key.route)]
            count = Counter(
                label: "taskd_http_requests_total", dimensions: dimensions + [("status", String(key.status))])
            time = Timer(label: "taskd_http_request_duration_seconds", dimensions: dimensions)
        }
    }

    /// The methods of HTTP that have series of their own (RFC 9110, 9.3; RFC 5789).
    private static let methods: Set<HTTPRequest.Method> = [.get, .head, .post, .put, .patch, .delete, .options, .trace]

    private let logger: Logger
    private let series = Mutex<[Key: Series]>([:])

    init(logger: Logger) {
        self.logger = logger
    }

    /// The answer of `respond`, which is given the name of the request, and has it in its head.
    func observe(_ request: Request, _ context: ConnectionContext, _ respond: () async -> Response) async -> Response {
        let id = RequestID.of(request.headers)
        return await RequestID.$current.withValue(id) {
            let start = ContinuousClock.now
            var response = await respond()
            response.headers[.requestID] = id
            note(request, context.endpointPath, response.status.code, ContinuousClock.now - start)
            return response
        }
    }

    private func note(_ request: Request, _ path: String?, _ status: Int, _ time: Duration) {
        let key = Key(method: Self.known(request.method), route: Self.pattern(path), status: status)
        let series = series.withLock { all in
            if let known = all[key] { return known }
            let new = Series(key)
            all[key] = new
            return new
        }
        series.count.increment()
        series.time.record(duration: time)
        logger.debug(
            "request",
            metadata: [
                "method": "\(request.method.rawValue)", "path": "\(request.uri.path)", "status": "\(status)",
                "took_ms": "\(time.milliseconds)",
            ])
    }

    private static func known(_ method: HTTPRequest.Method) -> String {
        methods.contains(method) ? method.rawValue : "other"
    }

    /// A route's path as the contract writes it; `none` where there is no route, which Hummingbird names by a word.
    private static func pattern(_ path: String?) -> String {
        guard let path, path.hasPrefix("/") else { return "none" }
        return path.split(separator: "/").map { $0.hasPrefix(":") ? "/{\($0.dropFirst())}" : "/\($0)" }.joined()
    }
}

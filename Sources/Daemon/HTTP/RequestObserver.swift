internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import Metrics
internal import Model
internal import Synchronization

/// Notes how requests are answered: in the metrics all of them, in the log those that somebody wants to see.
final class RequestObserver: Sendable {
    /// What tells the series apart, as it is at hand. The parser knows few methods, and the routes and statuses are the
    /// daemon's own, so that there are few of them.
    private struct Key: Hashable {
        let method: HTTPRequest.Method
        let path: String?
        let status: Int
    }

    private struct Series: Sendable {
        let count: Counter
        let time: Timer

        init(_ key: Key) {
            let method = methods.contains(key.method) ? key.method.rawValue : "other"
            let dimensions = [("method", method), ("route", RequestObserver.route(key.path))]
            count = Counter(
                label: "taskd_http_requests_total", dimensions: dimensions + [("status", String(key.status))])
            time = Timer(label: "taskd_http_request_duration_seconds", dimensions: dimensions)
        }
    }

    /// The methods that have series of their own (RFC 9110, 9.3; RFC 5789).
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
            response.headers.append(HTTPField(name: .requestID, value: id))
            let key = Key(method: request.method, path: context.endpointPath, status: response.status.code)
            note(key, request, ContinuousClock.now - start)
            return response
        }
    }

    private func note(_ key: Key, _ request: Request, _ time: Duration) {
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
                "method": "\(key.method.rawValue)", "path": "\(request.uri.path)", "status": "\(key.status)",
                "took_ms": "\(time.milliseconds)",
            ])
    }

    /// A route's path as the contract writes it; `none` where there is no route, which Hummingbird names by a word.
    private static func route(_ path: String?) -> String {
        guard let path, path.hasPrefix("/") else { return "none" }
        return path.split(separator: "/").map { $0.hasPrefix(":") ? "/{\($0.dropFirst())}" : "/\($0)" }.joined()
    }
}

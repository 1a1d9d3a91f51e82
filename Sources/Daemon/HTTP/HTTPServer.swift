internal import Engine
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import Metrics
internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Synchronization

/// Accepts connections on a Unix socket and answers requests through a router.
///
/// Hummingbird's own server is not used, because it would take away another daemon's socket before binding, cannot take a
/// socket that systemd made, and keeps a timer running when nobody asks for anything.
struct HTTPServer: Sendable {
    private let listener: NIOAsyncChannel<HTTP1Channel.Value, Never>
    private let http: HTTP1Channel
    private let logger: Logger
    private let requests: RequestCount
    private let access: Access
    private let connections = Meter(label: "taskd_connections")
    /// Who is at the other end of the connection that the current task serves.
    @TaskLocal private static var caller = Caller.unknown

    /// How many bytes the header of a request may have.
    static let maximumHeader = 16_384
    /// How many fields it may have.
    static let maximumHeaderFields = 64

    /// Binds to `path`; nobody is answered before ``run()``.
    ///
    /// - Throws: an I/O error when the socket cannot be bound.
    init(path: String, router: Router<ConnectionContext>, access: Access, logger: Logger) async throws {
        let responder = router.buildResponder()
        let requests = RequestCount()
        let observer = RequestObserver(logger: logger)
        let http = HTTP1Channel(
            responder: { request, writer, _ in
                requests.begin()
                defer { requests.end() }
                let source = ConnectionContext.Source(logger: logger, caller: Self.caller)
                let context = ConnectionContext(source: source)
                let response = await observer.observe(request, context) {
                    await withTaskExecutorPreference(request.isLarge ? globalConcurrentExecutor : nil) {
                        await Self.respond(to: request, context, responder, logger)
                    }
                }
                try await writer.write(response: response.head, body: response.body)
            }, configuration: Self.limits)
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .bind(unixDomainSocketPath: path) { channel in http.setUpGuarded(channel, logger) }
        self.http = http
        self.logger = logger
        self.requests = requests
        self.access = access
    }

    private static var limits: HTTP1Channel.Configuration {
        HTTP1Channel.Configuration(
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: maximumHeader, maxHeaderListSize: maximumHeader,
                maxHeaderFieldCount: maximumHeaderFields))
    }

    private static func respond(
        to request: Request, _ context: ConnectionContext,
        _ responder: some HTTPResponder<ConnectionContext>, _ logger: Logger
    ) async -> Response {
        guard !context.caller.roles.isEmpty else { return Reply.problem(.noRole(context.submitter)) }
        do {
            return try await responder.respond(to: request, context: context)
        } catch is CancellationError {
            // The client has gone, or the daemon goes: nobody reads this.
            return Reply.problem(Problem(EngineError.stopping))
        } catch {
            let problem = Problem(error)
            if problem.status >= 500 && problem.status != 503 {
                logger.error(
                    "request failed", metadata: ["path": "\(request.uri.path.shown)", "error": "\("\(error)".shown)"])
            }
            return Reply.problem(problem)
        }
    }

    /// Answers until the listener is closed and every connection has ended, or the calling task is cancelled.
    func run() async throws {
        try await withThrowingDiscardingTaskGroup { group in
            try await listener.executeThenClose { connections in
                for try await connection in connections {
                    let executor = EventLoopExecutor(connection.channel.eventLoop)
                    group.addTask(executorPreference: executor) { await serve(connection) }
                }
            }
        }
    }

    /// Answers the requests of one connection; when the client is gone, what it waited for is given up.
    private func serve(_ connection: HTTP1Channel.Value) async {
        connections.increment()
        defer { connections.decrement() }
        let (closed, close) = AsyncStream<Void>.makeStream()
        let caller = await connection.channel.caller(access.grants)
        let seat: Seat
        do {
            seat = try access.takeConnection(for: caller)
        } catch {
            return await refuse(connection, error)
        }
        defer { withExtendedLifetime(seat) {} }
        connection.channel.closeFuture.whenComplete { _ in close.finish() }
        await withTaskGroup { group in
            group.addTask {
                await Self.$caller.withValue(caller) { await http.handle(value: connection, logger: logger) }
            }
            group.addTask { for await _ in closed {} }
            await group.next()
            group.cancelAll()
        }
    }

    /// Answers `problem` without having read anything, and ends the connection.
    private func refuse(_ connection: HTTP1Channel.Value, _ problem: Problem) async {
        connection.channel.triggerUserOutboundEvent(problem, promise: nil)
        do {
            try await connection.executeThenClose { _, _ in }
        } catch {
            logger.debug("a connection broke that was refused", metadata: ["error": "\("\(error)".shown)"])
        }
    }

    /// Takes no more connections.
    func stopAccepting() {
        listener.channel.close(promise: nil)
    }

    /// Returns when no request is being answered, or when the calling task is cancelled.
    func waitForRequests() async {
        await requests.waitForNone()
    }
}

extension HTTP1Channel {
    /// Sets a connection up with the handlers that keep its client to the rules.
    fileprivate func setUpGuarded(_ channel: any Channel, _ logger: Logger) -> EventLoopFuture<Value> {
        channel.eventLoop.makeCompletedFuture {
            let deadlines = DeadlineHandler()
            try channel.pipeline.syncOperations.addHandler(deadlines)
        }.flatMap {
            setup(channel: channel, logger: logger)
        }.flatMapThrowing { value in
            let pipeline = channel.pipeline.syncOperations
            let parser = try pipeline.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
            let deadlines = try pipeline.handler(type: DeadlineHandler.self)
            try pipeline.addHandler(FramingHandler(deadlines), position: .after(parser))
            return value
        }
    }
}

extension Problem {
    /// What somebody is told who may do nothing.
    fileprivate static func noRole(_ submitter: Submitter?) -> Problem {
        let who = submitter.map { "user \($0.uid)" } ?? "who you are cannot be told, and a stranger"
        return Problem(
            status: 403, title: "Not permitted",
            detail: "\(who) has no role here; the settings roles and socket_group of taskd say who has")
    }
}

extension Request {
    /// Whether reading it may take so long that other connections of its event loop should not wait for it.
    fileprivate var isLarge: Bool {
        guard let length = headers[.contentLength] else { return headers[.transferEncoding] != nil }
        return Int(length) ?? .max > 65_536
    }
}

/// How many requests are being answered.
private final class RequestCount: Sendable {
    private let count = Mutex(0)
    private let noneLeft = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))

    func begin() {
        count.withLock { $0 += 1 }
    }

    func end() {
        let isLast = count.withLock { count in
            count -= 1
            return count == 0
        }
        if isLast { noneLeft.continuation.yield() }
    }

    func waitForNone() async {
        guard count.withLock({ $0 > 0 }) else { return }
        for await _ in noneLeft.stream where count.withLock({ $0 == 0 }) { return }
    }
}

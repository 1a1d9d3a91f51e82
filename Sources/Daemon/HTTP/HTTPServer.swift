internal import Engine
internal import Hummingbird
internal import HummingbirdCore
internal import Logging
internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Accepts connections on a Unix socket and answers requests through a router.
///
/// Hummingbird's own server is not used, because it would take away another daemon's socket before binding, cannot take a
/// socket that systemd made, and keeps a timer running when nobody asks for anything.
struct HTTPServer: Sendable {
    private let listener: any Channel
    private let endpoint: Endpoint
    /// What stands at its path.
    private let socket: FileIdentity?
    private let connections = Connections()
    private let requests = InFlightCounter()
    /// The connections on which nothing was asked yet.
    private let newcomers = InFlightCounter()
    /// How long somebody who has connected may say nothing, or be waiting for something, before the daemon stops all the same.
    private static let moment = Duration.milliseconds(100)

    /// How many bytes the header of a request may have.
    static let maximumHeader = 16_384
    /// How many fields it may have.
    static let maximumHeaderFields = 64

    /// Listens at `endpoint` and answers whoever comes.
    ///
    /// - Throws: an I/O error when that cannot be listened at.
    init(
        _ endpoint: Endpoint, router: Router<ConnectionContext>, access: Access, logger: Logger
    ) async throws {
        let responder = router.buildResponder()
        let observer = RequestObserver(logger: logger)
        let (connections, requests, newcomers) = (connections, requests, newcomers)
        let http = HTTP1Channel(
            responder: { request, writer, _ in
                requests.begin()
                defer { requests.end() }
                Peer.current?.noteRequest()
                let caller = Peer.current?.caller ?? .unknown
                let source = ConnectionContext.Source(logger: logger, caller: caller)
                let context = ConnectionContext(source: source)
                let response = await observer.observe(request, context) {
                    await withTaskExecutorPreference(request.isLarge ? globalConcurrentExecutor : nil) {
                        await Self.respond(to: request, context, responder, logger)
                    }
                }
                try await writer.write(response: response.head, body: response.body)
            }, configuration: Self.limits)
        let service = ConnectionService(http: http, access: access, newcomers: newcomers, logger: logger)
        let bootstrap = ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelInitializer { channel in
                http.setUpGuarded(channel, logger).map { connection in
                    newcomers.begin()
                    connections.begin(on: EventLoopExecutor(channel.eventLoop)) { await service.serve(connection) }
                }
            }
        listener = try await Self.listen(endpoint, bootstrap)
        self.endpoint = endpoint
        socket = FileIdentity(at: endpoint.path)
    }

    private static func listen(_ endpoint: Endpoint, _ bootstrap: ServerBootstrap) async throws -> any Channel {
        let socket =
            switch endpoint {
            case .own(let path, _): try Socket.bound(to: path)
            case .inherited(let socket): socket.descriptor
            }
        return try await bootstrap.serverChannelInitializer { channel in
            channel.eventLoop.makeCompletedFuture { try Socket.widenQueue(of: socket) }
        }.withBoundSocket(socket).get()
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
                logger.error("request failed", metadata: ["path": "\(request.uri.path)", "error": "\(error)"])
            }
            return Reply.problem(problem)
        }
    }

    /// Returns when the calling task is cancelled and the last connection has ended because of that.
    func run() async {
        let (until, cancelled) = AsyncStream<Never>.makeStream()
        await withTaskCancellationHandler {
            for await _ in until {}
        } onCancel: {
            cancelled.finish()
        }
        await stopAccepting()
        await connections.shutDown()
    }

    /// Takes no more connections, and returns when those that were taken are known.
    func stopAccepting() async {
        // While it is open, nothing else can be taken for it.
        if listener.isActive { endpoint.leave(socket) }
        do {
            try await listener.close()
        } catch {
            // It was closed before.
        }
        // What was taken last is made ready on the event loop that is to serve it.
        for loop in MultiThreadedEventLoopGroup.singleton.makeIterator() {
            await withCheckedContinuation { continuation in loop.execute { continuation.resume() } }
        }
    }

    /// Returns when all who have come are answered, or nobody was for a moment, or `limit` has passed; or when the calling
    /// task is cancelled.
    func drain(within limit: Duration) async {
        let end = ContinuousClock.now + limit
        var completed: Int
        repeat {
            completed = requests.completed
            await withTaskGroup { group in
                group.addTask {
                    await newcomers.waitUntilIdle()
                    await requests.waitUntilIdle()
                }
                group.addTask { try? await Task.sleep(for: Self.moment) }
                await group.next()
                group.cancelAll()
            }
        } while requests.completed > completed && ContinuousClock.now < end && !Task.isCancelled
    }

    /// Returns when no request is being answered, or when the calling task is cancelled.
    func waitForRequests() async {
        await requests.waitUntilIdle()
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

internal import HummingbirdCore
internal import Logging
internal import Metrics
internal import Model
internal import NIOCore

/// Serves connections, each for as long as it lasts.
struct ConnectionService: Sendable {
    let http: HTTP1Channel
    let access: Access
    /// Counts the connections on which nothing was asked yet, this one among them.
    let newcomers: InFlightCounter
    let logger: Logger
    private let open = Meter(label: "taskd_connections")

    init(http: HTTP1Channel, access: Access, newcomers: InFlightCounter, logger: Logger) {
        self.http = http
        self.access = access
        self.newcomers = newcomers
        self.logger = logger
    }

    /// Answers the requests of one connection; when the client is gone, what it waited for is given up.
    func serve(_ connection: HTTP1Channel.Value) async {
        open.increment()
        defer { open.decrement() }
        let (closed, close) = AsyncStream<Void>.makeStream()
        let peer = Peer(await connection.channel.caller(access.grants), newcomers)
        defer { peer.noteRequest() }
        let lease: QuotaLease
        do {
            lease = try access.takeConnection(for: peer.caller)
        } catch {
            return await refuse(connection, error)
        }
        defer { withExtendedLifetime(lease) {} }
        connection.channel.closeFuture.whenComplete { _ in close.finish() }
        await withTaskGroup { group in
            group.addTask {
                await Peer.$current.withValue(peer) { await http.handle(value: connection, logger: logger) }
            }
            group.addTask { for await _ in closed {} }
            await group.next()
            group.cancelAll()
        }
    }

    /// Answers `problem` without having read anything, and ends the connection.
    private func refuse(_ connection: HTTP1Channel.Value, _ problem: Problem) async {
        do {
            try await connection.channel.triggerUserOutboundEvent(problem).get()
            try await connection.executeThenClose { _, _ in }
        } catch {
            logger.debug("a connection broke that was refused", metadata: ["error": "\(error)"])
        }
    }
}

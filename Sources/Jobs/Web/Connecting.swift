internal import Glibc
internal import Model
internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import Synchronization

/// Connects to servers.
enum Connecting {
    /// A connection to `address`, prepared by `prepare` before anything is sent or read.
    ///
    /// Cancelling ends the attempt at once, however long the network would make it wait.
    /// - Throws: ``SourceError`` with `connect` or `cancelled`.
    static func open(
        _ address: IPAddress, port: Int, timeout: Duration,
        prepare: @escaping @Sendable (any Channel) throws -> Void
    ) async throws(SourceError) -> any Channel {
        try await talk(
            to: address, port: port, timeout: timeout, on: MultiThreadedEventLoopGroup.singleton.next(),
            prepare: prepare
        ) { channel in channel.eventLoop.makeSucceededFuture(channel) }
    }

    /// What `talk` makes of a connection to `address`, prepared by `prepare` before anything is sent or read.
    ///
    /// All of it happens on `loop`: who waits here changes threads twice, however much is said. Cancelling closes the
    /// connection, and ends an attempt at one at once.
    /// - Throws: ``SourceError`` with `connect` or `cancelled`, or that which `talk` fails with.
    static func talk<Answer: Sendable>(
        to address: IPAddress, port: Int, timeout: Duration, on loop: any EventLoop,
        prepare: @escaping @Sendable (any Channel) throws -> Void,
        _ talk: @escaping @Sendable (any Channel) -> EventLoopFuture<Answer>
    ) async throws(SourceError) -> Answer {
        let attempt = ConnectionAttempt()
        do {
            return try await withTaskCancellationHandler {
                try await ClientBootstrap(group: loop)
                    .connectTimeout(TimeAmount(timeout))
                    .channelInitializer { channel in
                        attempt.begin(channel)
                        return channel.eventLoop.makeCompletedFuture { try prepare(channel) }
                    }
                    .connect(to: SocketAddress(ipAddress: address.text, port: port)).flatMap(talk).get()
            } onCancel: {
                attempt.cancel()
            }
        } catch {
            guard !Task.isCancelled else { throw .cancelled }
            throw SourceError(talking: error)
        }
    }
}

/// A channel that may be closed before it is connected, and a wish to do so that may come before the channel.
private final class ConnectionAttempt: Sendable {
    private let state = Mutex((channel: (any Channel)?.none, isCancelled: false))

    func begin(_ channel: any Channel) {
        let isCancelled = state.withLock { state in
            state.channel = channel
            return state.isCancelled
        }
        if isCancelled { channel.close(promise: nil) }
    }

    func cancel() {
        let channel = state.withLock { state in
            state.isCancelled = true
            return state.channel
        }
        channel?.close(promise: nil)
    }
}

extension SourceError {
    /// What connecting to a server, or talking to it, threw.
    init(talking error: any Error) {
        switch error {
        case let error as SourceError: self = error
        case ChannelError.connectTimeout(let amount) as ChannelError:
            let limit = Duration.nanoseconds(amount.nanoseconds).secondsText
            self.init(.connect, "cannot be reached within \(limit)s; see connect_timeout", isRetryable: true)
        case ChannelError.ioOnClosedChannel as ChannelError, ChannelError.alreadyClosed as ChannelError:
            self = .brokenOff
        case let error as IOError:
            let reason = SystemError(error.errnoCode).description
            self.init(.connect, "cannot be reached: \(reason)", isRetryable: true)
        case NIOSSLExtraError.failedToValidateHostname as NIOSSLExtraError:
            self.init(.tls, "the server's certificate is for another name; check the host")
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError:
            self = error.isRefusedCertificate ? .stranger : .noTLS
        default: self.init(.connect, "cannot be asked: \("\(error)".excerpt)", isRetryable: true)
        }
    }
}

extension SourceError {
    fileprivate static let stranger = SourceError(
        .tls,
        "the server's certificate is not trusted: it has expired, or its issuer is unknown to this machine; renew it, or "
            + "install the issuer's certificate")
    fileprivate static let noTLS = SourceError(
        .tls, "the server does not speak TLS there, or only a version that is no longer safe; check url and its port")
}

extension Error {
    /// BoringSSL's number for CERTIFICATE_VERIFY_FAILED (library 16, reason 125), which NIOSSL tells in descriptions only.
    private static var refusedCertificate: UInt32 { 0x1000_007D }

    /// Whether it says that a certificate was not believed.
    fileprivate var isRefusedCertificate: Bool { "\(self)".contains("Error: \(Self.refusedCertificate) ") }
}

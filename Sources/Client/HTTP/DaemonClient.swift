internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// Calls the daemon: HTTP/1.1 over its Unix socket, one connection a call.
struct DaemonClient: Sendable {
    private typealias Channel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

    /// Where the daemon listens.
    let socketPath: String

    /// One thread is enough for a client, and quicker to start than one a core.
    private static let eventLoops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    /// The daemon's answer to `request`, read to its end.
    ///
    /// - Throws: ``ClientError`` when the daemon is not reachable, refuses, or answers no JSON.
    func json(_ request: Request) async throws -> JSONValue {
        let bytes = try await withReply(to: request) { body in try await body.collect() }
        do {
            return try JSONParser.parse(bytes)
        } catch {
            throw ClientError.unexpectedReply(error.description)
        }
    }

    /// Calls `consume` with the daemon's answer to `request` while it arrives, then hangs up.
    ///
    /// Cancelling hangs up too; the daemon's tasks never notice.
    /// - Throws: ``ClientError`` when the daemon is not reachable, refuses, or breaks off; and what `consume` throws.
    func withReply<Result: Sendable>(
        to request: Request, _ consume: (inout ResponseBody) async throws -> Result
    ) async throws -> Result {
        let connection = try await connect()
        return try await connection.executeThenClose { inbound, _ in
            send(request, on: connection.channel)
            var parts = inbound.makeAsyncIterator()
            let head = try await Self.head(from: &parts)
            var body = ResponseBody(parts)
            guard 200..<300 ~= head.status.code else {
                throw Self.refusal(head, body: try await body.collect())
            }
            return try await consume(&body)
        }
    }
}

extension DaemonClient {
    /// A daemon's headers are few and short; anything longer is no daemon of ours.
    private static var limits: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = 16_384
        limits.maxHeaderListSize = 65_536
        limits.maxHeaderFieldCount = 64
        return limits
    }

    private func connect() async throws -> Channel {
        do {
            return try await ClientBootstrap(group: Self.eventLoops).connect(unixDomainSocketPath: socketPath) {
                channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers(decoderLimitConfiguration: Self.limits)
                    return try NIOAsyncChannel(wrappingChannelSynchronously: channel)
                }
            }
        } catch let error as IOError {
            throw unreachable(error)
        } catch let error as SocketAddressError {
            throw ClientError(
                code: .unreachable, message: "\(socketPath): the path is too long for a socket", cause: error)
        }
    }

    /// Nobody waits for the writes: a daemon that refuses may answer before it has read a large body, and that answer counts.
    private func send(_ request: Request, on channel: any NIOCore.Channel) {
        channel.write(HTTPClientRequestPart.head(request.head), promise: nil)
        if let body = request.body {
            channel.write(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: body.bytes))), promise: nil)
        }
        channel.writeAndFlush(HTTPClientRequestPart.end(nil), promise: nil)
    }

    private static func head(
        from parts: inout NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    ) async throws -> HTTPResponseHead {
        do {
            while let part = try await parts.next() {
                guard case .head(let head) = part else { break }
                // 100 and its like announce the real answer.
                if head.status.code >= 200 { return head }
            }
        } catch let error as HTTPParserError where error != .invalidEOFState {
            throw ClientError(
                code: .unreachable, message: "what answered is not taskd: it does not speak HTTP (\(error))",
                cause: error)
        } catch let error where error is HTTPParserError || error is IOError || error is ChannelError {
            throw closedEarly(error)
        }
        try Task.checkCancellation()
        throw closedEarly(nil)
    }

    private static func closedEarly(_ cause: (any Error)?) -> ClientError {
        ClientError(
            code: .unreachable, message: "the daemon closed the connection without an answer; is it still running?",
            cause: cause)
    }

    private static func refusal(_ head: HTTPResponseHead, body: [UInt8]) -> ClientError {
        guard let json = try? JSONParser.parse(body), let problem = Problem(json: json) else {
            return ClientError(
                Problem(status: Int(head.status.code), title: "the daemon answered \(head.status)", detail: ""))
        }
        return ClientError(problem)
    }

    private func unreachable(_ error: IOError) -> ClientError {
        switch error.errnoCode {
        case EACCES, EPERM:
            ClientError(
                code: .notPermitted,
                message: "not permitted to use the socket \(socketPath): ask for membership of its group", cause: error)
        case ENOENT:
            ClientError(
                code: .unreachable, message: "no taskd listens on \(socketPath): start taskd, or give --socket",
                cause: error)
        case ECONNREFUSED:
            ClientError(
                code: .unreachable,
                message: "nobody answers on \(socketPath), taskd is not running: start it, or give --socket",
                cause: error)
        default:
            ClientError(code: .unreachable, message: "\(socketPath): \(error)", cause: error)
        }
    }
}

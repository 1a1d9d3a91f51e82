internal import Model
internal import NIOCore
internal import NIOHTTP1

/// Takes only requests whose beginning and end nobody can see differently, and ends connections that cannot go on.
///
/// It stands behind the HTTP/1 parser, which refuses most of what RFC 9112 forbids; what it lets through and a proxy might
/// read otherwise is refused here.
final class FramingHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let deadlines: DeadlineHandler
    /// What the answers are like that are still to be given, in order.
    private var answers: [(version: HTTPVersion, isLast: Bool)] = []
    /// What the client is told when the requests before are answered, instead of being listened to.
    private var refusal: Problem?
    private var isDeaf = false

    init(_ deadlines: DeadlineHandler) {
        self.deadlines = deadlines
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDeaf else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            if let mistake = head.mistake { return refuse(.malformed(mistake)) }
            deadlines.progress.headArrived()
            let isLast = !head.isKeepAlive || head.version != .http1_1 || head.endsParsing
            answers.append((head.version, isLast))
            sendContinue(context, head)
        case .body: break
        case .end: deadlines.progress.requestEnded()
        }
        context.fireChannelRead(data)
    }

    /// Tells a client that asks before it sends a body to send it, but for one that is too large (RFC 9110, 10.1.1).
    private func sendContinue(_ context: ChannelHandlerContext, _ head: HTTPRequestHead) {
        guard head.headers.first(name: "expect")?.lowercased() == "100-continue", head.version == .http1_1,
            deadlines.progress.maySendContinue,
            head.headers.first(name: "content-length").flatMap({ Int($0) }) ?? 0 <= ConnectionContext.maximumBody
        else { return }
        context.writeAndFlush(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .continue))), promise: nil)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        if let error = error as? HTTPParserError, !isDeaf {
            switch error {
            // Behind a request that was to be the last, there is nothing to be read.
            case .closedConnection where deadlines.progress.isAnsweringEarlierOnes: isDeaf = true
            case .headerOverflow: refuse(.headerTooLarge)
            case .invalidVersion: refuse(.versionUnknown)
            default: refuse(.malformed("\(error)"))
            }
        }
        context.fireErrorCaught(error)
    }

    private func refuse(_ problem: Problem) {
        isDeaf = true
        if deadlines.progress.isAnsweringEarlierOnes { refusal = problem } else { deadlines.refuse(problem) }
    }
}

// MARK: - Answers

extension FramingHandler {
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard let answer = answers.first else { return promise?.fail(RequestBrokenOff()) ?? () }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            deadlines.progress.answerBegan()
            head.version = answer.version
            // A client that is not heard to the end is told so.
            if answer.isLast || deadlines.progress.isAnsweringEarly {
                head.headers.replaceOrAdd(name: "connection", value: "close")
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            answers.removeFirst()
            let isCutOff = deadlines.progress.answerEnded()
            if answer.isLast || isCutOff { return end(context, data, promise, isCutOff: isCutOff) }
            context.write(data, promise: promise)
            if let refusal, !deadlines.progress.isAnsweringEarlierOnes { return deadlines.refuse(refusal) }
            deadlines.watchInput()
        }
    }

    /// Ends the connection with the end of an answer, whose request may not have been heard to the end.
    private func end(
        _ context: ChannelHandlerContext, _ data: NIOAny, _ promise: EventLoopPromise<Void>?, isCutOff: Bool
    ) {
        isDeaf = true
        let written = promise ?? context.eventLoop.makePromise()
        context.writeAndFlush(data, promise: written)
        written.futureResult.assumeIsolated().whenComplete { _ in
            if isCutOff { self.deadlines.linger() } else { context.close(promise: nil) }
        }
    }
}

extension HTTPRequestHead {
    /// Whether the parser takes what follows for another protocol, which nobody speaks here: what is offered is declined by an
    /// answer in this one (RFC 9110, 7.8).
    fileprivate var endsParsing: Bool {
        method == .CONNECT
            || headers.contains(name: "upgrade")
                && headers[canonicalForm: "connection"].contains { $0.lowercased() == "upgrade" }
    }

    /// What makes it a request that two readers might read differently (RFC 9112, 3.2, 6.1 and 6.3); `nil` for nothing.
    fileprivate var mistake: String? {
        if version == .http1_1, headers["host"].count != 1 { return "it needs one Host" }
        let encodings = headers["transfer-encoding"]
        if headers["content-length"].count + encodings.count > 1 { return "it tells its length more than once" }
        if let encoding = encodings.first, encoding.lowercased() != "chunked" || version != .http1_1 {
            return "its Transfer-Encoding is not chunked alone"
        }
        return nil
    }
}

extension Problem {
    fileprivate static let headerTooLarge = Problem(
        status: 431, title: "Header too large",
        detail: "a request's header may have at most \(HTTPServer.maximumHeader) bytes and "
            + "\(HTTPServer.maximumHeaderFields) fields")
    fileprivate static let versionUnknown = Problem(
        status: 505, title: "Version not supported", detail: "HTTP/1.1 is spoken here")

    /// What a client is told whose bytes are no request.
    fileprivate static func malformed(_ what: String) -> Problem {
        Problem(status: 400, title: "Bad request", detail: "this is not an HTTP/1.1 request: \(what)")
    }
}

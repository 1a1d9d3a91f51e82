internal import NIOCore
internal import NIOHTTP1

/// Asks once it is connected, and collects the answer, no further than its head when that says enough, and no further
/// than its limit.
final class WebAnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: HTTPRequestHead
    private let limit: Int
    private let answer: EventLoopPromise<WebAnswer>
    private var head: HTTPResponseHead?
    private var body: [UInt8] = []
    /// The answer, once its end has come.
    private var whole: WebAnswer?

    /// A handler that sends `request` and keeps `answer`, of which no more than `limit` bytes are read.
    init(to request: HTTPRequestHead, limit: Int, answer: EventLoopPromise<WebAnswer>) {
        self.request = request
        self.limit = limit
        self.answer = answer
    }

    func channelActive(context: ChannelHandlerContext) {
        context.write(wrapOutboundOut(.head(request)), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            let start = WebAnswer(status: Int(head.status.code), headers: head.headers)
            do throws(SourceError) {
                guard start.redirect == nil else { return finish(context, .success(start)) }
                try start.requireSuccess()
                guard start.header("content-length").flatMap(Int.init) ?? 0 <= limit else { throw tooLarge }
            } catch {
                finish(context, .failure(error))
            }
        case .body(let buffer):
            guard body.count + buffer.readableBytes <= limit else { return finish(context, .failure(tooLarge)) }
            body.append(contentsOf: buffer.readableBytesView)
        case .end:
            guard let head else { return }
            whole = WebAnswer(status: Int(head.status.code), headers: head.headers, body: body)
        }
    }

    /// Ends only now: what came in one piece with the end of the answer has been read, and may say that it was none.
    func channelReadComplete(context: ChannelHandlerContext) {
        if let whole { finish(context, .success(whole)) }
        context.fireChannelReadComplete()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch whole {
        case nil: finish(context, .failure(error))
        case _? where error is HTTPParserError: finish(context, .failure(SourceError.surplus))
        case let whole?: finish(context, .success(whole))
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        // An answer of no known length ends with its connection.
        answer.completeWith(whole.map { .success($0) } ?? .failure(SourceError.brokenOff))
        context.fireChannelInactive()
    }

    /// Only the first result counts; whatever comes after it comes from a connection that is being closed.
    private func finish(_ context: ChannelHandlerContext, _ result: Result<WebAnswer, any Error>) {
        answer.completeWith(result)
        context.close(promise: nil)
    }

    private var tooLarge: SourceError {
        SourceError(.tooLarge, "the answer is longer than \(limit) bytes; see max_body")
    }
}

extension SourceError {
    /// A server sent more than its answer.
    fileprivate static let surplus = SourceError(.inconsistent, "the answer goes on after its end")
    /// A server closed its connection too early.
    static let brokenOff = SourceError(
        .connect, "closed the connection before its answer was whole", isRetryable: true)
}

internal import Model
internal import NIOCore

/// Lets go of clients that keep a connection busy without getting on: that send a request byte by byte, do not read
/// their answer, or go on sending when they have had their last one.
///
/// It stands between the socket and the HTTP handlers. A connection on which nothing is owed has no timer.
final class DeadlineHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = IOData
    typealias OutboundOut = IOData

    /// How long a client may take to read anything at all of what waits for it.
    private static let readingLimit = TimeAmount.seconds(30)
    /// How long a client may go on sending what nobody wants, and how much, in bytes.
    private static let lingeringLimits = (time: TimeAmount.seconds(5), bytes: 64 << 20)

    /// How far the requests have come; the handler of the requests tells.
    var progress = RequestProgress()
    private var context: ChannelHandlerContext?
    private var outstanding: (RequestProgress.Outstanding, Scheduled<Void>)?
    private var stall: Scheduled<Void>?
    private var bytesWritten = 0
    /// Whether the last answer has been given.
    private var isClosing = false
    /// Ends the connection if its client does not, once nothing more is sent to it.
    private var lingering: Scheduled<Void>?
    private var bytesDropped = 0
    /// What the client is told as soon as there is a connection to tell it on, and who waits for that.
    private var pendingRefusal: (problem: Problem, promise: EventLoopPromise<Void>?)?

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        outstanding?.1.cancel()
        stall?.cancel()
        lingering?.cancel()
        pendingRefusal?.promise?.succeed()
    }

    func channelActive(context: ChannelHandlerContext) {
        if let pendingRefusal { tell(pendingRefusal) }
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        // What comes behind what could not be read is no request.
        guard !isClosing else { return drop(unwrapInboundIn(data), context) }
        progress.bytesArrived()
        context.fireChannelRead(data)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if lingering == nil { watchInput() } else { context.read() }
        context.fireChannelReadComplete()
    }
}

// MARK: - Lingering

extension DeadlineHandler {
    /// Ends the connection of a client that may still be sending: it gets the time to send all and to read its answer, as
    /// sending on a closed socket fails before anything can be read (RFC 9112, 9.6).
    func linger() {
        guard let context, lingering == nil else { return }
        isClosing = true
        lingering = context.eventLoop.assumeIsolated().scheduleTask(in: Self.lingeringLimits.time) {
            context.close(promise: nil)
        }
        context.close(mode: .output, promise: nil)
        context.read()
    }

    private func drop(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        bytesDropped += bytes.readableBytes
        if bytesDropped > Self.lingeringLimits.bytes { context.close(promise: nil) }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if lingering != nil, event as? ChannelEvent == .inputClosed { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// Who answers requests closes when they break off; the client is given its time all the same.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        guard lingering != nil, mode == .all else { return context.close(mode: mode, promise: promise) }
        context.channel.closeFuture.cascade(to: promise)
    }
}

// MARK: - What is to come from the client

extension DeadlineHandler {
    /// Starts the time of what the client has begun, once for each.
    func watchInput() {
        guard let context, outstanding?.0 != progress.outstanding else { return }
        outstanding?.1.cancel()
        outstanding = progress.outstanding.map { owed in
            let timer = context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(owed.limit)) {
                self.refuse(
                    Problem(
                        status: 408, title: "Request timeout",
                        detail: "the request did not arrive within \(owed.limit.secondsText) seconds"))
            }
            return (owed, timer)
        }
    }

    /// Ends the connection, with `problem` as the last answer where one can be given.
    ///
    /// - Parameter lingers: whether the client gets the time to send what it has begun.
    func refuse(_ problem: Problem, lingers: Bool = true) {
        guard let context, !isClosing else { return }
        isClosing = true
        // Who reads the request has to know that what has come is not all of it.
        defer { context.fireErrorCaught(RequestBrokenOff()) }
        guard progress.mayRefuse else { return context.close(promise: nil) }
        let body = JSONWriter.bytes(problem.json)
        let head = """
            HTTP/1.1 \(problem.status) \(problem.title)\r\nconnection: close\r\n\
            content-type: application/problem+json\r\n\(problem.isRetryable ? "retry-after: 1\r\n" : "")\
            content-length: \(body.count)\r\n\r\n
            """
        let written = context.eventLoop.makePromise(of: Void.self)
        write(
            context: context, data: wrapOutboundOut(.byteBuffer(ByteBuffer(bytes: head.utf8 + body))), promise: written)
        flush(context: context)
        written.futureResult.assumeIsolated().whenComplete { _ in
            if lingers { self.linger() } else { context.close(promise: nil) }
        }
    }
}

extension DeadlineHandler {
    /// A problem that is triggered on the channel is its last answer, given once the connection is there.
    func triggerUserOutboundEvent(context: ChannelHandlerContext, event: Any, promise: EventLoopPromise<Void>?) {
        guard let problem = event as? Problem else {
            return context.triggerUserOutboundEvent(event, promise: promise)
        }
        pendingRefusal = (problem, promise)
        if let pendingRefusal, context.channel.isActive { tell(pendingRefusal) }
    }

    private func tell(_ word: (problem: Problem, promise: EventLoopPromise<Void>?)) {
        pendingRefusal = nil
        refuse(word.problem, lingers: false)
        word.promise?.succeed()
    }
}

// MARK: - What the client reads

extension DeadlineHandler {
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        bytesWritten += unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
    }

    func flush(context: ChannelHandlerContext) {
        context.flush()
        watchReading(context)
    }

    /// Starts the time of a client that leaves bytes waiting for it.
    private func watchReading(_ context: ChannelHandlerContext) {
        guard stall == nil, case let waiting = waitingBytes(context), waiting > 0 else { return }
        let taken = bytesWritten - waiting
        stall = context.eventLoop.assumeIsolated().scheduleTask(in: Self.readingLimit) {
            self.stall = nil
            let waiting = self.waitingBytes(context)
            guard waiting > 0, self.bytesWritten - waiting == taken else { return self.watchReading(context) }
            context.close(promise: nil)
        }
    }

    /// How many bytes the socket has no room for; 0 for a channel that cannot tell.
    private func waitingBytes(_ context: ChannelHandlerContext) -> Int {
        (try? context.channel.syncOptions?.getOption(.bufferedWritableBytes)) ?? 0
    }
}

/// The rest of a request will not be read.
struct RequestBrokenOff: Error {}

internal import Model
internal import NIOCore
internal import Synchronization

/// A connection on which one message is asked at a time, and one answer comes back.
struct SIP2Connection: Sendable {
    private let channel: any Channel
    private let closeReason: CloseReason

    /// Connects to `address`.
    ///
    /// - Throws: ``SourceError`` with `connect` when nobody answers there.
    static func open(_ address: IPAddress, port: Int, timeout: Duration) async throws(SourceError) -> SIP2Connection {
        let closeReason = CloseReason()
        let channel = try await Connecting.open(address, port: port, timeout: timeout) { channel in
            try channel.pipeline.syncOperations.addHandler(TurnHandler(closeReason))
        }
        return SIP2Connection(channel: channel, closeReason: closeReason)
    }

    /// Sends `message` and returns the reply, without its end. Cancelling closes the connection.
    func ask(_ message: [UInt8]) async throws(SourceError) -> [UInt8] {
        let answer = channel.eventLoop.makePromise(of: [UInt8].self)
        let sent = channel.eventLoop.makePromise(of: Void.self)
        // On a connection that has ended meanwhile there is nobody else to say so.
        sent.futureResult.whenFailure { answer.fail($0) }
        do {
            return try await withTaskCancellationHandler {
                channel.writeAndFlush(Turn(message: message, answer: answer), promise: sent)
                return try await answer.futureResult.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        } catch {
            guard !Task.isCancelled else { throw .cancelled }
            throw closeReason.reason ?? SourceError(talking: error)
        }
    }

    /// Closes the connection; returns when it is closed.
    func close() async {
        // That it is closed already is as good.
        try? await channel.close()
        try? await channel.closeFuture.get()
    }
}

/// Why a connection was given up, for whoever asks on it later.
private final class CloseReason: Sendable {
    private let first = Mutex<SourceError?>(nil)

    /// The reason; `nil` while there is none.
    var reason: SourceError? { first.withLock(\.self) }

    func note(_ reason: SourceError) {
        first.withLock { $0 = $0 ?? reason }
    }
}

/// A message to be sent, and who waits for its answer.
private struct Turn: Sendable {
    let message: [UInt8]
    let answer: EventLoopPromise<[UInt8]>
}

/// Cuts what comes in into messages, and gives each to who waits for it.
private final class TurnHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Turn
    typealias OutboundOut = ByteBuffer

    private let closeReason: CloseReason
    private var waiting: EventLoopPromise<[UInt8]>?
    private var received: [UInt8] = []

    init(_ closeReason: CloseReason) {
        self.closeReason = closeReason
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let turn = unwrapOutboundIn(data)
        guard waiting == nil, context.channel.isActive else {
            turn.answer.fail(SourceError.brokenOff)
            promise?.fail(SourceError.brokenOff)
            return
        }
        waiting = turn.answer
        context.write(wrapOutboundOut(context.channel.allocator.buffer(bytes: turn.message)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        for byte in unwrapInboundIn(data).readableBytesView {
            if byte == SIP2Message.terminator {
                answer(context, .success(received))
                received.removeAll(keepingCapacity: true)
            } else if byte != UInt8(ascii: "\n") {
                received.append(byte)
            }
        }
        guard received.count <= SIP2Message.maximumLength else {
            answer(context, .failure(SourceError(.tooLarge, "answered more than \(SIP2Message.maximumLength) bytes")))
            context.close(promise: nil)
            return
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        answer(context, .failure(.brokenOff))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        answer(context, .failure(SourceError(talking: error)))
        context.close(promise: nil)
    }

    /// Answers who waits; a message that nobody asked for ends the connection, whose turns are out of step.
    private func answer(_ context: ChannelHandlerContext, _ result: Result<[UInt8], SourceError>) {
        guard let waiting else {
            if case .success(let message) = result { closeReason.note(.foreign(message)) }
            context.close(promise: nil)
            return
        }
        self.waiting = nil
        waiting.completeWith(result.mapError { $0 as any Error })
    }
}

extension SourceError {
    /// A server sent `message`, as one of another protocol does that greets whoever connects.
    static func foreign(_ message: [UInt8]) -> SourceError {
        let text = String(decoding: message, as: UTF8.self).excerpt
        return SourceError(.unexpectedDocument, "sends \"\(text)\", which is no answer in SIP2; check port")
    }
}

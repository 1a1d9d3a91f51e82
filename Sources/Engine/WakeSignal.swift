/// A signal to one loop that it has to look: given twice before the loop looks, it says no more than given once.
struct WakeSignal: Sendable {
    /// An element for each time the loop has to look.
    let signals: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (signals, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func signal() {
        continuation.yield()
    }
}

/// A bell that one loop answers: ringing it twice before the loop looks says no more than ringing it once.
struct Bell: Sendable {
    /// An element for each time the loop has to look.
    let rings: AsyncStream<Void>
    private let continuation: AsyncStream<Void>.Continuation

    init() {
        (rings, continuation) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    func ring() {
        continuation.yield()
    }
}

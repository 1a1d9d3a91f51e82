/// Elements in the order they came, handed out one at a time to a single drain.
///
/// Whoever adds an element and hears `true` from ``startDrain()`` runs the drain until ``next()`` returns `nil`.
struct SerialQueue<Element: Sendable>: Sendable {
    private var waiting: [(number: UInt64, element: Element)] = []
    private var head = 0
    private var last: UInt64 = 0
    private var isDraining = false

    mutating func add(_ element: Element) -> UInt64 {
        last += 1
        waiting.append((last, element))
        return last
    }

    mutating func remove(_ number: UInt64) -> Element? {
        guard let index = waiting.firstIndex(where: { $0.number == number }) else { return nil }
        return waiting.remove(at: index).element
    }

    /// - Returns: whether the caller must drain: something waits, and nobody drains yet.
    mutating func startDrain() -> Bool {
        guard !isDraining, head < waiting.count else { return false }
        isDraining = true
        return true
    }

    /// The next element; `nil` ends the drain.
    mutating func next() -> Element? {
        guard head < waiting.count else {
            waiting = []
            head = 0
            isDraining = false
            return nil
        }
        let element = waiting[head].element
        head += 1
        // What was handed out goes now and then, or a queue that never runs dry would keep it all.
        if head >= 64, head * 2 >= waiting.count {
            waiting.removeFirst(head)
            head = 0
        }
        return element
    }
}

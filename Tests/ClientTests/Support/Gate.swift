import Glibc

/// Something one thread waits for and another lets happen, once.
struct Gate: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32

    init() {
        var ends: [Int32] = [-1, -1]
        precondition(pipe(&ends) == 0, "a pipe can be made")
        (readEnd, writeEnd) = (ends[0], ends[1])
    }

    /// Lets everybody through who waits.
    func open() {
        close(writeEnd)
    }

    /// Returns when the gate is open, or after ten seconds, when something is wrong with the test.
    func wait() {
        var wish = pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0)
        poll(&wish, 1, 10_000)
    }
}

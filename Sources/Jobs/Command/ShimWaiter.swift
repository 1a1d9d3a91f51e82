internal import Dispatch
internal import Glibc
internal import Model
internal import Synchronization

/// Waits for the shims of all running commands: one thread for all of them, and none while there are none.
///
/// A Dispatch read source would be the obvious choice, but on Linux it goes on using its record of a descriptor while the
/// handler's thread frees it, when the other end hangs up (swift-corelibs-libdispatch, `_dispatch_event_merge_fd`); and
/// hanging up is what is waited for here. In the tests that crashed most runs.
final class ShimWaiter: Sendable {
    private struct Watch {
        let read: @Sendable () -> Bool
        let end: @Sendable () -> Void
    }

    private struct State {
        var watches: [Int32: Watch] = [:]
        var isRunning = false
    }

    private let state = Mutex(State())
    private let queue = DispatchQueue(label: "taskd.commands")
    private let wakeup: (reader: Int32, writer: Int32)

    /// A waiter with nothing to wait for.
    ///
    /// - Throws: an exception when no more files can be opened.
    init() throws(ExceptionInfo) {
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { throw .system("cannot make a pipe") }
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
        wakeup = (ends[0], ends[1])
    }

    deinit {
        close(wakeup.reader)
        close(wakeup.writer)
    }

    /// Calls `read` each time `descriptor` can be read or was hung up, until that answers `false`; then `end`, once, when
    /// the descriptor is of no more use here and may be closed. Both must be quick.
    func watch(_ descriptor: Int32, read: @escaping @Sendable () -> Bool, end: @escaping @Sendable () -> Void) {
        let wasRunning = state.withLock { state in
            state.watches[descriptor] = Watch(read: read, end: end)
            defer { state.isRunning = true }
            return state.isRunning
        }
        if wasRunning {
            _ = write(wakeup.writer, "w", 1)
        } else {
            queue.async { self.run() }
        }
    }

    private func run() {
        while var polls = nextPolls() {
            guard poll(&polls, nfds_t(polls.count), -1) > 0 else { continue }
            for entry in polls where entry.revents != 0 { attend(to: entry.fd) }
        }
    }

    /// What to wait for, or `nil` to stop waiting because there is nothing.
    private func nextPolls() -> [pollfd]? {
        let descriptors: [Int32]? = state.withLock { state in
            guard state.watches.isEmpty else { return Array(state.watches.keys) }
            state.isRunning = false
            return nil
        }
        return descriptors.map { ([wakeup.reader] + $0).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) } }
    }

    private func attend(to descriptor: Int32) {
        guard descriptor != wakeup.reader else {
            var bytes = [UInt8](repeating: 0, count: 256)
            _ = read(descriptor, &bytes, bytes.count)
            return
        }
        guard let watch = state.withLock({ $0.watches[descriptor] }), !watch.read() else { return }
        state.withLock { $0.watches[descriptor] = nil }
        watch.end()
    }
}

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
        let isProcess: Bool
        let goesOn: @Sendable () -> Void
        let take: @Sendable (ArraySlice<UInt8>) -> Void
        let end: @Sendable () -> Void
    }

    private struct State {
        var watches: [Int32: Watch] = [:]
        /// Those that were not looked at yet: the kernel reports no hang-up by a writer that was gone before the FIFO was
        /// opened (pipe_poll, fs/pipe.c).
        var isNew: [Int32] = []
        var isRunning = false
    }

    /// As much as a pipe holds, so that nothing is cut that was written at once.
    private static let capacity = 65_536

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

    /// Calls `take` with whatever is read from the FIFO `descriptor`, which does not block; then `end`, once, when nobody has
    /// it open for writing any more, and it may be closed. Both must be quick.
    ///
    /// - Parameter isProcess: whether `descriptor` is one of a process (pidfd_open(2)), which has nothing to read and ends with
    ///   that.
    /// - Parameter goesOn: is called when somebody has the FIFO open for writing at first.
    func watch(
        _ descriptor: Int32, isProcess: Bool = false, goesOn: @escaping @Sendable () -> Void = {},
        take: @escaping @Sendable (ArraySlice<UInt8>) -> Void,
        end: @escaping @Sendable () -> Void
    ) {
        let wasRunning = state.withLock { state in
            state.watches[descriptor] = Watch(isProcess: isProcess, goesOn: goesOn, take: take, end: end)
            if !isProcess { state.isNew.append(descriptor) }
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
        var buffer = [UInt8](repeating: 0, count: Self.capacity)
        while var polls = nextPolls(&buffer) {
            guard poll(&polls, nfds_t(polls.count), -1) > 0 else { continue }
            for entry in polls where entry.revents != 0 { attend(to: entry.fd, &buffer) }
        }
    }

    /// What to wait for, or `nil` to stop waiting because there is nothing.
    private func nextPolls(_ buffer: inout [UInt8]) -> [pollfd]? {
        let newcomers = state.withLock { state in
            defer { state.isNew = [] }
            return state.isNew
        }
        for descriptor in newcomers {
            attend(to: descriptor, &buffer)?.goesOn()
        }
        let descriptors: [Int32]? = state.withLock { state in
            guard state.watches.isEmpty else { return Array(state.watches.keys) }
            state.isRunning = false
            return nil
        }
        return descriptors.map { ([wakeup.reader] + $0).map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) } }
    }

    /// - Returns: who waits for `descriptor` and goes on waiting.
    @discardableResult
    private func attend(to descriptor: Int32, _ buffer: inout [UInt8]) -> Watch? {
        let watch = state.withLock { $0.watches[descriptor] }
        // One that has ended is closed, and its number may be another's.
        guard watch != nil || descriptor == wakeup.reader else { return nil }
        let count = watch?.isProcess == true ? 0 : read(descriptor, &buffer, buffer.count)
        if count < 0 && (errno == EAGAIN || errno == EINTR) { return watch }
        guard let watch else { return nil }
        guard count <= 0 else {
            watch.take(buffer[..<count])
            return watch
        }
        state.withLock { $0.watches[descriptor] = nil }
        watch.end()
        return nil
    }
}

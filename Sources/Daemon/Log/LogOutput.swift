internal import Glibc
internal import Model
internal import Synchronization

/// Where the log goes. Whoever reads it may be slow or hang, and the daemon does not hang with them: what nobody takes is
/// dropped, and counted.
final class LogOutput: Sendable {
    static let standardError = LogOutput(STDERR_FILENO)

    private let descriptor: Int32
    /// How many texts were dropped since one was written.
    private let dropped = Mutex(0)
    /// How long a text waits for its reader, if the one before was written.
    private static let timeout = Duration.milliseconds(100)

    init(_ descriptor: Int32) {
        self.descriptor = descriptor
    }

    /// Writes `text`, or drops it.
    ///
    /// - Parameter notice: the line for a message about what was dropped before.
    func write(_ text: String, notice: (String) -> String = { "taskd: \($0)\n" }) {
        dropped.withLock { dropped in
            let notice = dropped > 0 ? notice("\(dropped) log lines were dropped, as nobody read them") : ""
            let isWritten = write(Array((notice + text).utf8), waiting: dropped > 0 ? .zero : Self.timeout)
            dropped = isWritten ? 0 : dropped + 1
        }
    }

    /// - Returns: whether anything of it was written.
    private func write(_ bytes: [UInt8], waiting: Duration) -> Bool {
        var rest = bytes[...]
        while !rest.isEmpty {
            var output = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            guard poll(&output, 1, Int32(waiting.milliseconds)) > 0 else { break }
            // No more than a pipe has room for when it says that it has some (pipe(7)).
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, min($0.count, Int(PIPE_BUF))) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        return rest.count < bytes.count
    }
}

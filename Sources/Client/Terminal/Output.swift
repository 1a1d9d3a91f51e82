internal import Glibc
internal import Model

/// Standard output or standard error, and whether a person is watching.
///
/// Writing blocks while the reader is slow. A command has nothing better to do meanwhile, and the pressure is passed on to
/// the daemon, so no other thread is kept for it.
struct Output: Sendable {
    static let standard = Output(descriptor: STDOUT_FILENO)
    static let error = Output(descriptor: STDERR_FILENO)

    let descriptor: Int32
    /// Whether a terminal shows what is written.
    let isTerminal: Bool
    /// Whether colours are welcome: on a terminal that has them, unless `NO_COLOR` (no-color.org) is set.
    let showsColour: Bool
    /// Whether characters beyond ASCII are welcome: in a locale whose encoding is UTF-8 (POSIX, 8.2).
    let showsUnicode: Bool

    /// The output with the file descriptor `descriptor`.
    init(descriptor: Int32) {
        self.descriptor = descriptor
        isTerminal = isatty(descriptor) == 1
        showsColour = isTerminal && Self.environment("NO_COLOR").isEmpty && Self.environment("TERM") != "dumb"
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].map(Self.environment).first { !$0.isEmpty } ?? ""
        showsUnicode = ["utf-8", "utf8"].contains { locale.lowercased().contains($0) }
    }

    private static func environment(_ name: String) -> String {
        getenv(name).map { String(cString: $0) } ?? ""
    }

    /// Columns and rows of the terminal, or `nil` when there is none that tells; one that knows no rows has 24.
    var size: (columns: Int, rows: Int)? {
        var size = winsize()
        guard isTerminal, ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return nil }
        return (Int(size.ws_col), size.ws_row > 0 ? Int(size.ws_row) : 24)
    }
}

extension Output {
    /// Writes `text` and a line end.
    func line(_ text: String) throws(ClientError) {
        try write(text + "\n")
    }

    /// Writes `lines`, each with a line end, at once.
    func lines(_ lines: some Sequence<String>) throws(ClientError) {
        var text = ""
        for line in lines { text += line + "\n" }
        try write(text)
    }

    /// Writes `value` on a line of its own.
    func json(_ value: JSONValue, style: JSONWriter.Style = .spaced) throws(ClientError) {
        try write(JSONWriter.bytes(value, style: style) + [UInt8(ascii: "\n")])
    }

    /// Writes `text` as it is.
    func write(_ text: String) throws(ClientError) {
        try write(Array(text.utf8))
    }

    /// Writes `bytes` as they are.
    ///
    /// When nobody reads any more (`taskctl list | head -1`) SIGPIPE ends the process, as it does others.
    /// - Throws: ``ClientError`` when the bytes cannot be written, as on a full disk.
    func write(_ bytes: [UInt8]) throws(ClientError) {
        var offset = 0
        while offset < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + offset }, $0.count - offset)
            }
            if count >= 0 {
                offset += count
                continue
            }
            let code = errno
            if code == EINTR { continue }
            if code == EAGAIN, waitUntilWritable() { continue }
            throw ClientError(
                code: .internalError, message: "the output cannot be written: \(SystemError(code))")
        }
    }

    /// Another program may have made the shared descriptor non-blocking.
    private func waitUntilWritable() -> Bool {
        var wish = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&wish, 1, -1) >= 0 || errno == EINTR
    }
}

internal import Glibc
internal import Model

/// What stands in a file of an attempt, read once.
enum AttemptFile: Sendable, Hashable {
    case absent
    /// Something that is no regular file has its name, and only a command can have put it there.
    case replaced
    case lines([Substring])

    /// How much of it is looked at.
    private static let limit = 16_384

    /// The file at `path` as it is now.
    ///
    /// - Throws: an exception when the system cannot tell: what is not read is not absent.
    init(at path: String) throws(ExceptionInfo) {
        guard let status = try stat(lookingAt: path) else {
            self = .absent
            return
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            self = .replaced
            return
        }
        let bytes = try Descriptor.reading(path).contents(limit: Self.limit)
        guard bytes.count >= min(Int(status.st_size), Self.limit) else {
            throw .internalError("\(path) cannot be read to its end")
        }
        self = .lines(String(decoding: bytes, as: UTF8.self).split(separator: "\n"))
    }

    /// Its lines; none where there is no such file.
    var lines: [Substring] {
        guard case .lines(let lines) = self else { return [] }
        return lines
    }
}

extension AttemptFile {
    /// Of an identity file: whether it names a command.
    var hasStarted: Bool { lines.contains { $0.hasPrefix("child ") } }

    /// Of an identity file: whether it was written since the machine was started whose number stands in `boot`.
    func isOfBoot(_ boot: AttemptFile) -> Bool {
        let line = "boot_id \(boot.lines.first ?? "")"
        return lines.contains { $0 == line }
    }
}

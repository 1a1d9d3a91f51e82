import Glibc

/// The side of a service manager that services tell how they fare (sd_notify(3)).
final class ServiceManager: Sendable {
    private let descriptor: Int32
    private let path: String

    /// Binds a socket in `directory`.
    init(in directory: Directory) throws {
        path = directory.path + "/notify"
        descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw TestFailure.system("socket") }
        let descriptor = descriptor
        guard withUnixAddress(path, { bind(descriptor, $0, $1) }) == 0 else { throw TestFailure.system(path) }
    }

    deinit {
        close(descriptor)
    }

    /// The command that runs another, in the same process, as a service of this manager.
    func starting(watchdog microseconds: Int? = nil) -> [String] {
        ["/usr/bin/env", "NOTIFY_SOCKET=\(path)"] + (microseconds.map { ["WATCHDOG_USEC=\($0)"] } ?? [])
    }

    /// The next message, which is waited for.
    func message() async throws -> String {
        let descriptor = descriptor
        return try await offPool {
            var buffer = [UInt8](repeating: 0, count: 4096)
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 0 else { throw TestFailure.system("recv") }
            return String(decoding: buffer[..<count], as: UTF8.self)
        }
    }

    /// Returns when a message is `text`; answers those before it.
    @discardableResult
    func message(_ text: String) async throws -> [String] {
        var earlier: [String] = []
        while true {
            let message = try await message()
            if message == text { return earlier }
            earlier.append(message)
        }
    }
}

internal import Dispatch
internal import Glibc
internal import Jobs
internal import Model

/// The service manager that started the daemon and wants to hear from it, as sd_notify(3) has it.
struct ServiceManager: Sendable {
    /// What the daemon tells.
    enum Message: Sendable, Hashable {
        /// It answers requests; after ``reloading`` that it has read its files again.
        case ready
        /// It reads its files again.
        case reloading
        /// It takes no more work.
        case stopping
        /// It has not hung.
        case alive
        /// What it is about, for people to read.
        case status(String)

        fileprivate var lines: String {
            switch self {
            case .ready: "READY=1"
            // The time lets the manager tell this reload from an earlier one.
            case .reloading: "RELOADING=1\nMONOTONIC_USEC=\(microseconds(CLOCK_MONOTONIC))"
            case .stopping: "STOPPING=1"
            case .alive: "WATCHDOG=1"
            case .status(let text): "STATUS=\(text)"
            }
        }
    }

    /// How long it waits for a sign of life before it takes the daemon for hung; `nil` when it does not wait for one.
    let watchdogTimeout: Duration?
    private let address: UnixAddress
    /// Sending can block while the manager is busy, and what is told keeps its order.
    private let queue = DispatchQueue(label: "taskd.service-manager")

    /// The manager that `environment` names; `nil` when it names none.
    ///
    /// - Throws: ``DaemonError`` when what it says cannot be understood.
    init?(_ environment: [String: String], pid: pid_t = getpid()) throws(DaemonError) {
        guard let path = environment["NOTIFY_SOCKET"], !path.isEmpty else { return nil }
        guard let address = Self.address(path) else {
            throw DaemonError(code: .usage, message: "NOTIFY_SOCKET: no socket's address is like \(path)")
        }
        self.address = address
        watchdogTimeout = try Self.watchdogTimeout(environment, pid)
    }

    /// What sd_notify(3) takes: an absolute path, or `@` and an abstract name.
    private static func address(_ text: String) -> UnixAddress? {
        guard text.utf8.count > 1 else { return nil }
        if text.hasPrefix("@") { return UnixAddress(abstractName: String(text.dropFirst())) }
        return text.isAbsolutePath ? UnixAddress(path: text) : nil
    }

    /// sd_watchdog_enabled(3).
    private static func watchdogTimeout(_ environment: [String: String], _ pid: pid_t) throws(DaemonError) -> Duration?
    {
        guard let text = environment["WATCHDOG_USEC"], !text.isEmpty else { return nil }
        if let owner = environment["WATCHDOG_PID"], owner != "\(pid)" { return nil }
        guard let microseconds = Int64(text), microseconds > 0 else {
            throw DaemonError(code: .usage, message: "WATCHDOG_USEC: expected microseconds, found \(text)")
        }
        return .microseconds(microseconds)
    }

    /// Tells `messages` all at once and returns when the manager has them.
    ///
    /// - Throws: ``DaemonError`` when it cannot be reached.
    func tell(_ messages: [Message]) async throws(DaemonError) {
        let text = messages.map(\.lines).joined(separator: "\n")
        let code = await runBlocking(on: queue) { _ in send(text) }
        guard code == 0 else {
            throw DaemonError(
                code: .unavailable,
                message: "NOTIFY_SOCKET: cannot tell the service manager: \(SystemError(code))")
        }
    }

    /// - Returns: 0, or the system's error.
    private func send(_ text: String) -> Int32 {
        let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return errno }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        return address.withPointer { address, length in
            while sendto(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL), address, length) < 0 {
                guard errno == EINTR else { return errno }
            }
            return 0
        }
    }
}

/// The time of `clock`.
private func microseconds(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
}

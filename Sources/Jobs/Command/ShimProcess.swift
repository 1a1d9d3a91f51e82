internal import CLinux
internal import Glibc

/// The process of a shim, held so that no other can be mistaken for it.
struct ShimProcess: ~Copyable {
    /// What no two processes since the machine was started have in common.
    struct Identity: Sendable, Hashable {
        let number: pid_t
        /// When it was started, in clock ticks since boot.
        let start: Substring
    }

    private let descriptor: Int32

    /// The shim that works on `attempt`; `nil` when it has ended.
    init?(of attempt: AttemptDirectory) {
        guard let identity = attempt.shim else { return nil }
        self.init(identity)
    }

    /// The process that is known by `identity`; `nil` when it has ended.
    init?(_ identity: Identity) {
        guard let process = ShimProcess(identity.number) else { return nil }
        // Looked at while it is held: a number may have been given to another one before.
        guard Self.status(of: identity.number)?.start == identity.start else { return nil }
        self = process
    }

    /// The process `number`, a child that is not reaped yet.
    init?(_ number: pid_t) {
        descriptor = open_process(number)
        if descriptor < 0 { return nil }
    }

    deinit {
        close(descriptor)
    }

    /// Sends it `signal`.
    ///
    /// - Returns: whether it was there.
    func send(_ signal: Int32) -> Bool {
        signal_process(descriptor, signal) == 0
    }

    /// The descriptor, which is readable once the process has ended, and which the caller now has to close.
    consuming func released() -> Int32 {
        let descriptor = descriptor
        discard self
        return descriptor
    }

    /// What proc(5) says of a process in the fields 3 and 22 of `stat`.
    fileprivate static func status(of number: pid_t) -> (state: Substring, start: Substring)? {
        let file = (try? Descriptor.opening("/proc/\(number)/stat", O_RDONLY))?.contents(limit: 4096) ?? []
        let line = String(decoding: file, as: UTF8.self)
        guard let name = line.lastIndex(of: ")") else { return nil }
        let fields = line[name...].split(separator: " ")
        return fields.count > 20 ? (fields[1], fields[20]) : nil
    }
}

extension AttemptDirectory {
    /// The process of the shim, which has ended if the machine was restarted since.
    var shim: ShimProcess.Identity? { process("shim") }

    /// The process number of the command itself, while it may run.
    package var command: Int64? { process("child").map { Int64($0.number) } }

    private func process(_ role: String) -> ShimProcess.Identity? {
        let lines = lines(of: identity)
        let words = lines.first { $0.hasPrefix("\(role) ") }?.split(separator: " ") ?? []
        guard isOfThisBoot(lines), words.count == 3, let number = pid_t(words[1]) else { return nil }
        return ShimProcess.Identity(number: number, start: words[2])
    }

    /// Whether the command is asleep in the kernel, where no signal ends it.
    var isCommandUninterruptible: Bool {
        guard let command = process("child"), let status = ShimProcess.status(of: command.number) else { return false }
        return status.start == command.start && status.state == "D"
    }

    /// Whether the shim is there and somebody has stopped it.
    var isShimStopped: Bool {
        guard let shim, let status = ShimProcess.status(of: shim.number) else { return false }
        return status.start == shim.start && status.state == "T"
    }

    /// Lets the shim go on if somebody has stopped it.
    func wakeShim() {
        if isShimStopped, let shim = ShimProcess(of: self) { _ = shim.send(SIGCONT) }
    }

    /// Whether the machine has not been restarted since the shim was started.
    var isOfThisBoot: Bool { isOfThisBoot(lines(of: identity)) }

    private func isOfThisBoot(_ identity: [Substring]) -> Bool {
        let boot = lines(of: "/proc/sys/kernel/random/boot_id").first ?? ""
        return identity.contains { $0 == "boot_id \(boot)" }
    }
}

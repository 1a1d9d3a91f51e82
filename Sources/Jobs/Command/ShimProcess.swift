internal import CLinux
internal import Glibc
internal import Model

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

    /// The process that is known by `identity`; `nil` when it has ended.
    ///
    /// - Throws: an exception when it may be there and cannot be held now.
    static func holding(_ identity: Identity) throws(ExceptionInfo) -> ShimProcess? {
        if let process = ShimProcess(identity) { return process }
        // For want of a descriptor it may not have been found either.
        if kill(identity.number, 0) != 0 && errno == ESRCH { return nil }
        if let status = status(of: identity.number), status.start != identity.start { return nil }
        throw .internalError("cannot tell whether the process \(identity.number) is the shim")
    }

    /// The file that names this run of the machine (random(4)).
    static let bootID = "/proc/sys/kernel/random/boot_id"

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
    /// The process of the shim, which has ended if the machine was restarted since; `nil` when it cannot be read now.
    var shim: ShimProcess.Identity? { process("shim") }

    /// The process of the shim, which has ended if the machine was restarted since.
    ///
    /// - Throws: an exception when it cannot be read now.
    func identifiedShim() throws(ExceptionInfo) -> ShimProcess.Identity? { try identified("shim") }

    /// The process number of the command itself, while it may run.
    package var command: Int64? { process("child").map { Int64($0.number) } }

    private func process(_ role: String) -> ShimProcess.Identity? {
        do { return try identified(role) } catch { return nil }
    }

    private func identified(_ role: String) throws(ExceptionInfo) -> ShimProcess.Identity? {
        let file = try AttemptFile(at: identity)
        return file.isOfBoot(try AttemptFile(at: ShimProcess.bootID)) ? file.process(role) : nil
    }

    /// Whether the command is asleep in the kernel, where no signal ends it.
    var isCommandUninterruptible: Bool { isProcess("child", in: "D") }

    /// Whether the command is there and stopped.
    var isCommandStopped: Bool { isProcess("child", in: "T") }

    /// Whether the shim is there and somebody has stopped it.
    var isShimStopped: Bool { isProcess("shim", in: "T") }

    /// Whether the process is there, and in the state that proc(5) writes as `letter`.
    private func isProcess(_ role: String, in letter: Substring) -> Bool {
        guard let process = process(role), let status = ShimProcess.status(of: process.number) else { return false }
        return status.start == process.start && status.state == letter
    }

    /// Lets the shim go on if somebody has stopped it.
    func wakeShim() {
        if isShimStopped, let shim = ShimProcess(of: self) { _ = shim.send(SIGCONT) }
    }
}

extension AttemptFile {
    /// Of an identity file: the process that it names as `role`.
    fileprivate func process(_ role: String) -> ShimProcess.Identity? {
        let words = lines.first { $0.hasPrefix("\(role) ") }?.split(separator: " ") ?? []
        guard words.count == 3, let number = pid_t(words[1]) else { return nil }
        return ShimProcess.Identity(number: number, start: words[2])
    }
}

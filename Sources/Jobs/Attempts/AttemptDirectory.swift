internal import Glibc
package import Model

/// The directory of one attempt: what a command printed, who it is and how it ended; the keys that a check has kept; how
/// far a verification has come.
///
/// The first attempt has `<state>/tasks/<task>/`, made below `<state>/tasks.new/` where that is faster, and the others, with
/// the task's hook, directories of their own in it: most tasks need one, and making directories is what costs most here. It
/// is of mode 0700 and holds
/// - `stdout`, `stderr`: the output, appended to by the command itself;
/// - `control`, `progress`: FIFOs to and from the shim, which lives exactly as long as `progress` has a writer;
/// - `input`: a FIFO, only when the standard input stays open;
/// - `identity`: lines `boot_id ID`, `shim PID START` and, once there is a command, `child PID START`,
///   `state_hidden yes|no` and perhaps `cgroup PATH`; START in clock ticks since boot, as in proc(5);
/// - `exit`: lines `pid N`, one of `exit_code N`, `signal N` and `error STEP ERRNO`, then `cancelled yes|no`,
///   `user_us N`, `system_us N`, `max_rss_kib N` and `tree gone|ending`;
/// - `keys.sqlite`: of a check alone, the keys of what it counted;
/// - `items`: of a verification alone, the books it is about; its `stdout` is the report on them.
package struct AttemptDirectory: Sendable, Hashable {
    /// The directory itself; absolute.
    package let path: String
    /// The task and the attempt, in words that may stand in the name of a file.
    var name: String { "\(task)-\(child ?? "1")" }
    let state: String
    let task: TaskID
    /// Its name in the directory of the first attempt; `nil` for that one itself.
    let child: String?

    /// The directory of attempt number `attempt` of `task` below the state directory; nothing is made.
    package init(state: String, task: TaskID, attempt: Int) {
        self.init(state: state, task: task, child: attempt > 1 ? String(attempt) : nil)
    }

    /// The directory of the hook that runs when `task` is done.
    package static func hook(state: String, task: TaskID) -> AttemptDirectory {
        AttemptDirectory(state: state, task: task, child: "on_done")
    }

    private init(state: String, task: TaskID, child: String?) {
        let first = "\(state)/tasks/\(task)"
        path = child.map { "\(first)/\($0)" } ?? first
        self.state = state
        self.task = task
        self.child = child
    }

    /// What the command printed on its standard output.
    package var stdout: String { path + "/stdout" }
    /// What the command printed on its standard error.
    package var stderr: String { path + "/stderr" }

    var control: String { path + "/control" }
    var progress: String { path + "/progress" }
    var input: String { path + "/input" }
    var identity: String { path + "/identity" }
    var exit: String { path + "/exit" }
    var keys: String { path + "/keys.sqlite" }
    var items: String { path + "/items" }
}

extension AttemptDirectory {
    /// Makes the directory and the FIFOs in it.
    ///
    /// - Throws: an exception when it cannot, above all when the directory is there already: an attempt is made once.
    func make() throws(ExceptionInfo) {
        try makeEmpty()
        for fifo in [control, progress] {
            guard mkfifo(fifo, 0o600) == 0 else { throw .system("cannot make \(fifo)") }
        }
    }

    /// Makes the directory alone; throws as ``make()`` does.
    func makeEmpty() throws(ExceptionInfo) {
        if makeStaged() || mkdir(path, 0o700) == 0 { return }
        if errno == ENOENT {
            try makeParents()
            if mkdir(path, 0o700) == 0 { return }
        }
        guard errno == EEXIST else { throw .system("cannot make \(path)") }
        throw .internalError(
            "it has run before, and the history that knew of it was replaced by an older one: \(path) is there; "
                + "retry it if it is to run again")
    }

    private func makeParents() throws(ExceptionInfo) {
        let tasks = state + "/tasks"
        for parent in child == nil ? [tasks] : [tasks, "\(tasks)/\(task)"] {
            guard mkdir(parent, 0o700) == 0 || errno == EEXIST else { throw .system("cannot make \(parent)") }
        }
    }

    /// Returns when the directory is on the disk; what is in it need not be.
    ///
    /// - Throws: an exception when it cannot be brought there.
    func flush() throws(ExceptionInfo) {
        let tasks = state + "/tasks"
        for parent in child == nil ? [tasks] : ["\(tasks)/\(task)", tasks] {
            try Descriptor.opening(parent, O_RDONLY | O_DIRECTORY).flush(parent)
        }
    }

    /// Whether the FIFO is there that the shim tells of its end by.
    var hasProgress: Bool { Self.fifo(at: progress) != nil }

    /// The FIFO that the shim can be asked by; `nil` when there is none, as when a command has removed it.
    var controlFIFO: FileIdentity? { Self.fifo(at: control) }

    private static func fifo(at path: String) -> FileIdentity? {
        var status = stat()
        guard lstat(path, &status) == 0, status.st_mode & S_IFMT == S_IFIFO else { return nil }
        return FileIdentity(status)
    }

    /// Whether the directory is there.
    var isThere: Bool {
        var status = stat()
        return lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }

    /// Whether everything made before the shim starts is still there: the directory and both FIFOs.
    var isWhole: Bool { isThere && hasProgress && controlFIFO != nil }

    /// What there is to say where a command was in here and left no traces of it.
    var loss: String {
        isThere ? "its shim was killed, or files were removed from \(path)" : "\(path) was removed"
    }

    /// Whether a command was let loose here, as far as can be read now: it never runs before it stands in the identity file.
    package var hasStarted: Bool { (try? AttemptFile(at: identity))?.hasStarted == true }
}

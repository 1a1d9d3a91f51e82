internal import Foundation
internal import Glibc

/// How the descriptors that the process may have are shared out, so that nobody takes what others need: without one left, no
/// output could be opened and no outcome be read, and a task would end as what it is not.
struct DescriptorBudget: Sendable, Hashable {
    /// How many the process may have.
    let limit: Int
    /// How many tasks may run at once.
    let tasks: Int
    /// How many connections may be open at once.
    let connections: Int

    /// A budget of `limit` descriptors for a daemon on `processors` processors, each of which may be starting a command.
    init(limit: Int, processors: Int = ProcessInfo.processInfo.activeProcessorCount) {
        self.limit = limit
        let own = min(Self.files + Self.start * processors, limit / 2)
        let forTasks = (limit - own) / 4 * 3
        tasks = max(forTasks / Self.task, 1)
        connections = max(limit - own - forTasks, 1)
    }

    /// What the daemon has open itself: its history, its socket, its threads.
    private static let files = 48
    /// What a task takes that runs, at most: a command one, and a check with a program of its own nearly six.
    private static let task = 6
    /// What starting a command or reading an outcome takes for a moment.
    private static let start = 8

    /// The budget after the limit was raised as far as it goes: each waiting client holds a descriptor, and 1,024 are soon gone.
    /// Commands do not inherit the limit.
    static func raised() -> DescriptorBudget {
        var limit = rlimit()
        let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(resource, &limit) == 0 else { return DescriptorBudget(limit: defaultLimit) }
        var raised = limit
        raised.rlim_cur = limit.rlim_max
        return DescriptorBudget(limit: Int(clamping: (setrlimit(resource, &raised) == 0 ? raised : limit).rlim_cur))
    }

    /// What the limit is where nobody has set it.
    private static let defaultLimit = 1024

    /// What to do where there are too few.
    var advice: String {
        "the limit of \(limit) descriptors is enough for \(tasks) tasks at once; raise it (LimitNOFILE= of the service, or ulimit -n)"
    }
}

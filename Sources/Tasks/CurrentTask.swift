/// Carries the running task to the code it runs, and tells Swift tasks apart.
enum CurrentTask {
    /// A Swift task that runs for others, which cannot end before it has: the body of a scope, for the scope's callers.
    struct StandIn {
        var identity: Int?
        var callers: [Int]
        /// The scope whose body it runs, and those around it whose bodies its callers run.
        var scopes: [TaskScope]
    }

    @TaskLocal static var handle: (any WaitableTask)?
    @TaskLocal static var standIn: StandIn?

    /// Tells Swift tasks apart; `nil` outside of any.
    static var identity: Int? {
        withUnsafeCurrentTask { $0?.hashValue }
    }

    /// The Swift tasks that cannot end before the calling code returns.
    static var identities: [Int] {
        guard let identity else { return [] }
        return [identity] + callers(of: identity)
    }

    /// The scopes whose bodies cannot end before the calling code returns, the innermost first.
    static var scopes: [TaskScope] {
        guard let standIn, standIn.identity == identity else { return [] }
        return standIn.scopes
    }

    /// Whether `scope` interrupts the calling code when a member fails: it is run by the body or by a member.
    ///
    /// Swift tasks started from those inherit the place and not the interruption, unless they are structured.
    static func isPart(of scope: TaskScope) -> Bool {
        if let handle, handle.scope === scope, Task.isCancelled || handle.runnerIdentity.map(holdsUp) ?? false {
            return true
        }
        guard let standIn, Task.isCancelled || standIn.identity == identity else { return false }
        return standIn.scopes.contains { $0 === scope }
    }

    /// Whether the Swift task `runner` cannot end before the calling code returns.
    static func holdsUp(_ runner: Int) -> Bool {
        guard let identity else { return false }
        return identity == runner || callers(of: identity).contains(runner)
    }

    private static func callers(of identity: Int) -> [Int] {
        // Swift tasks started from a scope's body inherit the stand-in, but nobody waits for them.
        guard let standIn, standIn.identity == identity else { return [] }
        return standIn.callers
    }
}

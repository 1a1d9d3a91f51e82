/// Carries the running task to the code it runs, and tells Swift tasks apart.
enum CurrentTask {
    /// A Swift task that runs for others, which cannot end before it has: the body of a scope, for the scope's callers.
    struct StandIn {
        var identity: Int?
        var callers: [Int]
    }

    @TaskLocal static var handle: (any AnyTask)?
    @TaskLocal static var standIn: StandIn?

    /// Tells Swift tasks apart; `nil` outside of any.
    static var identity: Int? {
        withUnsafeCurrentTask { $0?.hashValue }
    }

    /// A stand-in for the calling code, run by the Swift task that asks for it.
    static func standIn(for callers: [Int]) -> StandIn {
        StandIn(identity: identity, callers: callers)
    }

    /// The Swift tasks that cannot end before the calling code returns.
    static var identities: [Int] {
        guard let identity else { return [] }
        return [identity] + callers(of: identity)
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

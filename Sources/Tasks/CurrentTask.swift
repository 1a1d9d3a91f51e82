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

    /// The Swift tasks that wait for the calling code to return, itself included.
    static var identities: [Int] {
        guard let identity else { return [] }
        // Swift tasks started from a scope's body inherit the stand-in, but nobody waits for them.
        guard let standIn, standIn.identity == identity else { return [identity] }
        return [identity] + standIn.callers
    }
}

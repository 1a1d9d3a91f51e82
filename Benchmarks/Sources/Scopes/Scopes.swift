import Tasks

/// Compares a task scope with the bare task group of the standard library, each running 100,000 tasks that do nothing.
@main struct Scopes {
    static let count = 100_000
    static let rounds = 7

    static func main() async throws {
        var bare: [Duration] = []
        var scoped: [Duration] = []
        // Taken in turns, so that what else the machine does meets both.
        for _ in 0..<rounds {
            bare.append(await time { await bareGroup() })
            scoped.append(try await time { try await scope() })
        }
        let (fastest, ours) = (median(bare), median(scoped))
        print("\(count) tasks in a withTaskGroup: \(fastest); in a withTaskScope: \(ours); ratio \(ours / fastest)")
    }

    static func bareGroup() async {
        await withTaskGroup { group in
            for _ in 0..<count { group.addTask {} }
        }
    }

    static func scope() async throws {
        try await withTaskScope(registry: TaskRegistry()) { scope in
            for _ in 0..<count { try scope.spawn {} }
        }
    }

    static func time(_ work: @Sendable () async throws -> Void) async rethrows -> Duration {
        let clock = ContinuousClock()
        let begin = clock.now
        try await work()
        return clock.now - begin
    }

    static func median(_ times: [Duration]) -> Duration { times.sorted()[times.count / 2] }
}

import Tasks

extension Tour {
    /// Three modes, and a timeout that cancels nothing.
    static func waiting() async throws {
        chapter("Wait")
        let registry = TaskRegistry()
        let quick = registry.spawn(name: "quick") { try await count(1, taking: .steps(1)) }
        let damaged = registry.spawn(name: "damaged") { try await countDamaged(taking: .steps(3)) }
        let slow = registry.spawn(name: "slow") { try await count(3, taking: .steps(10)) }
        let tasks = [quick, damaged, slow]

        for mode in [ReturnWhen.firstCompleted, .firstException] {
            let (done, pending) = try await wait(tasks, until: mode)  // await asyncio.wait(tasks, return_when=mode)
            show(done, pending, after: mode.rawValue)
        }
        let (done, pending) = try await wait(tasks, timeout: .steps(1))  // await asyncio.wait(tasks, timeout=0.1)
        show(done, pending, after: "a timeout")
        show(try await wait(tasks).done, [], after: "all")
    }

    private static func show(_ done: [TaskHandle<Int>], _ pending: [TaskHandle<Int>], after event: String) {
        print("after \(event): done \(done.map(\.name)), pending \(pending.map(\.name))")
    }
}

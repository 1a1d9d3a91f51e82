import Tasks

extension Tour {
    /// A failure ends a gather but not the other tasks; or it is one of the outcomes.
    static func exceptions() async throws {
        chapter("Exceptions")
        let registry = TaskRegistry()
        let slow = registry.spawn { try await count(500, taking: .steps(2)) }
        let damaged = registry.spawn { try await countDamaged(taking: .steps(1)) }
        do {
            print(try await gather([slow, damaged]))
        } catch {
            print("gather threw:", error)
        }
        print("the other runs on:", !slow.isDone)

        let cancelled = registry.spawn { try await count(0, taking: .steps(50)) }
        cancelled.cancel(reason: "not needed")
        for outcome in try await gatherOutcomes([slow, damaged, cancelled]) {  // gather(..., return_exceptions=True)
            switch outcome {
            case .success(let books): print("counted", books)
            case .failure(let error): print("failed:", error)
            case .cancelled(let reason): print("cancelled:", reason ?? "no reason")
            }
        }
    }
}

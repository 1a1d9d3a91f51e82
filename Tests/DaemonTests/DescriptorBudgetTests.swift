import Testing

@testable import Daemon

struct DescriptorBudgetTests {
    @Test(
        arguments: [
            (1024, 2, 480, 480), (524_288, 2, 262_112, 262_112), (64, 2, 16, 16), (1024, 64, 256, 256), (8, 2, 2, 2),
            (1, 2, 1, 1),
        ] as [(Int, Int, Int, Int)])
    func sharesWhatTheDaemonDoesNotNeed(limit: Int, processors: Int, tasks: Int, connections: Int) {
        let budget = DescriptorBudget(limit: limit, processors: processors)
        #expect(budget.tasks == tasks && budget.connections == connections, "\(budget)")
    }
}

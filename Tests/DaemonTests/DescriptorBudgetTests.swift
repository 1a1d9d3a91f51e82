import Testing

@testable import Daemon

struct DescriptorBudgetTests {
    @Test(
        arguments: [
            (1024, 2, 120, 240), (524_288, 2, 65_528, 131_056), (64, 2, 4, 8), (1024, 64, 64, 128), (8, 2, 1, 1),
            (1, 2, 1, 1),
        ] as [(Int, Int, Int, Int)])
    func sharesWhatTheDaemonDoesNotNeed(limit: Int, processors: Int, tasks: Int, connections: Int) {
        let budget = DescriptorBudget(limit: limit, processors: processors)
        #expect(budget.tasks == tasks && budget.connections == connections, "\(budget)")
    }
}

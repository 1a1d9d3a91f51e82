import Testing

@testable import Daemon

struct PredecessorTests {
    @Test(arguments: [0, 1, 3])
    func isWaitedFor(looks: Int) {
        var left = looks
        let isGone = Predecessor.becomesFree {
            left -= 1
            return left >= 0
        }
        #expect(isGone)
    }

    @Test func isNotWaitedForForEver() {
        #expect(!Predecessor.becomesFree { true })
    }
}

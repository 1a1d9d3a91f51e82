import Foundation
import Synchronization

/// What a sanitizer has to report, and what it must not: `control race|locked|overflow|leak`. `sanitize.sh` compiles and
/// runs it before the tests, whose silence would otherwise say nothing.
@main
struct Control {
    static func main() {
        switch CommandLine.arguments.last {
        case "race": race()
        case "locked": locked()
        case "overflow": overflow()
        case "leak": leak()
        default: exit(64)
        }
    }

    private static let rounds = 100_000

    /// Four threads count, and nothing orders them.
    private static func race() {
        let count = Unguarded()
        inFourThreads {
            for _ in 0..<rounds { count.value.pointee += 1 }
        }
    }

    /// Four threads count, one after the other, with the lock so wanted that it is handed over on its slow path.
    private static func locked() {
        let count = Guarded()
        inFourThreads {
            for _ in 0..<rounds { count.number.withLock { $0.value.pointee += 1 } }
        }
        guard count.number.withLock({ $0.value.pointee }) == 4 * rounds else { exit(1) }
    }

    private static func inFourThreads(_ work: @escaping @Sendable () -> Void) {
        let running = DispatchGroup()
        for _ in 0..<4 {
            running.enter()
            Thread.detachNewThread {
                work()
                running.leave()
            }
        }
        running.wait()
    }

    /// Reads the byte behind a buffer.
    private static func overflow() {
        let buffer = UnsafeMutablePointer<UInt8>.allocate(capacity: rounds)
        buffer.initialize(repeating: 1, count: rounds)
        defer { buffer.deallocate() }
        exit(buffer[rounds] == 1 ? 0 : 1)
    }

    /// Forgets a buffer.
    private static func leak() {
        for _ in 0..<3 { UnsafeMutablePointer<UInt8>.allocate(capacity: rounds).initialize(to: 1) }
    }
}

/// A number that anybody may change at any time, which is what this program is about.
private struct Unguarded: @unchecked Sendable {
    let value = UnsafeMutablePointer<Int>.allocate(capacity: 1)

    init() {
        value.initialize(to: 0)
    }
}

private final class Guarded: Sendable {
    let number = Mutex(Unguarded())
}

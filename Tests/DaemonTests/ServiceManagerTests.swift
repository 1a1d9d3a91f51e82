import Glibc
import Testing

@testable import Daemon

@Suite(.timeLimit(.minutes(1)))
struct ServiceManagerTests {
    @Test(arguments: ["path", "abstract"])
    func isToldOverItsSocket(kind: String) async throws {
        try await withDirectory { directory in
            let name = kind == "path" ? directory + "/notify" : "@" + directory
            let mailbox = try Mailbox(name)
            let manager = try #require(try ServiceManager(["NOTIFY_SOCKET": name]))
            try await manager.tell([.ready, .status("1 running, 2 queued")])
            try await manager.tell([.alive])
            try await manager.tell([.stopping])
            #expect(mailbox.next() == "READY=1\nSTATUS=1 running, 2 queued")
            #expect(mailbox.next() == "WATCHDOG=1")
            #expect(mailbox.next() == "STOPPING=1")
        }
    }

    @Test func isToldSinceWhenFilesAreReadAgain() async throws {
        try await withDirectory { directory in
            let mailbox = try Mailbox(directory + "/notify")
            let manager = try #require(try ServiceManager(["NOTIFY_SOCKET": directory + "/notify"]))
            try await manager.tell([.reloading])
            try await manager.tell([.reloading])
            let times = [mailbox.next(), mailbox.next()].map {
                $0.wholeMatch(of: /RELOADING=1\nMONOTONIC_USEC=(\d+)/).flatMap { Int64($0.1) }
            }
            #expect(try #require(times[0]) < #require(times[1]))
        }
    }

    @Test func isNobodyWhenNobodyAsks() throws {
        #expect(try ServiceManager([:]) == nil)
        #expect(try ServiceManager(["NOTIFY_SOCKET": "", "WATCHDOG_USEC": "1000"]) == nil)
    }

    @Test(arguments: ["relative", "@", "/" + String(repeating: "x", count: 107)])
    func anAddressThatCannotBeIsRefused(name: String) {
        let error = #expect(throws: DaemonError.self) { try ServiceManager(["NOTIFY_SOCKET": name]) }
        #expect(error?.code == .usage)
    }

    @Test func thatIsGoneIsAnError() async throws {
        let manager = try #require(try ServiceManager(["NOTIFY_SOCKET": "/nonexistent/notify"]))
        let error = await #expect(throws: DaemonError.self) { try await manager.tell([.ready]) }
        #expect(error?.code == .unavailable)
    }

    @Test func waitsForSignsOfLifeOnlyOfTheProcessItNames() throws {
        let socket = ["NOTIFY_SOCKET": "@none"]
        func timeout(_ variables: [String: String]) throws -> Duration? {
            try ServiceManager(socket.merging(variables) { $1 }, pid: 42)?.watchdogTimeout
        }
        #expect(try timeout([:]) == nil)
        #expect(try timeout(["WATCHDOG_USEC": "30000000"]) == .seconds(30))
        #expect(try timeout(["WATCHDOG_USEC": "500000", "WATCHDOG_PID": "42"]) == .milliseconds(500))
        #expect(try timeout(["WATCHDOG_USEC": "500000", "WATCHDOG_PID": "43"]) == nil)
        for text in ["0", "-1", "soon"] {
            #expect(throws: DaemonError.self) { _ = try timeout(["WATCHDOG_USEC": text]) }
        }
    }
}

import Foundation
import Glibc
import Jobs
import Model
import Store
import Synchronization
import Testing

@testable import Engine

/// What is sent to a command and what is noted of it: here the shim is a FIFO that the test reads.
@Suite(.timeLimit(.minutes(1))) struct PauseTests {
    /// The control FIFO of a command.
    private final class Control: Sendable {
        let attempt: AttemptDirectory
        private let descriptor: Int32

        init(state: String) throws {
            attempt = AttemptDirectory(state: state, task: TaskID(1), attempt: 1)
            try FileManager.default.createDirectory(atPath: attempt.path, withIntermediateDirectories: true)
            try #require(mkfifo(attempt.path + "/control", 0o600) == 0)
            descriptor = open(attempt.path + "/control", O_RDWR | O_NONBLOCK | O_CLOEXEC)
        }

        deinit {
            close(descriptor)
        }

        /// What was sent since this was last asked.
        func orders() -> String {
            var bytes = [UInt8](repeating: 0, count: 4096)
            let count = read(descriptor, &bytes, bytes.count)
            return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
        }
    }

    private final class Log: Sendable {
        let sent = Mutex<[Int]>([])
        let noted = Mutex<[Int]>([])
    }

    private func withCommand(
        _ modifiers: JSONObject = [:], _ test: (Bench, TaskID, Control) async throws -> Void
    ) async throws {
        try await withBench { bench in
            let control = try Control(state: bench.directory)
            bench.stage.makeStubborn("a")
            var job: JSONObject = ["shell": "true", "name": "a"]
            job.merge(modifiers)
            let id = try await bench.submit(.object(job))
            await bench.stage.started("a")
            try await test(bench, id, control)
        }
    }

    @Test func whatIsNotedIsWhatWasSentLast() async throws {
        try await withCommand { bench, id, control in
            for _ in 0..<25 {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for index in 0..<8 {
                        group.addTask {
                            _ = try await index % 2 == 0 ? bench.engine.pause(id) : bench.engine.resume(id)
                        }
                    }
                    try await group.waitForAll()
                }
                let isPaused = try #require(control.orders().last) == "S"
                let task = try await bench.task(id)
                try #require(task.paused == isPaused)
            }
        }
    }

    @Test func noOrderIsGivenWhileAnotherIs() async throws {
        try await withCommand { bench, id, _ in
            let live = try #require(bench.engine.live[id])
            let log = Log()
            try await withThrowingTaskGroup(of: Void.self) { group in
                for index in 0..<100 {
                    group.addTask {
                        _ = try await live.inTurn {
                            log.sent.withLock { $0.append(index) }
                            for _ in 0..<index % 10 { await Task.yield() }
                            log.noted.withLock { $0.append(index) }
                            return live.record
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(log.sent.withLock { $0.count } == 100)
            #expect(log.sent.withLock(\.self) == log.noted.withLock(\.self))
        }
    }

    @Test func whoIsCancelledGoesOnAndIsNotStoppedAgain() async throws {
        try await withCommand { (bench, id, control) async throws in
            #expect(try await bench.engine.pause(id).paused)
            #expect(try await !bench.engine.cancel(id, message: nil, force: false).task.paused)
            let error = await #expect(throws: EngineError.self) { _ = try await bench.engine.pause(id) }
            #expect(error?.code == .wrongState)
            #expect(control.orders() == "SSC", "what was stopped for a moment goes on")
            #expect(try await !bench.engine.resume(id).paused)
        }
    }

    @Test func whoIsOverItsTimeGoesOn() async throws {
        try await withCommand(["timeout": "5s"]) { bench, id, _ in
            #expect(try await bench.engine.pause(id).paused)
            await bench.clock.sleeper(until: .seconds(5))
            bench.clock.advance(by: .seconds(5))
            await bench.stage.until(.cancelled("a"))
            let task = try await bench.task(id)
            #expect(!task.paused && task.timedOut)
        }
    }
}

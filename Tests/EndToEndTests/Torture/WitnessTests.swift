import Glibc
import Model
import Testing

/// A command never runs twice, and its end is what its witness says, wherever in its life the daemon or its shim is killed.
@Suite(.timeLimit(.minutes(10)))
struct WitnessTests {
    /// The deaths are counted in events, so that they fall between claim, start, end and record.
    @Test func aCommandRunsOnceThroughTheDeathsOfTheDaemon() async throws {
        let deaths = Torture.times(15, long: 300)
        let runs = try await testify(deaths: deaths) { daemon, _ in try await daemon.kill9() }
        #expect(runs.allSatisfy { $0.count == 1 && $0.exception == nil }, "\(runs.filter { $0.count != 1 })")
        report(runs, "\(deaths) deaths of the daemon")
    }

    @Test func aCommandRunsAtMostOnceThroughTheDeathsOfShims() async throws {
        let deaths = Torture.times(15, long: 300)
        let runs = try await testify(deaths: deaths) { daemon, death in
            if death.isMultiple(of: 2) { try await daemon.kill9() }
            for shim in try daemon.directory.shims() { kill(shim, SIGKILL) }
        }
        #expect(runs.allSatisfy { $0.count <= 1 }, "\(runs.filter { $0.count > 1 })")
        for run in runs where run.exception == nil { #expect(run.count == 1, "a success without a run") }
        // A shim that is killed before it lets the command begin.
        for run in runs where run.exception == "InternalError" { #expect(run.count == 0) }
        #expect(Set(runs.compactMap(\.exception)).isSubset(of: ["Lost", "InternalError"]))
        report(runs, "\(deaths) deaths of the shims, with the daemon's every other time")
    }

    /// The control: without the traces that attempts leave, a daemon would run again what had run before it.
    @Test func withoutTheTracesOfAttemptsItRunsTwice() async throws {
        try await withDaemon { daemon in
            let pipe = try daemon.directory.pipe("go")
            let witness = daemon.directory.path + "/witness"
            let script = "echo $TASK_ID >>\(witness); echo ran; read x <\(pipe)"
            let id = try await daemon.submit(["shell": .string(script)])
            try await daemon.firstLine(of: id)
            try await daemon.kill9()
            for shim in try daemon.directory.shims() { kill(shim, SIGKILL) }
            _ = try await Program.run("/bin/rm", ["-rf", daemon.state + "/tasks"])
            try await daemon.start()
            try await daemon.directory.release(pipe)
            _ = try await daemon.done(id)
            #expect(try daemon.directory.read("witness") == "\(id)\n\(id)\n")
        }
    }

    /// How often a command ran, by its own testimony, and how the daemon says that it ended.
    private struct Run {
        let id: Int64
        let count: Int
        let exception: String?
    }

    private func testify(deaths: Int, _ kill: (LiveDaemon, Int) async throws -> Void) async throws -> [Run] {
        try await withDaemon(flags: ["--max-running", "4"]) { daemon in
            var generator = SeededGenerator(seed: 20)
            // Long enough for a death to meet it before, between and after.
            let script = "sleep 0.01; echo $TASK_ID >>\(daemon.directory.path)/witness; sleep 0.01"
            try daemon.directory.write("", to: "witness")
            var ids: [Int64] = []
            var seen: Int64 = 0
            for death in 0..<deaths {
                ids += try await daemon.submit([JSONValue](repeating: ["shell": .string(script)], count: 6))
                seen = try await daemon.events(Int.random(in: 1...18, using: &generator), after: seen)
                for _ in 0..<Int.random(in: 0...4000, using: &generator) { await Task.yield() }
                try await kill(daemon, death)
                if daemon.pid == nil { try await daemon.start() }
            }
            let witness = try await testimony(of: ids, daemon)
            var runs: [Run] = []
            for id in ids {
                let task = try await daemon.done(id)
                let exception = task["exception"]?["type"]?.stringValue
                runs.append(Run(id: id, count: witness[id] ?? 0, exception: exception))
            }
            return runs
        }
    }

    private func testimony(of ids: [Int64], _ daemon: LiveDaemon) async throws -> [Int64: Int] {
        for id in ids { _ = try await daemon.done(id) }
        let lines = try daemon.directory.read("witness").split(separator: "\n")
        return try lines.reduce(into: [:]) { counts, line in counts[try #require(Int64(line)), default: 0] += 1 }
    }

    private func report(_ runs: [Run], _ deaths: String) {
        let once = runs.count { $0.count == 1 }
        let more = runs.count { $0.count > 1 }
        Torture.report("\(runs.count) commands through \(deaths): ran once \(once), more often \(more)")
    }
}

extension LiveDaemon {
    /// Waits for `count` events after the one numbered `last`, and answers the number of the latest.
    fileprivate func events(_ count: Int, after last: Int64) async throws -> Int64 {
        let stream = try await open("GET", "/v1/events?follow=true&after=\(last)")
        var latest = last
        var left = count
        while left > 0, let line = try await stream.line() {
            guard line.hasPrefix("id: "), let id = Int64(line.dropFirst(4)) else { continue }
            latest = id
            left -= 1
        }
        return latest
    }
}

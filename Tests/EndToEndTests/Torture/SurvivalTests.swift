import Glibc
import Model
import Testing

/// Commands run on, print and end while the daemon is killed again and again.
@Suite(.timeLimit(.minutes(10)))
struct SurvivalTests {
    @Test func commandsSurviveTheDeathsOfTheDaemon() async throws {
        let (jobs, deaths) = (Torture.times(10, long: 50), Torture.times(8, long: 100))
        let findings = try await survive(jobs: jobs, deaths: deaths) { try await $0.kill9() }
        #expect(findings.damage == Damage())
        #expect(findings.lines > jobs * deaths / 2, "too few lines were printed for a death to meet one")
        Torture.report(
            "\(jobs) commands through \(deaths) deaths of the daemon, \(findings.lines) lines: \(findings.damage)")
    }

    /// The control: with the shims switched off, the same harness has to find the damage.
    @Test func withoutTheirShimsTheyDoNot() async throws {
        let findings = try await survive(jobs: 6, deaths: 3) { daemon in
            try await daemon.kill9()
            for shim in try daemon.directory.shims() { kill(shim, SIGKILL) }
        }
        #expect(findings.damage.lost > 0)
    }

    /// The control of the reader of lines.
    @Test(arguments: [
        ("line 1\nline 3\nend 3\n", Damage(missing: 1)),
        ("line 1\nline 2\nline 2\nend 2\n", Damage(doubled: 1)),
        ("line 1\nlineline 2\n 3\nend 1\n", Damage(torn: 2)),
        ("line 1\nline 2\n", Damage(missing: 1)),
        ("line 1\nend 2\n", Damage(missing: 1)),
    ])
    func damagedLinesAreSeen(text: String, expected: Damage) {
        var damage = Damage()
        damage.read(text)
        #expect(damage == expected)
    }

    @Test func aCommandThatKillsItsShimHarmsNobodyElse() async throws {
        try await withDaemon { daemon in
            let other = try await daemon.submit(printing(untilThereIs: daemon.stop(0), thenExits: 0))
            try await daemon.firstLine(of: other)
            let killer = try await daemon.run(["shell": "kill -9 $PPID; sleep 1000"])
            #expect(killer["exception"]?["type"] == "Lost")
            try daemon.directory.write("", to: "stop-0")
            try await expectUnharmed(other, daemon)
        }
    }

    @Test func aCommandThatKillsTheDaemonHarmsNoCommand() async throws {
        try await withDaemon { daemon in
            let other = try await daemon.submit(printing(untilThereIs: daemon.stop(0), thenExits: 0))
            try await daemon.firstLine(of: other)
            let pipe = try daemon.directory.pipe("go")
            let script = "read x <\(pipe); kill -9 \(daemon.pid ?? 0); echo done"
            let killer = try await daemon.submit(["shell": .string(script)])
            try await daemon.directory.release(pipe)
            #expect(try await daemon.ending() == 128 + SIGKILL)
            try daemon.directory.write("", to: "stop-0")
            try await daemon.start()
            #expect(try await daemon.done(killer)["result"]?["stdout"] == "done\n")
            try await expectUnharmed(other, daemon)
        }
    }

    private func expectUnharmed(_ id: Int64, _ daemon: LiveDaemon) async throws {
        #expect(try await daemon.done(id)["state"] == "succeeded")
        var damage = Damage()
        damage.read(try await daemon.http("GET", "/v1/tasks/\(id)/output").text)
        #expect(damage == Damage())
    }

    /// What went wrong, counted.
    struct Damage: Hashable, CustomStringConvertible {
        /// Tasks whose end is not known.
        var lost = 0
        var wrongExitCodes = 0
        /// Lines.
        var missing = 0
        var doubled = 0
        var torn = 0

        var description: String {
            "lost \(lost), wrong exit codes \(wrongExitCodes), lines missing \(missing), doubled \(doubled), torn \(torn)"
        }
    }

    private func survive(
        jobs: Int, deaths: Int, _ kill: (LiveDaemon) async throws -> Void
    ) async throws -> (damage: Damage, lines: Int) {
        try await withDaemon { daemon in
            let list = (0..<jobs).map { printing(untilThereIs: daemon.stop($0), thenExits: $0 % 3) }
            let ids = try await daemon.submit(list)
            for id in ids { try await daemon.firstLine(of: id) }
            for death in 0..<deaths {
                try await kill(daemon)
                // One after another ends: every other one while there is no daemon.
                let ending = (0..<jobs).filter { $0 * deaths / jobs == death }
                for job in ending where !job.isMultiple(of: 2) { try daemon.directory.write("", to: "stop-\(job)") }
                try await daemon.start()
                for job in ending where job.isMultiple(of: 2) { try daemon.directory.write("", to: "stop-\(job)") }
            }
            var damage = Damage()
            var lines = 0
            for (job, id) in ids.enumerated() {
                let task = try await daemon.done(id)
                guard let code = task["detail"]?["exit_code"]?.intValue else {
                    damage.lost += 1
                    continue
                }
                let isRight = code == Int64(job % 3) && (task["state"] == "succeeded") == (code == 0)
                if !isRight { damage.wrongExitCodes += 1 }
                lines += damage.read(try await daemon.http("GET", "/v1/tasks/\(id)/output").text)
            }
            return (damage, lines)
        }
    }

    /// A hundred lines a second, numbered, each with one write.
    private func printing(untilThereIs file: String, thenExits code: Int) -> JSONValue {
        let script = """
            my ($stop, $code) = @ARGV; my $i = 0;
            until (-e $stop) { $i++; syswrite(STDOUT, "line $i\\n"); select(undef, undef, undef, 0.01) }
            syswrite(STDOUT, "end $i\\n"); exit $code
            """
        return ["command": ["perl", "-e", .string(script), .string(file), .string("\(code)")]]
    }
}

extension SurvivalTests.Damage {
    /// Counts what is wrong with the lines `line 1`, `line 2`, … and `end` with the last number.
    ///
    /// - Returns: how many lines there are.
    @discardableResult
    mutating func read(_ text: String) -> Int {
        var last: Int64 = 0
        var hasEnded = false
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
        for line in lines {
            let words = line.split(separator: " ")
            guard words.count == 2, ["line", "end"].contains(words[0]), let number = Int64(words[1]) else {
                torn += 1
                continue
            }
            if words[0] == "end" {
                hasEnded = true
                if number != last { missing += Int(number - last) }
            } else if number <= last {
                doubled += 1
            } else {
                missing += Int(number - last - 1)
                last = number
            }
        }
        if !hasEnded { missing += 1 }
        return lines.count
    }
}

extension LiveDaemon {
    /// The file whose appearance ends a job.
    fileprivate func stop(_ job: Int) -> String { directory.path + "/stop-\(job)" }
}

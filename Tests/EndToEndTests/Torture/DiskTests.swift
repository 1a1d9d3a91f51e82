import Glibc
import Model
import Testing

/// Disks that end: one that is full, and one whose power is cut.
@Suite(.timeLimit(.minutes(30)), .serialized, .enabled(if: Disk.isPossible, "needs root, to mount disks of its own"))
struct DiskTests {
    @Test(arguments: [Disk.Kind.memory(megabytes: 40), .loop(megabytes: 300)])
    func aFullDiskRefusesWhatIsNewAndNothingElse(kind: Disk.Kind) async throws {
        try await withDisk(kind) { disk in
            try await withDaemon(state: disk.path + "/state") { daemon in
                let pipe = try daemon.directory.pipe("go")
                // The hook has a result to read, for which there is no room at first.
                let told = daemon.directory.path + "/told"
                let ending = try await daemon.submit([
                    "shell": .string("read x <\(pipe); exit 3"), "on_done": ["touch", .string(told)],
                ])
                let endless = try await daemon.submit(["shell": "exec sleep 1000"])
                for id in [ending, endless] { try await daemon.event("started", of: id) }
                try await disk.fill()
                let refusal = try await daemon.http("POST", "/v1/tasks", ["sleep": 0, "hold": true])
                #expect(refusal.status == 503)
                #expect(refusal.text.contains("no space left"))
                #expect(try await daemon.taskctl("status").status == 0)
                #expect(try await daemon.taskctl("cancel", "\(endless)", "--wait").stdout == "true\n")
                try await daemon.directory.release(pipe)
                #expect(try await daemon.done(ending)["exception"]?["exit_code"] == 3)
                #expect(try await daemon.http("POST", "/v1/tasks", ["sleep": 0]).status == 503)
                try await disk.empty()
                try await daemon.event("hook_finished", of: ending)
                #expect(access(told, F_OK) == 0)
                #expect(try await daemon.run(["sleep": 0])["state"] == "succeeded")
            }
        }
    }

    /// What the ends of tasks need is out of the reach of whoever takes all that is free.
    @Test(arguments: [Disk.Kind.memory(megabytes: 40), .loop(megabytes: 64)])
    func aJobThatGoesOnFillingTheDiskTakesNoEndAway(kind: Disk.Kind) async throws {
        try await withDisk(kind) { disk in
            try await withDaemon(state: disk.path + "/state") { daemon in
                let pipe = try daemon.directory.pipe("go")
                let ending = try await daemon.submit(["shell": .string("read x <\(pipe); exit 3")])
                let waiting = try await daemon.submit(["sleep": 0, "hold": true])
                let greedy = try await daemon.submit([
                    // On this disk alone, and not for ever, whatever becomes of the test.
                    "shell": .string("while [ -e \(pipe) ]; do cat /dev/zero >>filler; done 2>&-"),
                    "cwd": .string(disk.path),
                ])
                for id in [ending, greedy] { try await daemon.event("started", of: id) }
                let many = JSONValue.array(Array(repeating: ["sleep": 0, "hold": true], count: 100))
                while try await daemon.http("POST", "/v1/tasks", many).status != 503 {}
                _ = try await daemon.taskctl("start", "\(waiting)")
                #expect(try await daemon.reasons(waiting) == ["disk_full"])
                // A start makes a file of its own.
                #expect(try await daemon.taskctl("pause", "\(greedy)").status == 0)
                try await daemon.kill9()
                try await daemon.start()
                #expect(try await daemon.taskctl("resume", "\(greedy)").status == 0)
                try await daemon.directory.release(pipe)
                #expect(try await daemon.done(ending)["exception"]?["exit_code"] == 3)
                #expect(try await daemon.reasons(waiting) == ["disk_full"])
                #expect(try await daemon.taskctl("cancel", "\(greedy)", "--wait").stdout == "true\n")
                try await disk.empty()
                #expect(try await daemon.done(waiting)["state"] == "succeeded")
            }
        }
    }

    /// More than what is kept for the ends of tasks; a small one beside it ends all the same.
    @Test func aResultThatHasNoRoomWaitsForIt() async throws {
        try await withDisk(.memory(megabytes: 160)) { disk in
            try await withDaemon(state: disk.path + "/state") { daemon in
                let pipe = try daemon.directory.pipe("go")
                let large: JSONValue = [
                    "shell": #"printf '"'; head -c 7000000 /dev/zero | tr '\0' x; printf '"'"#, "output": "json",
                ]
                let last: JSONValue = ["shell": .string("read x <\(pipe)")]
                let id = try await daemon.submit(["gather": [large, large, large, large, last]])
                for member in 1...4 { try await daemon.event("succeeded", of: id + Int64(member)) }
                try await disk.fill()
                try await daemon.directory.release(pipe)
                try await daemon.event("succeeded", of: id + 5)
                while !daemon.log.contains("has no room for how it ended") { try #require(daemon.isRunning) }
                #expect(try await daemon.task(id)["state"] == "running")
                try await disk.empty()
                #expect(try await daemon.done(id)["state"] == "succeeded")
            }
        }
    }

    /// What waits for room ended while there was no daemon; the next one serves everybody else, who may make room.
    @Test func aResultThatHasNoRoomHoldsNoStartUp() async throws {
        try await withDisk(.memory(megabytes: 64)) { disk in
            try await withDaemon(state: disk.path + "/state") { daemon in
                let pipe = try daemon.directory.pipe("go")
                let script = #"read x <\#(pipe); printf '"'; head -c 7000000 /dev/zero | tr '\0' x; printf '"'"#
                let id = try await daemon.submit(["shell": .string(script), "output": "json"])
                try await daemon.event("started", of: id)
                try await daemon.end(SIGUSR2)
                try await daemon.directory.release(pipe)
                try await daemon.shimHasEnded(of: id)
                try await disk.fill()
                try await disk.shrinkFiller(kibibytes: 2560)
                try await daemon.start()
                while !daemon.log.contains("has no room for how it ended") { try #require(daemon.isRunning) }
                #expect(try await daemon.task(id)["state"] == "running")
                try await disk.empty()
                #expect(try await daemon.done(id)["state"] == "succeeded")
            }
        }
    }

    /// What was not started for want of room is once there is some, though nothing else happens.
    @Test func aDiskWithLittleRoomStartsAFewAtATime() async throws {
        try await withDisk(.files(400)) { disk in
            try await withDaemon(state: disk.path + "/state") { daemon in
                try await disk.fillFiles(leaving: 20)
                let id = try #require(try await daemon.submit(Array(repeating: ["sleep": 1000], count: 60)).last)
                #expect(try await daemon.reasons(id).contains("disk_low"))
                try await disk.removeFiles()
                try await daemon.event("started", of: id)
                #expect(try await daemon.reasons(id) == [])
            }
        }
    }

    /// With blocks smaller than a page of memory SQLite takes too little of the disk for what it maps.
    @Test(arguments: [8, 24]) func aStartThatHasNoRoomSaysSo(kibibytes: Int) async throws {
        try await withDisk(.loop(megabytes: 64)) { disk in
            try await withDaemon(state: disk.path + "/state") { daemon in
                let id = try await daemon.submit(["sleep": 0, "hold": true])
                try await daemon.end(SIGTERM)
                try await disk.fill()
                try await disk.shrinkFiller(kibibytes: kibibytes)
                let check = try await Program.run(Program.taskd, ["--state-dir", daemon.state, "--check"])
                #expect(check.status == 70 && check.stderr.contains("no space left"), "\(check)")
                let error = await #expect(throws: TestFailure.self) { try await daemon.start() }
                #expect("\(String(describing: error))".contains("no space left"))
                try await disk.empty()
                try await daemon.start()
                #expect(try await daemon.task(id)["state"] == "held")
            }
        }
    }

    @Test func whatWasAcknowledgedSurvivesPowerCuts() async throws {
        let cuts = Torture.times(2, long: 50)
        let (acknowledged, disagreement) = try await survive(cuts: cuts, under: [])
        #expect(disagreement == Disagreement())
        Torture.report("\(cuts) power cuts, \(acknowledged) tasks acknowledged: \(disagreement)")
    }

    /// The control: with fsync switched off, the same harness has to find the loss.
    @Test func withoutFsyncItIsLost() async throws {
        let (_, disagreement) = try await survive(cuts: 2, under: ["/usr/bin/eatmydata"])
        #expect(disagreement.lost > 0)
    }

    private func survive(
        cuts: Int, under wrapper: [String]
    ) async throws -> (acknowledged: Int, disagreement: Disagreement) {
        try await withDisk(.loop(megabytes: 96)) { disk in
            let submitter = Submitter()
            var generator = SeededGenerator(seed: 2)
            return try await withDaemon(state: disk.path + "/state", under: wrapper) { daemon in
                var lost = Disagreement()
                for _ in 0..<cuts {
                    let goal = submitter.acknowledged.count + Int.random(in: 20...400, using: &generator)
                    try await withThrowingTaskGroup(of: Void.self) { group in
                        for _ in 0..<4 { group.addTask { await submitter.submit(to: daemon) } }
                        while submitter.acknowledged.count < goal { await Task.yield() }
                        // A kernel that goes on after the cut may call a journal complete that it has given up.
                        submitter.cutOff(true)
                        try disk.cutPower()
                        try await daemon.kill9()
                        try await group.waitForAll()
                    }
                    try await disk.remount()
                    submitter.cutOff(false)
                    do {
                        try await daemon.start(under: wrapper)
                        lost = try await submitter.disagreement(with: daemon)
                    } catch  where !wrapper.isEmpty {
                        // Without fsync there may not even be a file to start from.
                        lost.lost = submitter.acknowledged.count
                    }
                    if lost != Disagreement() { break }
                }
                return (submitter.acknowledged.count, lost)
            }
        }
    }
}

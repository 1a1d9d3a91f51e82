import Glibc
import Model
import Testing

@Suite(.timeLimit(.minutes(3)))
struct EventsTests {
    @Test func tellsWhatHappenedInOrder() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0])
            let reply = try await daemon.http("GET", "/v1/events")
            #expect(reply.headers["content-type"] == "text/event-stream")
            let events = try frames(reply.text)
            #expect(events.map(\.type).filter { $0 != "progress" } == ["submitted", "started", "succeeded"])
            #expect(events.map(\.id) == events.map(\.id).sorted())
            for event in events { #expect(event.data["seq"] == .int(event.id)) }
        }
    }

    @Test func replaysFromAnySequenceNumberWithoutLossOrRepetition() async throws {
        try await withDaemon { daemon in
            for _ in 1...3 { _ = try await daemon.run(["sleep": 0]) }
            let all = try frames(try await daemon.http("GET", "/v1/events").text)
            for (position, event) in all.enumerated() {
                let rest = try frames(try await daemon.http("GET", "/v1/events?after=\(event.id)").text)
                #expect(rest.map(\.id) == all.dropFirst(position + 1).map(\.id))
                // The header goes before the address, which a browser asks for again when it reconnects.
                let stream = try await daemon.open(
                    "GET", "/v1/events?after=0", headers: ["Last-Event-ID": "\(event.id)"])
                let resumed = try frames(String(decoding: try await stream.rest(), as: UTF8.self))
                #expect(resumed.map(\.id) == rest.map(\.id))
            }
        }
    }

    @Test func followsWhatHappensNext() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0])
            let last = try #require(try frames(try await daemon.http("GET", "/v1/events").text).last?.id)
            let stream = try await daemon.open("GET", "/v1/events?follow=true&after=\(last)")
            _ = try await daemon.run(["sleep": 0])
            var types: [String] = []
            while types.count < 3, let line = try await stream.line() {
                if line.hasPrefix("event: "), line != "event: progress" { types.append(String(line.dropFirst(7))) }
            }
            #expect(types == ["submitted", "started", "succeeded"])
        }
    }

    @Test func keepsToOneTaskWhereAsked() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0])
            let id = try #require(try await daemon.run(["sleep": 0])["id"]?.intValue)
            let events = try frames(try await daemon.http("GET", "/v1/events?task_id=\(id)").text)
            #expect(events.filter { $0.type != "progress" }.count == 3)
            #expect(events.allSatisfy { $0.data["task_id"] == .int(id) })
        }
    }

    @Test func goesOnWithTheSameNumbersAfterARestart() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0])
            let before = try frames(try await daemon.http("GET", "/v1/events").text)
            try await daemon.restart()
            _ = try await daemon.run(["sleep": 0])
            let after = try frames(try await daemon.http("GET", "/v1/events").text)
            #expect(Array(after.map(\.id).prefix(before.count)) == before.map(\.id))
            #expect(after.count >= before.count + 3)
        }
    }

    @Test func areNeitherLostNorRepeatedThroughCrashesOfEitherSide() async throws {
        try await withDaemon { daemon in
            let jobs = JSONValue.array([JSONValue](repeating: ["sleep": 0], count: 100))
            var seen: [Int64] = []
            for _ in 1...4 {
                #expect(try await daemon.http("POST", "/v1/tasks", jobs).status == 201)
                // The reader goes away in the middle; the next one is cut off by the daemon's death.
                try await follow(daemon, &seen, atMost: 50)
                async let death: Void = daemon.kill9()
                try await follow(daemon, &seen, atMost: .max)
                try await death
                try await daemon.start()
            }
            let ids = JSONValue.array((1...400).map { .int($0) })
            #expect(try await daemon.http("POST", "/v1/wait", ["ids": ids, "timeout": 30]).status == 200)
            let all = try frames(try await daemon.http("GET", "/v1/events").text).map(\.id)
            try await follow(daemon, &seen, atMost: all.count - seen.count)
            #expect(seen == all)
            #expect(all.count >= 1200)
        }
    }

    /// Appends the numbers of the events after the last one seen, until there are enough or the daemon is gone.
    private func follow(_ daemon: LiveDaemon, _ seen: inout [Int64], atMost limit: Int) async throws {
        let last = seen.last ?? 0
        guard
            let stream = try? await daemon.open("GET", "/v1/events?follow=true", headers: ["Last-Event-ID": "\(last)"])
        else { return }
        var count = 0
        var id: Int64?
        // An event counts when the empty line after it has come. No more lines is how a death looks.
        while count < limit, let line = try? await stream.line() {
            if line.hasPrefix("id: ") { id = Int64(line.dropFirst(4)) }
            guard line.isEmpty, let complete = id else { continue }
            seen.append(complete)
            id = nil
            count += 1
        }
    }

    /// No transaction is open while an answer is sent: the write-ahead log is folded in all the same.
    @Test func readersThatDoNotReadHoldNothingUp() async throws {
        try await withDaemon { daemon in
            var stalled: [HTTPStream] = []
            for _ in 1...5 { stalled.append(try await daemon.open("GET", "/v1/events?follow=true")) }
            let jobs = [JSONValue](repeating: ["sleep": 0, "hold": true], count: 1000)
            for _ in 1...20 { _ = try await daemon.submit(jobs) }
            #expect(try daemon.size(of: "history.sqlite") > 2 << 20)
            #expect(try daemon.size(of: "history.sqlite-wal") < 16 << 20)
            for stream in stalled { stream.hangUp() }
        }
    }

    @Test func areAValueALineWithTaskctl() async throws {
        try await withDaemon { daemon in
            _ = try await daemon.run(["sleep": 0])
            let reply = try await daemon.taskctl("events", "--after", "0", "--json")
            let types = try reply.stdout.split(separator: "\n").map { try JSONParser.parse(String($0))["type"] }
            #expect(types.filter { $0 != "progress" } == ["submitted", "started", "succeeded"])
        }
    }

    private func frames(_ text: String) throws -> [(id: Int64, type: String, data: JSONValue)] {
        try text.split(separator: "\n\n").map { frame in
            var fields: [String: String] = [:]
            for line in frame.split(separator: "\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                fields[String(parts[0])] = parts.count > 1 ? String(parts[1].drop { $0 == " " }) : ""
            }
            let data = try JSONParser.parse(fields["data"] ?? "")
            return (Int64(fields["id"] ?? "") ?? -1, fields["event"] ?? "", data)
        }
    }
}

extension LiveDaemon {
    /// The length of a file of the state directory.
    fileprivate func size(of name: String) throws -> Int {
        var status = stat()
        guard stat(state + "/" + name, &status) == 0 else { throw TestFailure.system(name) }
        return Int(status.st_size)
    }
}

import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
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
                let stream = try await daemon.open(
                    "GET", "/v1/events", headers: ["Last-Event-ID": "\(event.id)"])
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

import Glibc
import Model
import Testing

/// Clients that keep a connection busy without getting on.
@Suite(.timeLimit(.minutes(5)))
struct DeadlineTests {
    private static let head = "POST /v1/tasks HTTP/1.1\r\nHost: t\r\n"

    /// One byte now and then is not getting on.
    @Test func aHeadThatTricklesEndsAfterFiveSeconds() async throws {
        try await withDaemon { daemon in
            let socket = daemon.socket
            let (answer, seconds) = try await timed {
                try await offPool {
                    let connection = try RawConnection(socket)
                    connection.send("GET /v1/health HTTP/1.1\r\n")
                    // Silence of a second is when the next byte is sent.
                    while true {
                        do {
                            return try connection.receive(patience: 1000)
                        } catch {
                            connection.send("X")
                        }
                    }
                }
            }
            #expect(answer.hasPrefix("HTTP/1.1 408 ") && answer.contains("connection: close"), "\(answer)")
            #expect(4.5...9 ~= seconds, "\(seconds)")
        }
    }

    @Test func aBodyThatTricklesEndsAfterThirtySeconds() async throws {
        try await withDaemon { daemon in
            let (answer, seconds) = try await timed {
                try await daemon.raw(Self.head + "Content-Length: 100\r\n\r\n" + #"{"sleep":0}"#, patience: 45_000)
            }
            #expect(answer.hasPrefix("HTTP/1.1 408 "), "\(answer)")
            #expect(29...40 ~= seconds, "\(seconds)")
            #expect(try await daemon.http("GET", "/v1/tasks").json["tasks"] == [])
        }
    }

    /// Neither a connection that says nothing nor one that waits has to hurry.
    @Test func whoOwesNothingMayStay() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": 0, "hold": true])
            let (silent, idle) = (try RawConnection(daemon.socket), try RawConnection(daemon.socket))
            let get = "GET /v1/tasks/\(id) HTTP/1.1\r\nHost: t\r\n\r\n"
            idle.send(get)
            _ = try await offPool { try idle.receive { $0.contains("held") } }
            let wait = Task { try await daemon.http("POST", "/v1/wait", ["ids": [.int(id)], "timeout": 7]) }
            let before = try daemon.usage.processorTime()
            #expect(try await wait.value.json["pending"]?.arrayValue?.count == 1)
            let used = try daemon.usage.processorTime() - before
            #expect(used < 0.2, "\(used) s of processor time while nobody asked for anything")
            for connection in [silent, idle] {
                connection.send(get)
                let answer = try await offPool { try connection.receive { $0.contains("held") } }
                #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer)")
            }
        }
    }

    /// Nothing it is not sent is kept for it, and after 30 seconds it is let go.
    @Test func whoFollowsAndDoesNotReadIsLetGo() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit(["shell": "exec head -c 200000000 /dev/zero"])
            let slow = try (0..<20).map { _ in try RawConnection(daemon.socket) }
            _ = try await daemon.done(id)
            var seconds = 0.0
            let growth = try await daemon.growth {
                for connection in slow {
                    connection.send("GET /v1/tasks/\(id)/output?follow=true HTTP/1.1\r\nHost: t\r\n\r\n")
                }
                (_, seconds) = try await timed {
                    // The kernel tells of a hang-up without anything being read.
                    for connection in slow { try await offPool { try connection.waitForHangUp(patience: 80_000) } }
                }
            }
            #expect(29...70 ~= seconds, "\(seconds)")
            #expect(growth < 20 * 1024, "\(growth) KiB for 20 readers that do not read")
            Torture.report("20 readers that do not read: let go after \(Int(seconds)) s, memory + \(growth) KiB")
        }
    }

    private func timed<Value>(_ work: () async throws -> Value) async throws -> (Value, seconds: Double) {
        let start = ContinuousClock.now
        let value = try await work()
        return (value, (ContinuousClock.now - start).seconds)
    }
}

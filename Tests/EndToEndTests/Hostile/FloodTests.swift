import Glibc
import Model
import Testing

/// More of everything than anybody needs.
@Suite(.timeLimit(.minutes(10)), .serialized)
struct FloodTests {
    private static let head = "POST /v1/tasks HTTP/1.1\r\nHost: t\r\n"

    @Test func aBodyWithoutEndIsRefusedAndTheConnectionClosed() async throws {
        try await withDaemon { daemon in
            let (socket, chunk) = (daemon.socket, [UInt8](repeating: UInt8(ascii: " "), count: 1 << 20))
            var (sent, answer) = (0, "")
            let growth = try await daemon.growth {
                (sent, answer) = try await offPool {
                    let connection = try RawConnection(socket)
                    connection.send(Self.head + "Transfer-Encoding: chunked\r\n\r\n")
                    var sent = 0
                    while sent < 1 << 30 {
                        let count = connection.send(Array("100000\r\n".utf8) + chunk + Array("\r\n".utf8))
                        sent += count
                        guard count > chunk.count else { break }
                    }
                    return (sent, try connection.receive())
                }
            }
            #expect(answer.hasPrefix("HTTP/1.1 413 ") && answer.contains("connection: close"), "\(answer)")
            #expect(sent < 80 << 20, "\(sent) bytes were taken")
            #expect(growth < 48 << 10, "\(growth) KiB")
            Torture.report("a body of 1 GiB: \(sent >> 20) MiB taken, memory + \(growth) KiB")
        }
    }

    /// What is as large as it may be, and as hard to take apart: a beginning, what is repeated how often, and an end.
    static let documents: [(begin: String, middle: String, times: Int, end: String)] = [
        ("\"", "x", 8_000_000, "\""), ("", "[", 8_000_000, ""), ("[", "0,", 4_000_000, "0]"),
        (#"{"gather":["#, #"{"sleep":0},"#, 660_000, #"{"sleep":0}]}"#),
        (#"{"sleep":0,"labels":{""#, #"":"","#, 1_300_000, #"":""}}"#),
    ]

    @Test(arguments: documents)
    func aDocumentAsLargeAsItMayBeIsRefused(begin: String, middle: String, times: Int, end: String) async throws {
        try await withDaemon { daemon in
            let document = Array((begin + String(repeating: middle, count: times) + end).utf8)
            let growth = try await daemon.growth {
                let reply = try await daemon.http("POST", "/v1/tasks", bytes: document)
                #expect(reply.status == 400, "\(reply.text.prefix(200))")
            }
            #expect(growth < 256 << 10, "\(growth) KiB")
            Torture.report("\(document.count >> 20) MiB of \(begin)\(middle)…: memory + \(growth) KiB")
        }
    }

    @Test func withoutDescriptorsItRefusesAndGoesOn() async throws {
        try await withDaemon(under: ["/usr/bin/prlimit", "--nofile=64:64"]) { daemon in
            let pipe = try daemon.directory.pipe("go")
            let running = try await daemon.submit(["shell": .string("echo up; read x <\(pipe); exit 3")])
            // Until it is there, it needs descriptors itself.
            try await daemon.firstLine(of: running)
            var held = try (0..<200).map { _ in try RawConnection(daemon.socket) }
            // Those that are refused are told so; what is left has to cost nothing.
            let refusals = try await offPool { [held] in
                try held.suffix(100).map { try $0.receive() }.filter { $0.hasPrefix("HTTP/1.1 503 ") }.count
            }
            #expect(refusals == 100)
            let before = try daemon.usage.processorTime()
            let start = ContinuousClock.now
            try await daemon.directory.release(pipe)
            let wait = Task { try await Program.run("/bin/sleep", ["2"]) }
            _ = try await wait.value
            let share = try (daemon.usage.processorTime() - before) / (ContinuousClock.now - start).seconds
            #expect(share < 0.05, "\(share) of a processor while its descriptors are taken")
            held = []
            // Until it has heard that they are gone.
            while try await daemon.http("GET", "/v1/health").status == 503 {}
            #expect(try await daemon.done(running)["exception"]?["exit_code"] == 3)
            #expect(try await daemon.run(["shell": "true"])["state"] == "succeeded")
            Torture.report(
                "64 descriptors, 200 connections: \(refusals)+ refused, \(Int(share * 1000)) ‰ of a processor")
        }
    }

    @Test func waitersCostLittleAndNothingWhileTheyWait() async throws {
        let count = Torture.times(2_000, long: 10_000)
        try await withDaemon { daemon in
            let id = try await daemon.submit(["sleep": 0, "hold": true])
            let body = #"{"ids":[\#(id)]}"#
            let request = "POST /v1/wait HTTP/1.1\r\nHost: t\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body
            try raiseDescriptorLimit(to: count + 1000)
            let before = try daemon.usage.memory()
            let waiters = try (0..<count).map { _ in try RawConnection(daemon.socket) }
            for waiter in waiters { waiter.send(request) }
            while try await daemon.http("GET", "/v1/health").json["waiters"]?.intValue ?? 0 < count {}
            let memory = try daemon.usage.memory() - before
            // Those that are counted as waiters may have to get there yet.
            var used = Double.infinity
            for _ in 0..<5 where used >= 0.1 {
                let idle = try daemon.usage.processorTime()
                _ = try await Program.run("/bin/sleep", ["2"])
                used = try daemon.usage.processorTime() - idle
            }
            #expect(used < 0.1, "\(used) s of processor time")
            _ = try await daemon.http("POST", "/v1/tasks/\(id)/start")
            let answers = try await offPool {
                try waiters.filter { try $0.receive { $0.contains("succeeded") }.hasPrefix("HTTP/1.1 200") }.count
            }
            #expect(answers == count)
            #expect(memory / count < 64, "\(memory / count) KiB a waiter")
            Torture.report("\(count) waiters: \(memory * 1024 / count) bytes each, \(used) s in 2 s of waiting")
        }
    }

    private func raiseDescriptorLimit(to number: Int) throws {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else {
            throw TestFailure.system("getrlimit")
        }
        limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, rlim_t(number)))
        guard setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur >= rlim_t(number)
        else {
            throw TestFailure("only \(limit.rlim_cur) descriptors may be open, and the test needs \(number)")
        }
    }

    /// Slow ones of one user do not hold back another.
    @Test(.enabled(if: OtherUser.isPossible, "needs root, to call as other users"))
    func manySlowClientsOfOneUserHoldNobodyBack() async throws {
        let settings = "roles: {submit: {users: [61001]}}\nlimits: {connections: 500}\n"
        try await withDaemon(settings: settings) { daemon in
            try daemon.openToAll()
            let turns = try daemon.directory.pipe("turns")
            // Each of them sends a byte when it is told to, and leaves the rest of its request for later.
            let script = """
                import os, socket, sys
                turns = os.open(sys.argv[2], os.O_RDWR)
                os.setgroups([]); os.setgid(65534); os.setuid(61001)
                slow = []
                for _ in range(500):
                    s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); s.setblocking(False); slow.append(s)
                request = b"GET /v1/health HTTP/1.1\\r\\nHost: t\\r\\nX: " + b"a" * 1000
                for byte in range(4):
                    os.read(turns, len("go\\n"))
                    for s in slow:
                        try: s.send(request[byte:byte + 1])
                        except OSError: pass
                os.read(turns, len("go\\n"))
                """
            let attack = Task {
                try await Program.run("/usr/bin/env", ["python3", "-c", script, daemon.socket, turns])
            }
            var times: [Double] = []
            for _ in 0..<4 {
                try await daemon.directory.release(turns)
                for _ in 0..<100 {
                    let start = ContinuousClock.now
                    #expect(try await daemon.http("GET", "/v1/queues").status == 200)
                    times.append((ContinuousClock.now - start).seconds)
                }
            }
            try await daemon.directory.release(turns)
            #expect(try await attack.value.status == 0)
            times.sort()
            let slowest = times[times.count * 99 / 100]
            #expect(slowest < 0.25, "\(slowest) s")
            Torture.report(
                "500 clients, a byte at a time: another's requests p99 \(Int(slowest * 10_000)) × 0.1 ms of \(times.count)"
            )
        }
    }

    /// One user who submits without end leaves room for others.
    @Test(.enabled(if: OtherUser.isPossible, "needs root, to call as other users"))
    func aFloodOfSubmissionsOfOneUserHoldsNobodyBack() async throws {
        let settings = "roles: {submit: {users: [61001]}}\nlimits: {unfinished: 10000, running: 4}\n"
        try await withDaemon(settings: settings) { daemon in
            try daemon.openToAll()
            let flood = OtherUser(61_001)
            let body = "[" + String(repeating: #"{"sleep":"1h"},"#, count: 999) + #"{"sleep":"1h"}]"#
            try daemon.directory.write(body, to: "flood.json")
            guard chmod(daemon.directory.path + "/flood.json", 0o644) == 0 else { throw TestFailure.system("chmod") }
            let line =
                "curl -s -o /dev/null -w '%{http_code} ' --data-binary @\(daemon.directory.path)/flood.json "
                + "--unix-socket \(daemon.socket) http://t/v1/tasks"
            let command = flood.prefix + ["/bin/sh", "-c", "for i in 1 2 3 4 5 6 7 8 9 10 11 12; do \(line); done"]
            let statuses = try await Program.run(command[0], Array(command.dropFirst())).stdout
            #expect(statuses == String(repeating: "201 ", count: 10) + "429 429 ", "\(statuses)")
            var delays: [Double] = []
            for _ in 0..<50 {
                let start = ContinuousClock.now
                #expect(try await daemon.run(["sleep": 0])["state"] == "succeeded")
                delays.append((ContinuousClock.now - start).seconds)
            }
            delays.sort()
            #expect(delays[45] < 0.5, "\(delays[45]) s")
            Torture.report("10,000 tasks of one user wait: another's task is done after \(Int(delays[25] * 1000)) ms")
        }
    }
}

import Glibc
import Model
import Testing

/// Text that wants to be more than text: paths, arguments, lines of a log.
@Suite(.timeLimit(.minutes(10)))
struct TextTests {
    /// Paths that want out of where they are looked up, and what they are answered with.
    static let paths: [(path: String, statuses: Set<Int>)] = [
        ("/v1/tasks/..%2f..%2fetc%2fpasswd", [404]), ("/v1/tasks/1%00", [404]), ("/v1/tasks/+1", [404]),
        ("/v1/tasks/0x1", [404]), ("/v1/tasks/%31", [404]), ("/v1/tasks/-1", [404]), ("/v1/tasks/1/../1", [404]),
        ("/v1/tasks/..%2f..%2ftaskd.lock/output", [404]), ("/v1/tasks/%c0%ae%c0%ae/output", [404]),
        ("/v1/tasks/\u{FF11}/output", [400, 404]), ("/../../etc/passwd", [404]),
    ]
    static let names = [
        "..%2fsecret", "%2e%2e%2fsecret", "..", "secret%00", "%00", "%c0%ae%c0%ae%2fsecret", "%ff", "%e2%80%ae",
        "%2fetc%2fpasswd",
        "%", "%zz", "..%5csecret", "nap%2f..%2f..%2fsecret",
    ]

    @Test func pathsAreParsedAndNeverOpened() async throws {
        try await withDaemon(jobs: ["nap.yaml": "sleep: 0"]) { daemon in
            try daemon.directory.write("sleep: 0", to: "secret.yaml")
            _ = try await daemon.run(["sleep": 0])
            for (path, statuses) in Self.paths {
                let answer = try await daemon.raw("GET \(path) HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
                let status = answer.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
                #expect(statuses.contains(status), "\(path): \(answer)")
            }
            for name in Self.names {
                let reply = try await daemon.http("POST", "/v1/jobs/\(name)/submit")
                #expect([400, 404].contains(reply.status), "\(name): \(reply.text)")
                #expect(!reply.text.contains("\u{202E}"), "\(name): \(reply.text)")
            }
            #expect(try await daemon.http("POST", "/v1/jobs/nap/submit").status == 201)
        }
    }

    static let documents: [(body: String, names: String)] = [
        (#"{"sleep":0,"sleep":1}"#, "twice"), (#"{"sleep":1e999}"#, "range"), (#"{"sleep":-1e999}"#, "range"),
        (#"{"sleep":NaN}"#, "JSON"), (#"{"command":["true","a\u0000b"]}"#, "NUL"),
        (#"{"command":["true"],"env":{"A":"a\u0000b"}}"#, "NUL"),
        (#"{"command":["true"],"env":{"A\u0000":"b"}}"#, "env"),
        (#"{"command":["true"],"env":{"A=B":"b"}}"#, "="), (#"{"command":["true"],"cwd":"/\u0000"}"#, "NUL"),
        (#"{"shell":"true\u0000false"}"#, "NUL"), (#"{"sleep":0,"name":"a\u0000b"}"#, "NUL"),
        (#"{"command":["\ud800"]}"#, "surrogate"), ("\u{FEFF}{\"sleep\":0}", "JSON"),
        (String(repeating: "[", count: 100_000), "deep"), (String(repeating: #"{"gather":["#, count: 100_000), "deep"),
        (#"{"sleep":0,"labels":{"a":"\u0000"}}"#, "NUL"),
    ]

    @Test func whatNoProgramCanBeGivenIsRefused() async throws {
        try await withDaemon { daemon in
            for (body, names) in Self.documents {
                for path in ["/v1/tasks", "/v1/wait", "/v1/prune"] {
                    let reply = try await daemon.http("POST", path, bytes: Array(body.utf8))
                    let what = "\(path) \(body.prefix(60).description.shown)"
                    // An order of so many bytes is not even read.
                    let status = path == "/v1/prune" && body.utf8.count > 65_536 ? 413 : 400
                    #expect(reply.status == status, "\(what): \(reply.text.prefix(200))")
                    if path == "/v1/tasks" { #expect(reply.text.contains(names), "\(what): \(reply.text)") }
                }
            }
            let raw: [UInt8] = Array(#"{"sleep":0,"name":""#.utf8) + [0xC0, 0xAE] + Array(#""}"#.utf8)
            #expect(try await daemon.http("POST", "/v1/tasks", bytes: raw).status == 400, "no UTF-8")
            #expect(try await daemon.http("GET", "/v1/tasks").json["tasks"] == [])
        }
    }

    /// What goes in comes out, byte for byte, whatever it is: arguments and variables of random Unicode.
    @Test func argumentsAndVariablesArriveAsTheyWereSent() async throws {
        let vectors = Torture.times(200, long: 10_000)
        try await withDaemon { daemon in
            var generator = SeededGenerator(seed: 11)
            let shell = "cat /proc/$$/cmdline; printf '\\n\\0'; cat /proc/$$/environ"
            for start in stride(from: 0, to: vectors, by: 50) {
                let sent = (start..<min(start + 50, vectors)).map { _ in Vector(using: &generator) }
                let ids = try await daemon.submit(sent.map { $0.job(running: shell) })
                for (id, vector) in zip(ids, sent) {
                    let task = try await daemon.done(id)
                    #expect(task["state"] == "succeeded", "\(task.text())")
                    let output = try await daemon.http("GET", "/v1/tasks/\(id)/output").body
                    #expect(vector.arrived(in: output, after: shell), "\(vector)")
                }
            }
            Torture.report("\(vectors) vectors of arguments and variables, each as sent")
        }
    }

    @Test func aNameForgesNoLineOfTheLog() async throws {
        let forged = "x\n<3>fake\r\n2026-01-01T00:00:00 error taskd: fake\u{1B}[2J\u{202E}\u{85}\u{2028}"
        let jobs = ["bad.yaml": #""x\n<3>fake\e[2J": 1"#]
        try await withDaemon(jobs: jobs, flags: ["--log-level", "trace"]) { daemon in
            let job: JSONValue = [
                "sleep": 0, "name": .string(forged), "labels": [forged.replacing(":", with: ""): .string(forged)],
                "on_done": ["/nonexistent/\n<3>fake"], "raises": ["type": .string(forged), "message": .string(forged)],
            ]
            let id = try await daemon.submit(job)
            try await daemon.event("hook_finished", of: id)
            for path in ["/v1/x%0a<3>fake", "/v1/jobs/%0a%3c3%3efake/submit", "/v1/tasks?name=%0a%3c3%3efake"] {
                _ = try await daemon.raw("GET \(path) HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n")
            }
            try await daemon.hangUp()
            let lines = daemon.log.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.contains { $0.contains("fake") }, "the hook and the file are told of: \(daemon.log)")
            for line in lines {
                #expect(!line.hasPrefix("<3>") && !line.hasPrefix("2026-01-01"), "\(line)")
                let unsafe = line.unicodeScalars.filter(\.isUnsafeToShow)
                #expect(unsafe.isEmpty, "\(line.description.shown)")
            }
        }
    }
}

/// Arguments and variables that somebody might think of.
private struct Vector: CustomStringConvertible {
    var arguments: [String] = []
    var variables: [(name: String, value: String)] = []

    init(using generator: inout SeededGenerator) {
        arguments = (0..<Int.random(in: 0...6, using: &generator)).map { _ in Self.text(using: &generator) }
        variables = (0..<Int.random(in: 0...3, using: &generator)).map { number in
            ("V\(number)" + Self.text(using: &generator).filter { $0 != "=" }, Self.text(using: &generator))
        }
    }

    private static func text(using generator: inout SeededGenerator) -> String {
        var text = ""
        for _ in 0..<Int.random(in: 0...40, using: &generator) {
            let ranges: [ClosedRange<UInt32>] = [
                1...0x7F, 0x80...0x7FF, 0x800...0xD7FF, 0xE000...0xFFFF, 0x10000...0x10FFFF,
            ]
            let range = ranges[Int.random(in: 0..<ranges.count, using: &generator)]
            if let scalar = Unicode.Scalar(UInt32.random(in: range, using: &generator)) {
                text.unicodeScalars.append(scalar)
            }
        }
        return text
    }

    var description: String { "\(arguments) \(variables)".shown }

    func job(running shell: String) -> JSONValue {
        var env = JSONObject()
        for (name, value) in variables { env[name] = .string(value) }
        let command: [JSONValue] = (["/bin/sh", "-c", shell, "sh"] + arguments).map { .string($0) }
        return ["command": .array(command), "env": .object(env)]
    }

    /// Whether `output` holds the arguments in order, and the variables.
    func arrived(in output: [UInt8], after shell: String) -> Bool {
        var expected: [UInt8] = []
        for argument in ["/bin/sh", "-c", shell, "sh"] + arguments { expected += Array(argument.utf8) + [0] }
        expected += [0x0A, 0]
        guard output.starts(with: expected) else { return false }
        let entries = output.dropFirst(expected.count).split(separator: 0, omittingEmptySubsequences: false)
        return variables.allSatisfy { variable in
            entries.contains { $0.elementsEqual("\(variable.name)=\(variable.value)".utf8) }
        }
    }
}

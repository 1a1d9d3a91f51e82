import Glibc
import Model
import Testing

/// The inventory of a library whose systems are real servers.
@Suite(.timeLimit(.minutes(1)))
struct LibraryInventoryTests {
    private static let counts = #"{"main":1247,"reserves":89,"interlibrary":34}"#

    private static func entry(_ name: String, _ source: JSONValue, timeout: String? = nil) -> JSONValue {
        guard case .object(var entry) = source else { return source }
        entry["name"] = .string(name)
        if let timeout { entry["timeout"] = .string(timeout) }
        return .object(entry)
    }

    private static func inventory(_ sources: [JSONValue], quorum: Int64? = nil) -> JSONValue {
        var inventory: JSONObject = ["sources": .array(sources)]
        if let quorum { inventory["quorum"] = .int(quorum) }
        return ["inventory": .object(inventory)]
    }

    private static func systems(of library: Library) throws -> [JSONValue] {
        [
            entry("main", try library.sru(.main, "/main")), entry("reserves", try library.oai(.oai, "/msu")),
            entry("interlibrary", try library.sru(.interlibrary, "/interlibrary")),
        ]
    }

    @Test func threeSystemsAreCountedWithinASecond() async throws {
        let library = try await Library.open()
        try await withDaemon { daemon in
            let job = Self.inventory(try Self.systems(of: library))
            // Other tests keep the machine busy; what counts is what the daemon can do.
            var fastest = Duration.seconds(3600)
            for _ in 0..<5 where fastest >= .seconds(1) {
                let begin = ContinuousClock.now
                let task = try await daemon.run(job)
                fastest = min(fastest, begin.duration(to: .now))
                #expect(task["result"]?["counts"]?.text() == Self.counts)
                #expect(task["result"]?["total"] == 1370)
                #expect(task["result"]?["verdict"] == "ok")
            }
            #expect(fastest < .seconds(1))
        }
    }

    @Test func newBooksAreADelta() async throws {
        let library = try await Library.open()
        try await withDaemon { daemon in
            let job = Self.inventory([Self.entry("main", try library.sru(.growing, "/growing"))])
            let before = try await daemon.run(job)
            #expect(before["result"]?["counts"]?["main"] == .int(Library.main))
            #expect(before["result"]?["deltas"]?["main"] == .null)
            try await library.grow()
            let after = try await daemon.run(job)
            #expect(after["result"]?["counts"]?["main"] == .int(Library.main + Library.additions))
            #expect(after["result"]?["deltas"]?["main"] == .int(Library.additions))
            #expect(after["result"]?["verdict"] == "ok")
        }
    }

    /// One system that accepts connections and says nothing, and one whose process stands still.
    @Test func systemsThatNeverAnswerCostTheirDeadlineAndNoOtherCount() async throws {
        let library = try await Library.open()
        try library.signal(.asleep, SIGSTOP)
        try await withDaemon { daemon in
            let silent = [
                Self.entry("asleep", try library.sru(.asleep, "/Default"), timeout: "2s"),
                Self.entry("silent", try library.sru(.hostile, "/silent", ["timeout": "2s"])),
            ]
            let begin = ContinuousClock.now
            let task = try await daemon.run(Self.inventory(try Self.systems(of: library) + silent, quorum: 3))
            let took = begin.duration(to: .now)
            #expect(took >= .seconds(2) && took < .seconds(4), "took \(took)")
            #expect(task["state"] == "succeeded")
            #expect(task["result"]?["verdict"] == "partial")
            #expect(task["result"]?["total"] == 1370)
            #expect(task["result"]?["counts"]?["main"] == .int(Library.main))
            let sources = task["result"]?["sources"]
            #expect(sources?["asleep"]?["exception"]?["type"] == "TimeoutError")
            #expect(sources?["silent"]?["exception"]?["code"] == "timeout")
            for name in ["main", "reserves", "interlibrary"] { #expect(sources?[name]?["state"] == "ok", "\(name)") }
        }
    }

    @Test func hostileAnswersAreNamedAndSpoilNoOtherCount() async throws {
        let library = try await Library.open()
        let answers = [
            ("cut", "inconsistent"), ("login", "not_xml"), ("doctype", "not_xml"), ("long", "too_large"),
            ("bomb", "unexpected_document"), ("elsewhere", "redirect_refused"), ("metadata", "redirect_refused"),
        ]
        try await withDaemon { daemon in
            var sources = try answers.map { name, _ in
                Self.entry(name, try library.sru(.hostile, "/\(name)", ["redirects": "same-host"]))
            }
            sources.append(Self.entry("whole", try library.sru(.hostile, "/whole")))
            sources.append(Self.entry("cloud", ["sru": ["url": "http://169.254.169.254/latest/meta-data/"]]))
            let files = [
                ("quote", "barcode,title\n1,\"A\n2,B\n", "inconsistent"), ("wide", "\u{FEFF}barcode\n1\n2\n", nil),
            ]
            for (name, text, _) in files {
                try daemon.directory.write(text, to: name)
                let path = JSONValue.string(daemon.directory.path + "/" + name)
                sources.append(Self.entry(name, ["file": ["path": path, "format": "csv", "key": "barcode"]]))
            }
            let task = try await daemon.run(Self.inventory(sources, quorum: 2))
            let result = try #require(task["result"])
            let expected = answers.map { ($0, Optional($1)) } + files.map { ($0, $2) } + [("cloud", "address_refused")]
            for (name, code) in expected where code != nil {
                let source = result["sources"]?[name]
                #expect(source?["state"] == "failed", "\(name): \(source ?? .null)")
                #expect(source?["exception"]?["code"]?.stringValue == code, "\(name): \(source ?? .null)")
            }
            #expect(result["counts"]?["whole"] == .int(Library.main))
            #expect(result["counts"]?["wide"] == 2)
            #expect(result["total"] == .int(Library.main + 2))
            #expect(result["verdict"] == "partial")
        }
    }
}

import Model
import Testing

/// docs/inventory.md: its commands, run as they stand from the top to the bottom of the page by one shell.
@Suite(.timeLimit(.minutes(2)))
struct LibrarianGuideTests {
    /// The section whose commands need a library system to ask about books.
    private static let needsSystem = "Verify a shelf"

    private static func page() throws -> String {
        try Directory(path: Program.repository).read("docs/inventory.md")
    }

    /// What stands between fences of `language` in each section but those left out.
    private static func blocks(_ language: String, without sections: [String] = []) throws -> [String] {
        try page().split(separator: "\n## ").filter { section in !sections.contains { section.hasPrefix($0) } }
            .flatMap { section in
                section.split(separator: "```").enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(\.element)
            }
            .filter { $0.hasPrefix(language + "\n") }.map { String($0.dropFirst(language.count + 1)) }
    }

    @Test func everyCommandOfThePageDoesWhatThePageSays() async throws {
        let commands = try Self.blocks("sh", without: [Self.needsSystem])
        #expect(commands.count >= 6)
        try await withDirectory { home in
            try home.write([:], to: "run")
            let reply = try await Self.run(commands, in: home)
            #expect(reply.status == 0, "\(reply.stderr)")
            for shown in [
                "TOTAL          1370       -  ok ", "main       1202     -45  ok ", "suspicious  ",
                "fell from 34, by 88.2 %", "look before you believe it", "nightly: 3 runs, ",
                "ok: 1 of 1 sources", "|1202",
            ] {
                #expect(reply.stdout.contains(shown), "\(shown) in \(reply.stdout)")
            }
            #expect(try home.read("library/counts.csv").contains("interlibrary,4,-30,suspicious,"))
            #expect(try home.read("library/trend.csv").split(separator: "\r\n").count == 9)
            let enabled = home.path + "/.config/systemd/user/timers.target.wants/taskd-inventory.timer"
            #expect(try await Program.run("/usr/bin/test", ["-L", enabled]).status == 0)
        }
    }

    /// Runs the commands at home in `home`, with the programs of this build, and ends the daemon that they start.
    private static func run(_ commands: [String], in home: Directory) async throws -> Ending {
        let programs = Program.taskctl.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
        let start = """
            export HOME=\(home.path) XDG_RUNTIME_DIR=\(home.path)/run PATH=\(programs):$PATH
            trap 'kill "$!"; wait' EXIT

            """
        return try await Program.run(
            "/bin/sh", ["-euc", start + commands.joined(separator: "\n")], in: Program.repository)
    }

    @Test func theJobOfThePageIsTheOneThatRuns() throws {
        let job = try #require(try Self.blocks("yaml").first)
        let file = try Directory(path: Program.repository).read("Examples/library/jobs/nightly.yaml")
        #expect(file.hasSuffix("\n\n" + job))
    }

    @Test func everyStatusAndCodeIsExplained() throws {
        let page = try Self.page()
        for word in [
            "ok_on_shelf", "ok_checked_out", "missing", "on_shelf_but_checked_out", "on_shelf_but_lost", "in_transit",
            "unknown_barcode", "scanned_twice", "not_scanned", "unverifiable", "ok", "partial", "suspicious", "failed",
            "config", "dns", "connect", "tls", "timeout", "http", "redirect_refused", "address_refused", "auth",
            "too_large", "not_xml", "not_json", "unexpected_document", "diagnostic", "no_count", "inconsistent",
        ] {
            #expect(page.split(separator: "\n").contains { $0.hasPrefix("| ") && $0.contains("`\(word)`") }, "\(word)")
        }
    }
}

import Glibc
import Model

/// The systems of a library: real servers with real records of the Library of Congress (Tests/Servers), which run for as
/// long as the tests do.
struct Library: Sendable {
    /// A system, by what it is to the library.
    enum System: String {
        /// The main catalogue, the one of the inter-library loans, and one that grows during a test (Zebra, SRU).
        case main, interlibrary, growing
        /// Finds as many records as it is asked for; one for all tests, one for the test that stops it (yaz-ztest, SRU).
        case anything, asleep
        /// The course reserves (oai_repo and oaipmh, OAI-PMH), and once more (pycsw: OAI-PMH, SRU, JSON).
        case oai, csw
        /// Circulation (pysip2, SIP2), and a bad line to it.
        case sip2, damaging
        /// Answers what no catalogue should.
        case hostile
    }

    /// A directory with the records of each system in ISO 2709 (`main.mrc`), and the `barcodes` of the main catalogue.
    let directory: String

    private let facts: JSONValue

    private static let running = Task { try await start() }

    /// The library, opened when the first test asks for it.
    static func open() async throws -> Library { try await running.value }

    private static func start() async throws -> Library {
        let tools = Program.repository + "/.build-tools/library"
        let servers = Program.repository + "/Tests/Servers/library.py"
        guard access(tools + "/records.mrc", R_OK) == 0 else {
            throw TestFailure("\(tools) is not there: run make tools")
        }
        let ending = try await Program.run(
            tools + "/venv/bin/python", [servers, tools + "/records.mrc", "\(getpid())"])
        guard ending.status == 0 else { throw TestFailure("the library does not open: \(ending.stderr)") }
        let facts = try JSONParser.parse(ending.stdout)
        guard let directory = facts["directory"]?.stringValue else { throw TestFailure(ending.stdout) }
        return Library(directory: directory, facts: facts)
    }

    /// The port at which a system answers.
    func port(of system: System) throws -> Int64 {
        guard let port = facts["ports"]?[system.rawValue]?.intValue else { throw TestFailure("no system \(system)") }
        return port
    }

    /// The address of a system on the web.
    func url(_ system: System, _ path: String) throws -> JSONValue {
        .string("http://127.0.0.1:\(try port(of: system))\(path)")
    }

    /// Sends a signal to the process of a system.
    func signal(_ system: System, _ number: Int32) throws {
        guard let pid = facts["processes"]?[system.rawValue]?.intValue, kill(Int32(pid), number) == 0 else {
            throw TestFailure.system("signal \(number) to \(system)")
        }
    }

    /// Puts ``additions`` more records into the catalogue `growing`.
    func grow() async throws {
        let command = facts["grow"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let ending = try await Program.run("/usr/bin/env", command)
        guard ending.status == 0 else { throw TestFailure("zebraidx: \(ending.stderr)") }
    }
}

// MARK: - What is known of it

extension Library {
    static let main: Int64 = 1247
    static let reserves: Int64 = 89
    static let interlibrary: Int64 = 34
    /// What `grow` adds.
    static let additions: Int64 = 5
    /// Records of the reserves that were deleted.
    static let tombstones: Int64 = 3
    /// Course reserves that the main catalogue does not have.
    static let reservesNotInMain: Int64 = 9
    /// Titles borrowed from elsewhere that the main catalogue has.
    static let interlibraryAlsoInMain: Int64 = 3
    /// What circulation says of the books of the main catalogue.
    static let statuses: JSONValue = [
        "available": 975, "charged": 125, "in_transit": 35, "lost": 45, "missing": 67,
    ]
}

// MARK: - How it is asked

extension Library {
    /// A catalogue as a source.
    func sru(_ system: System, _ path: String, _ more: JSONObject = [:]) throws -> JSONValue {
        try source("sru", system, path, more)
    }

    /// A list of records as a source.
    func oai(_ system: System, _ path: String, _ more: JSONObject = [:]) throws -> JSONValue {
        try source("oai", system, path, more)
    }

    /// A number in JSON as a source.
    func json(_ system: System, _ path: String, _ more: JSONObject = [:]) throws -> JSONValue {
        try source("json", system, path, more)
    }

    private func source(_ kind: String, _ system: System, _ path: String, _ more: JSONObject) throws -> JSONValue {
        var body: JSONObject = ["url": try url(system, path), "retries": 0]
        body.merge(more)
        return [kind: .object(body)]
    }

    /// Circulation as a source, asked about `barcodes`, a file in ``directory`` or elsewhere.
    func sip2(_ system: System = .sip2, barcodes: String = "barcodes") throws -> JSONValue {
        let file = barcodes.hasPrefix("/") ? barcodes : directory + "/" + barcodes
        return [
            "sip2": [
                "host": "127.0.0.1", "port": .int(try port(of: system)), "institution": "MAIN",
                "barcodes": .string(file), "rate": 1000,
            ]
        ]
    }
}

import Model
import Testing

/// What `GET /v1/openapi.json` says is what the daemon knows: it is asked for what it refuses, and names what it would take.
@Suite(.timeLimit(.minutes(1)))
struct DescriptionTests {
    @Test func namesTheParametersOfEachRoute() async throws {
        try await withDaemon { daemon in
            let document = try await daemon.description()
            for (path, operations) in try #require(document["paths"]?.objectValue) {
                for (method, operation) in operations.objectValue ?? [:] where method != "parameters" {
                    let parameters = operation["parameters"]?.arrayValue ?? []
                    let described = parameters.filter { $0["in"] == "query" }.compactMap { $0["name"]?.stringValue }
                    let target = path.replacing("{id}", with: "1").replacing("{name}", with: "x")
                    let reply = try await daemon.http(method.uppercased(), target + "?no_such=1")
                    #expect(reply.status == 400, "\(method) \(path)")
                    #expect(try reply.known == Set(described), "\(method) \(path)")
                }
            }
        }
    }

    @Test func namesTheFieldsOfATask() async throws {
        try await withDaemon { daemon in
            let schema = try await daemon.description().schema("Task")
            let id = try await daemon.submit(["gather": [["sleep": 0]]])
            let fields = try await daemon.task(id).objectValue?.keys.map(\.self)
            #expect(Set(fields ?? []) == schema.keys(of: "properties"))
            let required = schema["required"]?.arrayValue?.compactMap(\.stringValue)
            #expect(Set(required ?? []) == schema.keys(of: "properties").subtracting(["children"]))
        }
    }

    /// A schema with the path at which the daemon meets it, and what stands there beside the key nobody knows.
    private static let bodies: [(schema: String, method: String, path: String, beside: JSONObject)] = [
        ("CommandJob", "POST", "/v1/tasks", ["command": ["true"]]),
        ("ShellJob", "POST", "/v1/tasks", ["shell": "true"]),
        ("CheckJob", "POST", "/v1/tasks", ["check": ["file": ["path": "x", "format": "csv"]]]),
        ("SleepJob", "POST", "/v1/tasks", ["sleep": 0]),
        ("GatherJob", "POST", "/v1/tasks", ["gather": [["sleep": 0]]]),
        ("TaskGroupJob", "POST", "/v1/tasks", ["task_group": [["sleep": 0]]]),
        ("RaceJob", "POST", "/v1/tasks", ["race": [["sleep": 0]]]),
        ("SequenceJob", "POST", "/v1/tasks", ["sequence": [["sleep": 0]]]),
        (
            "InventoryJob", "POST", "/v1/tasks",
            ["inventory": ["sources": [["name": "a", "file": ["path": "x", "format": "csv"]]]]]
        ),
        ("Wait", "POST", "/v1/wait", ["ids": [1]]),
    ]

    @Test(arguments: bodies.indices)
    func namesTheKeysOfABody(index: Int) async throws {
        let (name, method, path, beside) = Self.bodies[index]
        try await withDaemon { daemon in
            let document = try await daemon.description()
            var body = beside
            body["no_such"] = 1
            let reply = try await daemon.http(method, path, .object(body))
            #expect(reply.status == 400)
            #expect(try reply.known == document.properties(of: document.schema(name)), "\(name)")
        }
    }

    /// The parts of a job that are objects of their own, each in a job with an empty place for it.
    private static let parts: [(schema: String, job: @Sendable (JSONValue) -> JSONValue, beside: JSONObject)] = [
        ("RetryPolicy", { ["sleep": 0, "retry": $0] }, ["attempts": 1]),
        ("ResourceLimits", { ["shell": "true", "rlimits": $0] }, [:]),
        ("Inventory", { ["inventory": $0] }, ["sources": [["name": "a", "file": ["path": "x", "format": "csv"]]]]),
        ("SQLiteSource", { ["check": ["sqlite": $0]] }, ["path": "x", "sql": "SELECT 1"]),
        ("FileSource", { ["check": ["file": $0]] }, ["path": "x", "format": "csv"]),
        ("CommandSource", { ["check": ["command": $0]] }, ["argv": ["true"]]),
        ("SRUSource", { ["check": ["sru": $0]] }, ["url": "http://127.0.0.1:9/"]),
        ("OAISource", { ["check": ["oai": $0]] }, ["url": "http://127.0.0.1:9/"]),
        ("JSONSource", { ["check": ["json": $0]] }, ["url": "http://127.0.0.1:9/", "count": "/n"]),
        ("SIP2Source", { ["check": ["sip2": $0]] }, ["host": "127.0.0.1", "barcodes": "x"]),
    ]

    @Test(arguments: parts.indices)
    func namesTheKeysOfAPart(index: Int) async throws {
        let (name, job, beside) = Self.parts[index]
        try await withDaemon { daemon in
            let document = try await daemon.description()
            var part = beside
            part["no_such"] = 1
            let reply = try await daemon.http("POST", "/v1/tasks", job(.object(part)))
            #expect(reply.status == 400)
            #expect(try reply.known == document.properties(of: document.schema(name)), "\(name): \(reply.text)")
        }
    }

    @Test func namesTheKindsAndTheSources() async throws {
        try await withDaemon { daemon in
            let document = try await daemon.description()
            let kinds = document.schema("Kind")["enum"]?.arrayValue?.compactMap(\.stringValue) ?? []
            #expect(try await daemon.http("POST", "/v1/tasks", [:]).named(after: "one of: ") == Set(kinds))
            let sources = try await daemon.http("POST", "/v1/tasks", ["check": [:]]).named(after: "one of: ")
            #expect(sources == document.schema("Source").keys(of: "properties"))
            #expect(
                sources.union(["name", "timeout", "retry"]) == document.schema("InventorySource").keys(of: "properties")
            )
        }
    }

    @Test func aMethodNobodyKnowsIsRefusedLikeOthers() async throws {
        try await withDaemon { daemon in
            for (method, path, allowed) in [
                ("QUERY", "/v1/tasks", "POST, GET"), ("PROPFIND", "/v1/tasks/1/why", "GET"),
                ("HEAD", "/metrics", "GET"),
            ] {
                let reply = try await daemon.open(method, path).head
                #expect(reply.status == 405)
                #expect(reply.headers["allow"] == allowed)
            }
            #expect(try await daemon.http("QUERY", "/v1/nowhere").status == 404)
        }
    }
}

extension LiveDaemon {
    /// The description of the API that the daemon gives.
    fileprivate func description() async throws -> JSONValue {
        let reply = try await http("GET", "/v1/openapi.json")
        guard reply.status == 200 else { throw TestFailure(reply.text) }
        return try reply.json
    }
}

extension HTTPReply {
    /// The names that a refusal says are known.
    fileprivate var known: Set<String> {
        get throws { try named(after: "known here: ") }
    }

    fileprivate func named(after phrase: String) throws -> Set<String> {
        let detail = try json["detail"]?.stringValue ?? ""
        guard let range = detail.firstRange(of: phrase) else { throw TestFailure("names nothing: \(text)") }
        let list = detail[range.upperBound...].prefix { $0 != ";" }
        return list == "none" ? [] : Set(list.split(separator: ", ").map(String.init))
    }
}

extension JSONValue {
    fileprivate func schema(_ name: String) -> JSONValue {
        self["components"]?["schemas"]?[name] ?? .null
    }

    fileprivate func keys(of member: String) -> Set<String> {
        Set(self[member]?.objectValue.map { Array($0.keys) } ?? [])
    }

    /// The properties of a schema of this document, those of the schemas it is made of too.
    fileprivate func properties(of schema: JSONValue) -> Set<String> {
        var names = schema.keys(of: "properties")
        for part in schema["allOf"]?.arrayValue ?? [] {
            let name = part["$ref"]?.stringValue?.split(separator: "/").last.map(String.init) ?? ""
            names.formUnion(properties(of: self.schema(name)))
        }
        return names
    }
}

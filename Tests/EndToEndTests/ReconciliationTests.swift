import Model
import Testing

/// Inventories whose sources are compared by their keys.
@Suite(.timeLimit(.minutes(1)))
struct ReconciliationTests {
    @Test func tellsWhatIsMissingWhatIsTwiceAndWhatHasChanged() async throws {
        try await withDaemon { daemon in
            try daemon.directory.list([
                "main": ["1", "2", "3", "4", "4", ""], "reserves": ["2", "9", "8"], "loans": ["7"],
            ])
            let first = try #require(try await daemon.run(daemon.inventory())["result"])
            #expect(first["counts"]?.text() == #"{"main":5,"reserves":3,"loans":1}"#)
            #expect(first["verdict"] == "ok")
            #expect(
                first["discrepancies"]?.text()
                    == #"[{"kind":"missing_from","source":"reserves","other":"main","key":"8"},"#
                    + #"{"kind":"missing_from","source":"reserves","other":"main","key":"9"},"#
                    + #"{"kind":"duplicate","source":"main","other":null,"key":"4","times":2}]"#)
            let found = try #require(first["reconciliation"])
            #expect(found["by"] == "control_number")
            #expect(found["rules"]?[0] == ["source": "reserves", "within": "main", "found": 2])
            #expect(found["rules"]?[1] == ["source": "loans", "apart_from": "main", "found": 0])
            #expect(
                found["sources"]?["main"]
                    == [
                        "keys": 4, "unusable": 0, "without_key": 1, "duplicates": 1, "new": nil, "vanished": nil,
                    ])
            #expect(found["new"]?.text() == #"{"main":null,"reserves":null,"loans":null}"#)
            #expect(found["is_complete"] == true)

            try daemon.directory.list([
                "main": ["1", "2", "4", "5", "8", "x"], "reserves": ["2", "9", "8"], "loans": ["5"],
            ])
            let second = try #require(try await daemon.run(daemon.inventory())["result"])
            #expect(second["reconciliation"]?["rules"]?[0]?["found"] == 1)
            #expect(
                second["discrepancies"]?.arrayValue?.last?.text()
                    == #"{"kind":"also_in","source":"loans","other":"main","key":"5"}"#)
            #expect(second["reconciliation"]?["sources"]?["main"]?["new"] == 3)
            #expect(second["reconciliation"]?["sources"]?["main"]?["vanished"] == 1)
            #expect(second["reconciliation"]?["new"]?["main"] == ["5", "8", "x"])
            #expect(second["reconciliation"]?["vanished"]?["main"] == ["3"])
            #expect(second["reconciliation"]?["vanished"]?["reserves"] == [])
        }
    }

    @Test func withoutItNothingIsCompared() async throws {
        try await withDaemon { daemon in
            try daemon.directory.list(["main": ["1"], "reserves": ["2"], "loans": ["7"]])
            let result = try await daemon.run(daemon.inventory(reconcile: nil))["result"]
            #expect(result?["discrepancies"] == [])
            #expect(result?["reconciliation"] == .null)
            #expect(result?["verification"] == .null)
        }
    }

    /// What cannot be trusted says nothing about others, and is nothing to measure later runs against.
    @Test func aSourceThatFailsOrIsSuspiciousIsNotCompared() async throws {
        try await withDaemon { daemon in
            let books = (0..<10).map(String.init)
            try daemon.directory.list(["main": books, "reserves": ["2"], "loans": ["a"]])
            _ = try await daemon.run(daemon.inventory())
            for broken in [["0"], nil] {
                try daemon.directory.list(["reserves": ["2"], "loans": ["a"]])
                if let broken {
                    try daemon.directory.list(["main": broken])
                } else {
                    try daemon.directory.write("no lccn\n1\n", to: "main.csv")
                }
                let result = try #require(try await daemon.run(daemon.inventory(["quorum": 1]))["result"])
                #expect(result["verdict"] == (broken == nil ? "partial" : "suspicious"))
                #expect(result["discrepancies"] == [])
                #expect(result["reconciliation"]?["rules"]?[0]?["found"] == .null)
                #expect(result["reconciliation"]?["rules"]?[1]?["found"] == .null)
                #expect(result["reconciliation"]?["sources"]?["main"] == .null)
                #expect(result["reconciliation"]?["sources"]?["reserves"]?["keys"] == 1)
                #expect(result["reconciliation"]?["new"]?["reserves"] == [])
            }
            try daemon.directory.list(["main": books.dropLast() + ["b"]])
            let result = try #require(try await daemon.run(daemon.inventory())["result"])
            #expect(result["reconciliation"]?["new"]?["main"] == ["b"])
            #expect(result["reconciliation"]?["vanished"]?["main"] == ["9"])
        }
    }

    @Test func keysThatCannotBeHadAreToldAndLeaveTheCount() async throws {
        try await withDaemon { daemon in
            let made = try await Program.run(
                "/usr/bin/sqlite3", [daemon.directory.path + "/c.sqlite", "CREATE TABLE items (lccn)"])
            #expect(made.status == 0, "\(made.stderr)")
            try daemon.directory.list(["main": ["1"], "reserves": ["2"], "loans": ["7"]])
            let shelf: JSONValue = [
                "name": "shelf",
                "sqlite": [
                    "path": .string(daemon.directory.path + "/c.sqlite"), "sql": "SELECT count(*) FROM items",
                    "keys": "SELECT lcn FROM items",
                ],
            ]
            let rule: JSONValue = ["source": "shelf", "within": "main"]
            let result = try await daemon.run(
                daemon.inventory(adding: [shelf], reconcile: ["by": "control_number", "expect": [rule]]))["result"]
            #expect(result?["counts"]?["shelf"] == 0)
            #expect(result?["verdict"] == "partial")
            let told = result?["reconciliation"]?["sources"]?["shelf"]
            #expect(told?["keys"] == .null)
            #expect(told?["exception"]?["message"]?.stringValue?.contains("lcn") == true)
            #expect(result?["reconciliation"]?["rules"]?[0]?["found"] == .null)
        }
    }

    @Test func listsAreCutAndSayAtWhichLength() async throws {
        try await withDaemon { daemon in
            try daemon.directory.list(["main": ["x"], "reserves": (0..<1200).map { "r\(10000 + $0)" }, "loans": ["7"]])
            let result = try await daemon.run(daemon.inventory())["result"]
            #expect(result?["reconciliation"]?["rules"]?[0]?["found"] == 1200)
            let discrepancies = result?["discrepancies"]?.arrayValue ?? []
            #expect(discrepancies.count == 1000)
            #expect(discrepancies.last?["key"] == "r10999")
            #expect(result?["reconciliation"]?["is_complete"] == false)
        }
    }

    /// Only what was kept in answer to the same question is a baseline, and it stays when others are pruned.
    @Test func onlyTheSameQuestionHasABaseline() async throws {
        try await withDaemon { daemon in
            try daemon.directory.list(["main": ["9780415203920"], "reserves": ["2"], "loans": ["7"]])
            _ = try await daemon.run(daemon.inventory())
            let other = try await daemon.run(daemon.inventory(reconcile: ["by": "isbn"]))["result"]
            #expect(other?["reconciliation"]?["sources"]?["main"]?["new"] == .null)
            #expect(other?["deltas"]?["main"] == 0)
            #expect(other?["reconciliation"]?["sources"]?["reserves"]?["unusable"] == 1)
            let same = try await daemon.run(daemon.inventory())["result"]
            #expect(same?["reconciliation"]?["sources"]?["main"]?["new"] == 0)
            let pruned = try await daemon.http("POST", "/v1/prune", ["older_than": 0])
            #expect(try pruned.json["removed"] == 4)
            let again = try await daemon.run(daemon.inventory())["result"]
            #expect(again?["reconciliation"]?["sources"]?["main"]?["new"] == 0)
        }
    }

    @Test func theAnswerIsTheSameThroughACrash() async throws {
        try await withDaemon { daemon in
            try daemon.directory.list(["main": ["1"], "reserves": ["1", "2"], "loans": ["7"]])
            let pipe = try daemon.directory.pipe("go")
            let slow: JSONValue = ["name": "slow", "command": ["argv": ["cat", .string(pipe)], "parse": "number"]]
            let id = try await daemon.submit(daemon.inventory(adding: [slow], ["quorum": 3]))
            for member in id + 1...id + 3 { try await daemon.event("succeeded", of: member) }
            try await daemon.restart()
            let result = try await daemon.done(id)["result"]
            #expect(result?["reconciliation"]?["rules"]?[0]?["found"] == 1)
            #expect(result?["verdict"] == "partial")
        }
    }
}

extension JSONValue {
    fileprivate subscript(index: Int) -> JSONValue? {
        guard let elements = arrayValue, elements.indices.contains(index) else { return nil }
        return elements[index]
    }
}

extension Directory {
    /// Writes the books of each source into its file.
    fileprivate func list(_ books: [String: [String]]) throws {
        for (name, keys) in books {
            try write("lccn,title\n" + keys.map { "\($0),x\n" }.joined(), to: name + ".csv")
        }
    }
}

extension LiveDaemon {
    private static let rules: JSONValue = [
        "by": "control_number",
        "expect": [["source": "reserves", "within": "main"], ["source": "loans", "apart_from": "main"]],
    ]

    /// The inventory of three files.
    fileprivate func inventory(
        adding more: [JSONValue] = [], _ policy: JSONObject = [:], reconcile: JSONValue? = rules
    ) -> JSONValue {
        let sources = ["main", "reserves", "loans"].map { name -> JSONValue in
            let path = JSONValue.string(directory.path + "/\(name).csv")
            return ["name": .string(name), "file": ["path": path, "format": "csv", "key": "lccn"]]
        }
        var inventory: JSONObject = ["sources": .array(sources + more)]
        inventory.merge(policy)
        inventory["reconcile"] = reconcile
        return ["inventory": .object(inventory), "name": "inventory"]
    }
}

import Model
import Testing

@testable import Engine

/// What the counts of an inventory are measured against.
@Suite(.timeLimit(.minutes(1)))
struct InventoryTests {
    /// A repository that tells a size counts its deleted records too: what is walked has lost none of them.
    @Test func aListThatWasWalkedIsNotMeasuredAgainstASizeThatWasTold() async throws {
        try await withBench { bench in
            func delta(
                _ name: String, _ count: Int64, isExact: Bool, _ source: JSONObject = [:]
            ) async throws -> JSONValue? {
                var oai: JSONObject = ["url": "http://reserves.example/oai"]
                oai.merge(source)
                let job: JSONValue = ["inventory": ["sources": [["name": .string(name), "oai": .object(oai)]]]]
                bench.stage.end(name, .succeeded([name: .int(count)]), detail: ["exact": .bool(isExact)])
                return try await bench.done(bench.submit(job)).result?["deltas"]?[name]
            }
            let deltas = [
                try await delta("told", 120, isExact: false), try await delta("walked", 89, isExact: true),
                try await delta("told-again", 121, isExact: false, ["mode": "size"]),
                try await delta("walked-again", 90, isExact: true, ["mode": "walk"]),
            ]
            #expect(deltas == [.null, .null, 1, 1])
        }
    }
}

struct InventoryQuestionTests {
    private func question(_ source: JSONValue, from directory: String = "/srv") -> String {
        InventoryQuestion(["check": source], from: directory).count
    }

    @Test(
        arguments: [
            (
                ["sru": ["url": "http://a/b?c=d"]],
                [
                    "sru": [
                        "url": "HTTP://A:80/b?c=d", "query": "cql.allRecords=1", "version": "1.2", "timeout": "1m",
                        "connect_timeout": 9, "retries": 0, "max_body": 100, "redirects": "same-host",
                        "auth": ["bearer": ["token_file": "t"]],
                    ]
                ]
            ),
            (["oai": ["url": "http://a"]], ["oai": ["url": "http://a/", "prefix": "oai_dc", "max_pages": 7]]),
            (
                ["json": ["url": "http://a", "preset": "calibre"]],
                ["json": ["url": "http://a/ajax/search?num=0", "count": "/total_num", "retries": 5]]
            ),
            (
                ["sip2": ["host": "a", "barcodes": "b"]],
                [
                    "sip2": [
                        "host": "a", "barcodes": "/srv/./b", "port": 6001, "rate": 2,
                        "error_detection": false, "login": ["user": "u", "password_file": "p"],
                    ]
                ]
            ),
            (
                ["file": ["path": "cat.csv", "format": "csv", "key": "a"]],
                ["file": ["key": "a", "format": "csv", "path": ".//cat.csv"]]
            ),
            (
                ["sqlite": ["path": "a", "sql": "SELECT 1", "keys": "SELECT 2"]],
                ["sqlite": ["path": "/srv//a", "sql": "SELECT 1"]]
            ),
            (["command": ["argv": ["a"]]], ["command": ["argv": ["a"], "parse": "number"]]),
        ] as [(JSONValue, JSONValue)])
    func howItIsAskedIsNoPartOfIt(_ one: JSONValue, _ other: JSONValue) {
        #expect(question(one) == question(other))
    }

    @Test(
        arguments: [
            (["sru": ["url": "http://a"]], ["sru": ["url": "http://a", "query": "x"]]),
            (["sru": ["url": "http://a"]], ["sru": ["url": "https://a"]]),
            (["oai": ["url": "http://a"]], ["oai": ["url": "http://a", "set": "x"]]),
            (["oai": ["url": "http://a"]], ["oai": ["url": "http://a", "prefix": "marc"]]),
            (["oai": ["url": "http://a"]], ["oai": ["url": "http://a", "from": "2020-01-01"]]),
            (
                ["json": ["url": "http://a", "count": "/a"]],
                ["json": ["url": "http://a", "count": "/a", "headers": ["X-Okapi-Tenant": "x"]]]
            ),
            (["json": ["url": "http://a", "count": "/a"]], ["json": ["url": "http://a", "count": "header:a"]]),
            (["sip2": ["host": "a", "barcodes": "b"]], ["sip2": ["host": "a", "barcodes": "b", "institution": "c"]]),
            (["sip2": ["host": "a", "barcodes": "b"]], ["sip2": ["host": "a", "barcodes": "b", "port": 6002]]),
            (["file": ["path": "a", "format": "csv"]], ["file": ["path": "a", "format": "csv", "key": "b"]]),
            (["command": ["argv": ["a"]]], ["command": ["argv": ["a"], "parse": "/number"]]),
        ] as [(JSONValue, JSONValue)])
    func whatIsAskedIs(_ one: JSONValue, _ other: JSONValue) {
        #expect(question(one) != question(other))
    }

    @Test(
        arguments: [
            ["sip2": ["host": "a", "barcodes": "b"]], ["command": ["argv": ["a", "b"]]],
            ["file": ["path": "a", "format": "csv"]], ["sqlite": ["path": "a", "sql": "SELECT 1"]],
        ] as [JSONValue])
    func whatIsOnThisMachineIsAnotherInAnotherDirectory(_ source: JSONValue) {
        #expect(question(source, from: "/a") != question(source, from: "/b"))
        #expect(question(source, from: "/a") == question(source, from: "//./a/"))
    }
}

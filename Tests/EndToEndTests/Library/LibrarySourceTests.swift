import Model
import Testing

/// Each kind of source, asked of real servers.
@Suite(.timeLimit(.minutes(1)))
struct LibrarySourceTests {
    private typealias Counted = (source: JSONValue, count: Int64, detail: JSONObject)
    private typealias Refused = (source: JSONValue, code: String, words: String)

    private func expectCounts(_ rows: [Counted]) async throws {
        try await withDaemon { daemon in
            for (source, count, detail) in rows {
                let task = try await daemon.run(["check": source, "name": "it"])
                #expect(task["result"] == ["it": .int(count)], "\(source.text()): \(task["exception"]?.text() ?? "")")
                for (name, value) in detail {
                    #expect(task["detail"]?[name] == value, "\(source.text()): \(task["detail"]?.text() ?? "")")
                }
            }
        }
    }

    private func expectRefusals(_ rows: [Refused]) async throws {
        try await withDaemon { daemon in
            for (source, code, words) in rows {
                let task = try await daemon.run(["check": source, "name": "it"])
                let message = task["exception"]?["message"]?.stringValue ?? ""
                #expect(task["state"] == "failed", "\(source.text()): \(task["result"]?.text() ?? "")")
                #expect(task["exception"]?["code"] == .string(code), "\(source.text()): \(message)")
                #expect(message.contains(words), "\(source.text()): \(message)")
            }
        }
    }

    @Test func cataloguesTellHowManyRecordsAQueryFinds() async throws {
        let library = try await Library.open()
        try await expectCounts([
            (library.sru(.main, "/main"), Library.main, ["exact": true, "method": "sru"]),
            (library.sru(.main, "/main", ["version": "1.2"]), Library.main, ["exact": true]),
            (library.sru(.main, "/main", ["version": "2.0"]), Library.main, ["exact": true]),
            (library.sru(.interlibrary, "/interlibrary"), Library.interlibrary, [:]),
            (library.sru(.anything, "/Default", ["query": "34"]), 34, [:]),
            // A position beyond the last record concerns records, of which none is asked for.
            (
                library.sru(.main, "/main?startRecord=5000"), Library.main,
                ["warnings": ["First record position out of range"]]
            ),
            // pycsw takes every query for a word, and each of its records has this one.
            (library.sru(.csw, "/?mode=sru", ["query": "text"]), Library.reserves, [:]),
        ])
    }

    @Test func aCatalogueThatComplainsIsNoCount() async throws {
        let library = try await Library.open()
        try await expectRefusals([
            (library.sru(.main, "/main", ["query": "dc.nonsense=1"]), "config", "Unsupported index"),
            (library.sru(.main, "/main", ["query": "("]), "config", "Query syntax error"),
            (library.sru(.main, "/nowhere"), "http", "404"),
            (library.sru(.anything, "/Default", ["query": "99999999999999999999"]), "no_count", "9223372036854775807"),
            (library.sru(.anything, "/Slow1", ["query": "1", "timeout": "500ms"]), "timeout", "0.5s"),
            (library.sru(.csw, "/?mode=sru"), "config", "Invalid Filter syntax"),
            // Who is asked for nothing that it knows, describes itself.
            (library.oai(.main, "/main"), "unexpected_document", "explainResponse"),
            (library.json(.main, "/main", ["count": "/total"]), "not_json", "JSON"),
            // Circulation hangs up on whoever speaks HTTP to it.
            (library.sru(.sip2, "/main"), "connect", "closed the connection"),
        ])
    }

    @Test func repositoriesAreCountedByTheirSizeOrWalked() async throws {
        let library = try await Library.open()
        let walked: JSONObject = ["exact": true, "mode": "walk", "pages": 4]
        try await expectCounts([
            (library.oai(.oai, "/msu"), Library.reserves, ["exact": false, "mode": "size"]),
            (library.oai(.oai, "/msu", ["mode": "walk"]), Library.reserves, walked),
            // Its tokens hold %3D and %26, which are sent encoded once more.
            (library.oai(.oai, "/eth"), Library.reserves, walked),
            (library.oai(.oai, "/eth", ["set": "reserves"]), Library.reserves, walked),
            (library.oai(.oai, "/eth", ["from": "2999-01-01"]), 0, ["pages": 1]),
            (library.oai(.oai, "/eth-deleted"), Library.reserves, ["deleted": .int(Library.tombstones)]),
            // oai_repo lists what was deleted as if it were there, and nobody can tell from outside.
            (library.oai(.oai, "/msu-deleted"), Library.reserves + Library.tombstones, ["exact": false]),
            // pycsw repeats one identifier on each page, and knows the size all the same.
            (
                library.oai(.csw, "/?mode=oaipmh"), Library.reserves,
                ["exact": false, "mode": "size", "inconsistent": true]
            ),
        ])
    }

    @Test func aRepositoryThatContradictsItselfIsNoCount() async throws {
        let library = try await Library.open()
        try await expectRefusals([
            // It wants its prefix again beside a token, and then gives new tokens for ever.
            (library.oai(.csw, "/?mode=oaipmh", ["mode": "walk"]), "config", "Missing metadataPrefix"),
            (
                library.oai(.csw, "/?mode=oaipmh&metadataPrefix=oai_dc", ["mode": "walk"]), "inconsistent",
                "mode: size"
            ),
            (library.oai(.oai, "/eth", ["mode": "size"]), "no_count", "completeListSize"),
            (library.oai(.oai, "/msu", ["prefix": "marcxml"]), "config", "cannotDisseminateFormat"),
            (library.oai(.oai, "/eth", ["prefix": "marcxml"]), "config", "cannotDisseminateFormat"),
            (library.oai(.oai, "/nowhere"), "http", "404"),
        ])
    }

    @Test func aNumberInJSONIsFoundWhereverItStands() async throws {
        let library = try await Library.open()
        let hits =
            "/?service=CSW&version=2.0.2&request=GetRecords&typenames=csw:Record&elementsetname=brief"
            + "&resulttype=hits&outputformat=application/json"
        let results = "/csw:GetRecordsResponse/csw:SearchResults"
        try await expectCounts([
            (library.json(.csw, hits, ["count": .string(results + "/@numberOfRecordsMatched")]), Library.reserves, [:])
        ])
        try await expectRefusals([
            (library.json(.csw, hits, ["count": .string(results)]), "no_count", "an object"),
            (library.json(.hostile, "/login", ["count": "/total"]), "not_json", "web page"),
        ])
    }

    @Test func circulationKnowsTheStateOfEachBook() async throws {
        let library = try await Library.open()
        try await expectCounts([
            (
                library.sip2(), Library.main,
                ["statuses": Library.statuses, "asked": .int(Library.main), "unknown": 0]
            )
        ])
    }

    @Test func aBadLineToCirculationChangesNothing() async throws {
        let library = try await Library.open()
        try await withDirectory { directory in
            // Nothing that is no answer is taken for one: fifty books are known, one is not.
            let barcodes = directory.path + "/few"
            let few = "(head -50 barcodes; echo 99999999) >\(barcodes)"
            try #require(await Program.shell(few, in: library.directory).status == 0)
            let facts: JSONObject = [
                "asked": 51, "unknown": 1,
                "statuses": ["available": 38, "charged": 5, "in_transit": 2, "lost": 2, "missing": 3],
            ]
            try await expectCounts([
                (library.sip2(barcodes: barcodes), 50, facts), (library.sip2(.damaging, barcodes: barcodes), 50, facts),
            ])
        }
    }

    @Test func filesOfRealRecordsAreCounted() async throws {
        let library = try await Library.open()
        try await withDirectory { directory in
            let long = directory.path + "/long.xml"
            // 6 MB of it.
            let marcXML =
                "for copy in 1 2; do cat main.mrc; done >\(long).mrc && yaz-marcdump -o marcxml \(long).mrc >\(long)"
            let made = try await Program.shell(marcXML, in: library.directory)
            try #require(made.status == 0, "\(made.stderr)")
            func file(_ path: String, _ format: String, _ key: String? = nil) -> JSONValue {
                ["file": ["path": .string(path), "format": .string(format), "key": JSONValue(key)]]
            }
            try await expectCounts([
                (file(library.directory + "/main.mrc", "marc"), Library.main, ["exact": true, "damaged": 0]),
                (file(library.directory + "/main.mrc", "marc", "001"), Library.main, ["without_key": 0]),
                (file(long, "marcxml", "001"), 2 * Library.main, ["live": .int(2 * Library.main)]),
            ])
        }
    }
}

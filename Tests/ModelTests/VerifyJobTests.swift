import Model
import Testing

@Suite struct VerifyJobTests {
    private func job(_ text: String) throws -> VerifyJob {
        guard case .verify(let job) = try Job(json: JSONParser.parse(#"{"verify": \#(text)}"#)).action else {
            throw InvalidInput(code: .field, path: "", message: "no verify job")
        }
        return job
    }

    private func source(_ more: String) throws -> ItemSource {
        guard case .json(let source) = try job(#"{"scanned": "s", "json": {\#(more)}}"#).system else {
            throw InvalidInput(code: .field, path: "", message: "no json system")
        }
        return source
    }

    @Test func aSystemThatSpeaksSIP2IsRead() throws {
        let job = try job(#"{"scanned": "s", "expected": "e", "sip2": {"host": "a", "rate": 7}}"#)
        #expect(job.scanned == "s" && job.expected == "e")
        guard case .sip2(let access) = job.system else {
            Issue.record("no sip2 system")
            return
        }
        #expect(access.host == "a" && access.port == 6001 && access.rate == 7)
    }

    @Test func aServerThatAnswersInJSONIsRead() throws {
        let source = try source(
            #"""
            "url": "http://a/items/{barcode}?external_id={barcode}", "status": "/0/status", "title": "/0/title",
             "statuses": {"available": "on_shelf", "checked out": "on_loan", "0": "lost"}, "rate": 3, "timeout": "2s"
            """#)
        #expect(source.statuses == ["available": .onShelf, "checked out": .onLoan, "0": .lost])
        #expect(source.title == "/0/title" && source.rate == 3 && source.access.timeout == .seconds(2))
        #expect(try source.address(of: "a b/?&").text == "http://a/items/a%20b%2F%3F%26?external_id=a%20b%2F%3F%26")
    }

    @Test(arguments: [
        (#""status": "", "statuses": {"a": "lost"}"#, "url", "missing"),
        (#""url": "http://a/", "status": "", "statuses": {"a": "lost"}"#, "url", "must hold {barcode}"),
        (#""url": "http://{barcode}/", "status": "", "statuses": {"a": "lost"}"#, "url", "name of the server"),
        (#""url": "http://a:8{barcode}/", "status": "", "statuses": {"a": "lost"}"#, "url", "name of the server"),
        (#""url": "ftp://a/{barcode}", "status": "", "statuses": {"a": "lost"}"#, "url", "http://"),
        (#""url": "http://a/{barcode}", "statuses": {"a": "lost"}"#, "status", "missing"),
        (#""url": "http://a/{barcode}", "status": "x", "statuses": {"a": "lost"}"#, "status", "JSON pointer"),
        (#""url": "http://a/{barcode}", "status": """#, "statuses", "missing"),
        (#""url": "http://a/{barcode}", "status": "", "statuses": {}"#, "statuses", "at least one"),
        (#""url": "http://a/{barcode}", "status": "", "statuses": {"a": "gone"}"#, "statuses.a", "one of: on_shelf"),
        (#""url": "http://a/{barcode}", "status": "", "statuses": {"a": "lost"}, "count": """#, "count", "unknown key"),
    ])
    func whatIsWrongIsNamedByItsPath(_ json: String, _ path: String, _ words: String) {
        #expect { try source(json) } throws: { error in
            guard let error = error as? InvalidInput else { return false }
            return error.path == "verify.json." + path && error.message.contains(words)
        }
    }
}

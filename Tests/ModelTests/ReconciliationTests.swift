import Model
import Testing

@Suite struct ReconciliationTests {
    private static let sources = #"""
        {"name": "main", "sru": {"url": "http://a"}}, {"name": "reserves", "oai": {"url": "http://a"}},
        {"name": "loans", "file": {"path": "l.csv", "format": "csv", "key": "lccn"}},
        {"name": "shelf", "sqlite": {"path": "c", "sql": "SELECT 1", "keys": "SELECT lccn FROM items"}},
        {"name": "desk", "command": {"argv": ["x"]}}, {"name": "bare", "file": {"path": "b.csv", "format": "csv"}},
        {"name": "sized", "oai": {"url": "http://a", "mode": "size"}}
        """#

    private func inventory(_ more: String) throws -> (policy: InventoryPolicy, members: [Job]) {
        let job = try Job(json: JSONParser.parse(#"{"inventory": {"sources": [\#(Self.sources)], \#(more)}}"#))
        guard case .composite(let composite) = job.action, case .inventory(let policy) = composite.policy else {
            throw InvalidInput(code: .field, path: "", message: "no inventory")
        }
        return (policy, composite.members)
    }

    @Test func checksKeepTheKeysThatTheirSourcesGive() throws {
        let kept = try ["control_number", "isbn", "barcode"].map { kind in
            try inventory(#""reconcile": {"by": "\#(kind)"}"#).members.filter { $0.keys != nil }.compactMap(\.name)
        }
        #expect(kept == [["main", "reserves", "loans", "shelf"], ["main", "loans", "shelf"], ["loans", "shelf"]])
        let members = try inventory(#""reconcile": {"by": "isbn"}"#).members
        #expect(members[0].source["keys"] == "isbn")
        #expect(try Job(json: members[0].source).keys == .isbn)
        #expect(members[4].source["keys"] == nil)
    }

    @Test func rulesAreRead() throws {
        let policy = try inventory(
            #"""
            "reconcile": {"by": "control_number", "expect": [{"source": "reserves", "within": "main"},
             {"source": "loans", "apart_from": "main"}]}
            """#
        ).policy
        let rules = try #require(policy.reconciliation).rules
        #expect(rules.map(\.source) == ["reserves", "loans"])
        #expect(rules.map(\.relation) == [.within, .apartFrom])
        #expect(rules.map(\.other) == ["main", "main"])
        #expect(!policy.isVerified)
    }

    @Test func aVerificationIsTheLastMember() throws {
        let (policy, members) = try inventory(#""verify": {"scanned": "s", "sip2": {"host": "a"}}"#)
        #expect(policy.isVerified && policy.reconciliation == nil)
        #expect(members.count == 8 && members.last?.name == "verification")
        #expect(members.last?.kind == .verify)
        #expect(try Job(json: #require(members.last).source).kind == .verify)
    }

    @Test(arguments: [
        (#""reconcile": {}"#, "reconcile.by", "missing"),
        (#""reconcile": {"by": "title"}"#, "reconcile.by", "one of: control_number, isbn, barcode"),
        (#""reconcile": {"by": "isbn", "expects": []}"#, "reconcile.expects", "unknown key"),
        (rule(#"{"source": "main"}"#), "reconcile.expect[0]", "exactly one of: within, apart_from"),
        (rule(#"{"source": "main", "within": "loans", "apart_from": "shelf"}"#), "reconcile.expect[0]", "exactly one"),
        (rule(#"{"source": "x", "within": "main"}"#), "reconcile.expect[0].source", "no source \"x\""),
        (rule(#"{"source": "main", "within": "x"}"#), "reconcile.expect[0].within", "no source \"x\""),
        (rule(#"{"source": "main", "within": "main"}"#), "reconcile.expect[0].within", "the source itself"),
        (rule(#"{"source": "desk", "within": "main"}"#), "reconcile.expect[0].source", "cannot tell them"),
        (rule(#"{"source": "bare", "within": "main"}"#), "reconcile.expect[0].source", "needs key"),
        (rule(#"{"source": "sized", "within": "main"}"#), "reconcile.expect[0].source", "mode: walk"),
        (rule(#"{"source": "loans", "within": "reserves"}"#, by: "isbn"), "reconcile.expect[0].within", "cannot tell"),
        (rule(#"{"source": "loans", "within": "main"}"#, by: "barcode"), "reconcile.expect[0].within", "cannot tell"),
        (#""verify": {}"#, "verify.scanned", "missing"),
        (#""verify": {"scanned": "s"}"#, "verify", "exactly one system"),
        (#""verify": {"scanned": "s", "sip2": {"host": "a", "barcodes": "b"}}"#, "verify.sip2.barcodes", "unknown key"),
    ])
    func whatIsWrongIsNamedByItsPath(_ more: String, _ path: String, _ words: String) {
        #expect { try inventory(more) } throws: { error in
            guard let error = error as? InvalidInput else { return false }
            return error.path == "inventory." + path && error.message.contains(words)
        }
    }

    @Test func aSourceThatTellsSuchKeysIsNeeded() {
        let job =
            #"{"inventory": {"sources": [{"name": "a", "command": {"argv": ["x"]}}], "reconcile": {"by": "isbn"}}}"#
        #expect { try Job(json: JSONParser.parse(job)) } throws: { error in
            (error as? InvalidInput)?.path == "inventory.reconcile.by"
        }
        let check = #"{"check": {"command": {"argv": ["x"]}}, "keys": "isbn"}"#
        #expect { try Job(json: JSONParser.parse(check)) } throws: { ($0 as? InvalidInput)?.path == "keys" }
    }

    @Test func noSourceIsCalledAsTheVerificationIs() {
        let job = #"""
            {"inventory": {"sources": [{"name": "verification", "command": {"argv": ["x"]}}],
             "verify": {"scanned": "s", "sip2": {"host": "a"}}}}
            """#
        #expect { try Job(json: JSONParser.parse(job)) } throws: { ($0 as? InvalidInput)?.path == "inventory.verify" }
    }

    private static func rule(_ rule: String, by kind: String = "control_number") -> String {
        #""reconcile": {"by": "\#(kind)", "expect": [\#(rule)]}"#
    }
}

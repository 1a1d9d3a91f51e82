/// How the sources of an inventory are compared with each other, record by record.
package struct Reconciliation: Sendable, Hashable {
    /// How the keys of one source stand to those of another.
    package enum Relation: String, Sendable, Hashable, CaseIterable {
        /// Each is there too.
        case within
        /// None is there.
        case apartFrom = "apart_from"
    }

    /// What is expected of a source.
    package struct Rule: Sendable, Hashable {
        /// The name of the source.
        package let source: String
        /// How its keys stand to those of the other.
        package let relation: Relation
        /// The name of the other source.
        package let other: String
    }

    /// What records are compared by.
    package let kind: KeyKind
    /// What is expected, in the order written.
    package let rules: [Rule]
}

extension Reconciliation {
    /// The reconciliation written in `field`, of the sources that `members` check.
    ///
    /// - Throws: ``InvalidInput`` with the path of what is missing, unknown or wrong: a source that cannot tell its keys, too,
    ///   when a rule names it, and a kind of key that no source tells.
    init(field: Field, members: [Job]) throws(InvalidInput) {
        var fields = try field.fields()
        try fields.allow(only: ["by", "expect"])
        let by = try fields.require("by")
        kind = try by.choice()
        var rules: [Rule] = []
        if let expect = fields.take("expect") {
            for entry in try expect.list() { rules.append(try Self.rule(entry, by: kind, members: members)) }
        }
        self.rules = rules
        guard members.contains(where: { $0.givesKeys(by: kind) }) else {
            throw by.invalid("no source tells such keys; see the table of sources for what each of them needs")
        }
    }

    private static func rule(_ entry: Field, by kind: KeyKind, members: [Job]) throws(InvalidInput) -> Rule {
        var fields = try entry.fields()
        try fields.allow(only: ["source"] + Relation.allCases.map(\.rawValue))
        let source = try fields.require("source")
        let relations = Relation.allCases.filter { fields.names.contains($0.rawValue) }
        guard relations.count == 1, let relation = relations.first else {
            throw entry.invalid("expected exactly one of: within, apart_from")
        }
        let other = try fields.require(relation.rawValue)
        for field in [source, other] { try requireKeys(of: field, by: kind, members: members) }
        let rule = Rule(source: try source.name(), relation: relation, other: try other.name())
        guard rule.source != rule.other else { throw other.invalid("names the source itself") }
        return rule
    }

    private static func requireKeys(of field: Field, by kind: KeyKind, members: [Job]) throws(InvalidInput) {
        let name = try field.name()
        guard let member = members.first(where: { $0.name == name }), case .check(let source) = member.action else {
            throw field.invalid("there is no source \(JSONValue(name).text())")
        }
        guard source.givesKeys(by: kind) else {
            throw field.invalid(
                "\(JSONValue(name).text()) is compared by \(kind.rawValue): a \(source.name) source "
                    + source.wantedForKeys(by: kind))
        }
    }
}

extension Job {
    fileprivate func givesKeys(by kind: KeyKind) -> Bool {
        guard case .check(let source) = action else { return false }
        return source.givesKeys(by: kind)
    }

    /// This check, keeping the keys of what it counts where it can tell them.
    func keepingKeys(by kind: KeyKind) -> Job {
        guard givesKeys(by: kind), case .object(var written) = source else { return self }
        var job = self
        job.keys = kind
        written["keys"] = .string(kind.rawValue)
        job.source = .object(written)
        return job
    }
}

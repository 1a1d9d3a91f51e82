/// When an inventory counts as done, and when a count is not to be trusted.
package struct InventoryPolicy: Sendable, Hashable {
    /// How many sources must answer; `nil` for all.
    package let quorum: Int?
    /// By how much a count may fall since the last good run of its source, in percent.
    package let dropAlertPercent: Double
    /// How the sources are compared with each other; `nil` when they are only counted.
    package let reconciliation: Reconciliation?
    /// Whether the last member is no source but a verification.
    package let isVerified: Bool

    /// How far a count may fall when nobody says.
    package static let defaultDropAlertPercent = 20.0

    /// A policy with every part given.
    package init(
        quorum: Int?, dropAlertPercent: Double = defaultDropAlertPercent, reconciliation: Reconciliation? = nil,
        isVerified: Bool = false
    ) {
        self.quorum = quorum
        self.dropAlertPercent = dropAlertPercent
        self.reconciliation = reconciliation
        self.isVerified = isVerified
    }
}

extension InventoryPolicy {
    /// The keys of a source's entry that are not the source itself.
    private static let modifiers = ["name", "timeout", "retry"]

    /// The policy and the member jobs of an inventory, from the value of its kind key.
    ///
    /// - Throws: ``InvalidInput`` with the path of what is missing, unknown or wrong.
    static func parse(_ body: Field) throws(InvalidInput) -> (policy: InventoryPolicy, members: [Job]) {
        var fields = try body.fields()
        try fields.allow(only: ["sources", "quorum", "drop_alert_percent", "reconcile", "verify"])
        var members = try members(fields.require("sources"))
        let quorum = try fields.take("quorum")?.int(in: 1...Int64(members.count))
        let drop = try fields.take("drop_alert_percent").map { field throws(InvalidInput) in try percent(field) }
        var reconciliation: Reconciliation?
        if let field = fields.take("reconcile") {
            let expected = try Reconciliation(field: field, members: members)
            members = members.map { $0.keepingKeys(by: expected.kind) }
            reconciliation = expected
        }
        let verify = fields.take("verify")
        if let verify {
            guard !members.contains(where: { $0.name == VerifyJob.memberName }) else {
                throw verify.invalid("is known as \(VerifyJob.memberName), and so is a source; rename that")
            }
            members.append(try VerifyJob.member(verify))
        }
        let policy = InventoryPolicy(
            quorum: quorum.map { Int($0) }, dropAlertPercent: drop ?? defaultDropAlertPercent,
            reconciliation: reconciliation,
            isVerified: verify != nil)
        return (policy, members)
    }

    private static func members(_ sources: Field) throws(InvalidInput) -> [Job] {
        let list = try sources.list()
        guard !list.isEmpty else { throw sources.invalid("must not be an empty list") }
        guard list.count <= Job.maximumTasks - 2 else { throw sources.invalid("are more than one job may become") }
        var names: Set<String> = []
        var members: [Job] = []
        for entry in list {
            let member = try member(entry)
            guard names.insert(member.name ?? "").inserted else {
                throw entry.invalid("a source of this name is there already: \(member.name ?? "")")
            }
            members.append(member)
        }
        return members
    }

    private static func percent(_ field: Field) throws(InvalidInput) -> Double {
        guard let percent = field.value.doubleValue, 0...100 ~= percent else {
            throw field.invalid("expected a number from 0 to 100")
        }
        return percent
    }

    /// A source's entry as a check job: `{name, sru: {…}, timeout?, retry?}`.
    private static func member(_ entry: Field) throws(InvalidInput) -> Job {
        var fields = try entry.fields()
        let name = try fields.require("name").name()
        let timeout = fields.take("timeout")
        let retry = fields.take("retry")
        let source = Self.source(of: entry.value)
        var job = Job(action: .check(try Source(field: Field(source, path: entry.path))))
        job.name = name
        if let timeout { job.timeout = try timeout.duration() }
        if let retry { job.retry = try RetryPolicy(field: retry) }
        var written: JSONObject = ["name": .string(name), "check": source]
        written["timeout"] = timeout?.value
        written["retry"] = retry?.value
        job.source = .object(written)
        return job
    }

    /// What is asked, of a source's entry.
    package static func source(of entry: JSONValue) -> JSONValue {
        guard case .object(var object) = entry else { return entry }
        for key in modifiers { object.removeValue(forKey: key) }
        return .object(object)
    }
}

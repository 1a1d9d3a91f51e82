extension Job {
    /// How deeply composites may nest.
    package static let maximumDepth = 64
    /// How many tasks one submitted job may become.
    package static let maximumTasks = 100_000
    /// How much memory the composites inside others may take, in bytes: each is kept with all that is below it.
    private static let maximumNestedBytes = 256 << 20

    /// What is left of the limits of one job while it is read.
    private struct Budget {
        var tasks = Job.maximumTasks
        var nestedBytes = Job.maximumNestedBytes
    }

    private static let modifierKeys = [
        "name", "queue", "priority", "timeout", "grace", "shield", "retry", "after", "delay", "not_before", "key",
        "labels", "hold", "on_interrupt", "on_done",
    ]

    /// The job written in `json`.
    ///
    /// - Throws: ``InvalidInput`` with the path of the key that is unknown, missing or wrong; nothing is guessed.
    package init(json: JSONValue, path: String = "") throws(InvalidInput) {
        var budget = Budget()
        try self.init(field: Field(json, path: path), depth: 0, budget: &budget)
    }

    private init(field: Field, depth: Int, budget: inout Budget) throws(InvalidInput) {
        budget.tasks -= 1
        guard budget.tasks >= 0 else {
            throw InvalidInput(
                code: .limit, path: field.path, message: "a job may become at most \(Self.maximumTasks) tasks")
        }
        var fields = try field.fields()
        let kind = try Self.kind(of: field, among: fields.names)
        guard depth < Self.maximumDepth || !kind.isComposite else {
            throw InvalidInput(
                code: .limit, path: field.path, message: "composites may nest at most \(Self.maximumDepth) deep")
        }
        if kind.isComposite && depth > 0 { try Self.takeNested(field, from: &budget) }
        try fields.allow(only: [kind.rawValue] + Self.keys(of: kind) + Self.modifierKeys)
        let body = try fields.require(kind.rawValue)
        let action = try Self.action(kind, body: body, fields: &fields, depth: depth, budget: &budget)
        self.init(action: action)
        source = field.value
        try takeScheduling(from: &fields)
        try takeLimits(from: &fields)
        try takeIdentity(from: &fields, isMember: depth > 0)
        if case .check(let source) = action { try takeKeys(of: source, from: &fields) }
    }

    private static func takeNested(_ composite: Field, from budget: inout Budget) throws(InvalidInput) {
        budget.nestedBytes -= composite.value.footprint
        guard budget.nestedBytes >= 0 else {
            throw InvalidInput(
                code: .limit, path: composite.path,
                message:
                    "too much is nested: each composite inside another is kept with all that is in it, and together "
                    + "they would take more than \(maximumNestedBytes >> 20) MiB")
        }
    }

    private static func kind(of field: Field, among names: [String]) throws(InvalidInput) -> TaskKind {
        let kinds = names.compactMap(TaskKind.init(rawValue:))
        guard let kind = kinds.first else {
            let all = TaskKind.allCases.map(\.rawValue).joined(separator: ", ")
            let found = names.isEmpty ? "" : "; found: \(names.joined(separator: ", "))"
            throw field.invalid("a job needs one kind key, one of: \(all)\(found)")
        }
        guard kinds.count == 1 else {
            throw field.invalid("a job has one kind key, found \(kinds.map(\.rawValue).joined(separator: " and "))")
        }
        return kind
    }

    private static func keys(of kind: TaskKind) -> [String] {
        switch kind {
        case .command, .shell: CommandJob.keys
        case .check: ["keys"]
        case .verify: []
        case .sleep: SleepJob.keys
        case .gather: CompositeJob.gatherKeys
        case .taskGroup, .race, .sequence: CompositeJob.keys
        case .inventory: ["max_running"]
        }
    }

    private static func action(
        _ kind: TaskKind, body: Field, fields: inout Fields, depth: Int, budget: inout Budget
    ) throws(InvalidInput) -> Action {
        switch kind {
        case .command: return .command(try CommandJob(arguments: body.arguments(), fields: &fields))
        case .shell:
            return .shell(try CommandJob(arguments: ["/bin/sh", "-c", body.name(limit: 131_071)], fields: &fields))
        case .check: return .check(try Source(field: body))
        case .verify: return .verify(try VerifyJob(field: body))
        case .sleep: return .sleep(try SleepJob(duration: body.duration(), fields: &fields))
        case .gather:
            let returnExceptions = try fields.take("return_exceptions")?.bool() ?? false
            let policy = CompositeJob.Policy.gather(returnExceptions: returnExceptions)
            return try composite(policy, body: body, fields: &fields, depth: depth, budget: &budget)
        case .taskGroup: return try composite(.taskGroup, body: body, fields: &fields, depth: depth, budget: &budget)
        case .race: return try composite(.race, body: body, fields: &fields, depth: depth, budget: &budget)
        case .sequence: return try composite(.sequence, body: body, fields: &fields, depth: depth, budget: &budget)
        case .inventory:
            let (policy, members) = try InventoryPolicy.parse(body)
            try requireRoom(for: members.count, in: budget.tasks, at: body.path)
            budget.tasks -= members.count
            let maximum = try fields.take("max_running")?.int(in: 1...Int64(Int32.max))
            return .composite(
                CompositeJob(
                    policy: .inventory(policy), members: members, merge: false, maximumRunning: maximum.map(Int.init)))
        }
    }

    private static func composite(
        _ policy: CompositeJob.Policy, body: Field, fields: inout Fields, depth: Int, budget: inout Budget
    ) throws(InvalidInput) -> Action {
        let list = try body.list()
        guard !list.isEmpty else { throw body.invalid("must not be an empty list") }
        try requireRoom(for: list.count, in: budget.tasks, at: body.path)
        var members: [Job] = []
        members.reserveCapacity(list.count)
        for member in list { members.append(try Job(field: member, depth: depth + 1, budget: &budget)) }
        let merge = try fields.take("merge")?.bool() ?? false
        let maximum = try fields.take("max_running")?.int(in: 1...Int64(Int32.max))
        return .composite(
            CompositeJob(policy: policy, members: members, merge: merge, maximumRunning: maximum.map(Int.init)))
    }

    private static func requireRoom(for members: Int, in budget: Int, at path: String) throws(InvalidInput) {
        guard members <= budget else {
            throw InvalidInput(
                code: .limit, path: path, message: "\(members) members: a job may become at most \(maximumTasks) tasks")
        }
    }
}

// MARK: - Modifiers

extension Job {
    private mutating func takeScheduling(from fields: inout Fields) throws(InvalidInput) {
        if let field = fields.take("queue") { queue = try field.queueName() }
        if let field = fields.take("priority") { priority = Int(try field.int(in: -1_000_000_000...1_000_000_000)) }
        if let field = fields.take("after") {
            after = try field.taskIDs()
            guard !after.isEmpty else { throw field.invalid("must not be an empty list") }
        }
        if let field = fields.take("delay") { start = .delay(try field.duration()) }
        if let field = fields.take("not_before") {
            guard start == .now else { throw field.invalid("cannot stand beside delay") }
            start = .notBefore(try field.timestamp())
        }
        if let field = fields.take("hold") { hold = try field.bool() }
    }

    private mutating func takeLimits(from fields: inout Fields) throws(InvalidInput) {
        if let field = fields.take("timeout") { timeout = try field.duration() }
        if let field = fields.take("grace") { grace = try field.duration() }
        if let field = fields.take("shield") { shield = try field.bool() }
        if let field = fields.take("retry") { retry = try RetryPolicy(field: field) }
        if let field = fields.take("on_interrupt") { onInterrupt = try field.choice() }
        if let field = fields.take("on_done") { onDone = try field.arguments() }
    }

    private mutating func takeKeys(of source: Source, from fields: inout Fields) throws(InvalidInput) {
        guard let field = fields.take("keys") else { return }
        let kind: KeyKind = try field.choice()
        guard source.givesKeys(by: kind) else {
            throw field.invalid("a \(source.name) source \(source.wantedForKeys(by: kind))")
        }
        keys = kind
    }

    private mutating func takeIdentity(from fields: inout Fields, isMember: Bool) throws(InvalidInput) {
        if let field = fields.take("name") { name = try field.name() }
        if let field = fields.take("key") {
            guard !isMember else { throw field.invalid("only a submitted job may have a key, not a member") }
            key = try field.name()
        }
        guard let field = fields.take("labels") else { return }
        for (name, value) in try field.strings() {
            guard !name.utf8.contains(UInt8(ascii: ":")) else {
                throw field.invalid("a label's key cannot hold a colon: \(name)")
            }
            labels[name] = .string(value)
        }
    }
}

extension Field {
    /// The queue's name: letters, digits, `.`, `_` and `-`, at most 64 of them.
    package func queueName() throws(InvalidInput) -> String {
        let text = try name(limit: 64)
        guard text.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }) else {
            throw invalid("may hold only letters, digits, . _ and -")
        }
        return text
    }

    /// The one of `Choice`'s cases whose raw value the string is.
    package func choice<Choice>() throws(InvalidInput) -> Choice
    where Choice: RawRepresentable<String> & CaseIterable {
        let text = try string()
        guard let choice = Choice(rawValue: text) else {
            let all = Choice.allCases.map(\.rawValue).joined(separator: ", ")
            throw invalid("\(JSONValue.string(text).text()) is not one of: \(all)")
        }
        return choice
    }
}

internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import Store

extension Routes {
    /// `POST /v1/tasks`: a job, or a list of jobs, all or none; with `dry_run` only whether they could be submitted.
    @Sendable func submitTasks(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let query = context.query
        let overrides = try query["overrides"].map { try JSONParser.parse($0.string()) }
        let isDryRun = try query["dry_run"]?.flag() ?? false
        let document = try await request.requiredDocument(limit: ConnectionContext.maximumBody)
        let directory = try query["directory"]?.directory() ?? context.submitter?.workingDirectory
        let (jobs, isList) = try Self.jobs(in: document, overrides)
        guard !isDryRun else {
            try await check(jobs, directory: directory, for: context.caller)
            return Reply.json(JSONValue(jobs.map(\.source), isList: isList))
        }
        return Reply.submitted(
            try await submit(jobs, directory: directory, for: context.caller), isList: isList)
    }

    /// The job or the list of jobs that `document` is, each with the members of `overrides` in the place of its own.
    private static func jobs(
        in document: JSONValue, _ overrides: JSONValue?
    ) throws(InvalidInput) -> (jobs: [Job], isList: Bool) {
        guard case .array(let list) = document else {
            return ([try Job(json: document.overridden(by: overrides))], false)
        }
        guard !list.isEmpty else { throw Field(document).invalid("a list of jobs must not be empty") }
        guard list.count <= Job.maximumTasks else {
            throw InvalidInput(code: .limit, path: "", message: "a list may hold at most \(Job.maximumTasks) jobs")
        }
        if list.count > 1, overrides?["key"] != nil {
            throw InvalidInput(
                code: .field, path: "key", message: "names one task, and this is a list of \(list.count)")
        }
        var jobs: [Job] = []
        for (index, element) in list.enumerated() {
            jobs.append(try Job(json: element.overridden(by: overrides), path: "[\(index)]"))
        }
        return (jobs, true)
    }

    /// Submits `jobs` as far as their submitter may; what they run after has to be visible to them.
    func submit(_ jobs: [Job], directory: String?, for caller: Caller) async throws -> [Submission] {
        try await engine.submit(
            jobs, directory: directory, by: caller.submitter, afterTasksOf: caller.seesOnly)
    }

    private func check(_ jobs: [Job], directory: String?, for caller: Caller) async throws {
        try await engine.check(jobs, directory: directory, by: caller.submitter, afterTasksOf: caller.seesOnly)
    }

    /// `POST /v1/tasks/{id}/retry`
    @Sendable func retryTask(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        try await request.requireNoDocument()
        let task = try await engine.retry(context.taskID(), by: context.submitter)
        return Reply.json(task.json(), status: .created)
    }

    /// `POST /v1/tasks/{id}/start`
    @Sendable func startTask(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        try await request.requireNoDocument()
        return Reply.json(try await engine.start(context.taskID()).json())
    }
}

extension Reply {
    /// What was submitted: a list, or the one task; 201 when any of it is new.
    static func submitted(_ submissions: [Submission], isList: Bool) -> Response {
        let status: HTTPResponse.Status = submissions.contains(where: \.isNew) ? .created : .ok
        return json(JSONValue(submissions.map { $0.task.json() }, isList: isList), status: status)
    }
}

extension JSONValue {
    /// A list of `values`, or, to who has sent no list, the only one.
    fileprivate init(_ values: [JSONValue], isList: Bool) {
        guard !isList else {
            self = .array(values)
            return
        }
        guard let only = values.first else { preconditionFailure("one job has one answer") }
        self = only
    }

    /// This job with the members of `overrides` in the place of its own.
    ///
    /// - Throws: ``InvalidInput`` when `overrides` is no object.
    func overridden(by overrides: JSONValue?) throws(InvalidInput) -> JSONValue {
        guard let overrides else { return self }
        guard case .object(let changes) = overrides else {
            throw InvalidInput(
                code: .field, path: "", message: "expected an object of modifiers, found \(overrides.typeName)")
        }
        for key in changes.keys where TaskKind(rawValue: key) != nil {
            throw InvalidInput(
                code: .field, path: key, message: "is what the job does; only modifiers can be overridden")
        }
        guard case .object(var object) = self else { return self }
        object.merge(changes)
        return .object(object)
    }
}

extension Field {
    /// The absolute path of a directory.
    fileprivate func directory() throws(InvalidInput) -> String {
        let path = try name(limit: 4095)
        guard path.isAbsolutePath else { throw invalid("must be an absolute path") }
        return path
    }
}

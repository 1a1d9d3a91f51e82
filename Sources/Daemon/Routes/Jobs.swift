internal import Engine
internal import Hummingbird
internal import Model
internal import Store

extension Routes {
    /// `GET /v1/jobs`
    @Sendable func listJobs(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        return Reply.json(["jobs": .array(jobFiles.all.map(\.json))])
    }

    /// `POST /v1/jobs/{name}/submit`: the body overrides modifiers of the job.
    @Sendable func submitJob(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let name = try context.name()
        let written = try job(named: name)
        let overrides = try await request.document(limit: ConnectionContext.maximumBody)
        let job = try Self.job(written, overrides: overrides, name: name)
        return Reply.submitted(
            try await submit([job], directory: jobFiles.directory, for: context.caller), isList: false)
    }

    /// What stands in the job file called `name`.
    private func job(named name: String) throws -> JSONValue {
        guard let entry = jobFiles[name] else {
            throw Problem(
                status: 404, title: "No such job",
                detail: "no job \"\(name.shown)\" in \(jobFiles.directory), which is read at the start and on SIGHUP")
        }
        switch entry.job {
        case .success(let job): return job
        case .failure(let error): throw InvalidInput(code: error.code, path: entry.path, message: error.description)
        }
    }

    /// The job `written` with `overrides`, which has the name of its file unless it is given another.
    private static func job(_ written: JSONValue, overrides: JSONValue?, name: String) throws -> Job {
        let job = try written.overridden(by: overrides)
        return try Job(json: job["name"] == nil ? job.overridden(by: ["name": .string(name)]) : job)
    }
}

extension JobFiles.Entry {
    fileprivate var json: JSONValue {
        switch job {
        case .success(let job):
            ["name": .string(name), "path": .string(path), "job": job, "error": .null]
        case .failure(let error):
            ["name": .string(name), "path": .string(path), "job": .null, "error": .string(error.description)]
        }
    }
}

internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Jobs
internal import Model

/// Where the output of tasks is kept.
struct Output: Sendable {
    let stateDirectory: String
    let watches: FileWatches
}

extension Routes {
    /// `GET /v1/tasks/{id}/output`: what a command or a verification wrote, from `offset` on, or its last lines; of the latest
    /// attempt, or of `attempt` alone.
    @Sendable func getOutput(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let query = try request.query(known: ["stream", "attempt", "follow", "offset", "tail"])
        let stream: OutputStreamName = try query["stream"]?.choice() ?? .stdout
        let offset = try query["offset"]?.number(in: 0...Int64.max)
        let tail = try query["tail"]?.number(in: 0...Int64.max)
        let wanted = try query["attempt"].map { Int(try $0.number(in: 1...Int64.max)) }
        guard offset == nil || tail == nil else {
            throw InvalidInput(code: .field, path: "tail", message: "goes from the end, and offset from the beginning")
        }
        let follow = try query["follow"]?.flag() ?? false
        let task = try await engine.task(context.taskID())
        let lease = follow ? try access.takeWait(for: context.caller) : nil
        guard task.kind.hasOutput else {
            throw Problem(
                status: 409, title: "No output",
                detail: "task \(task.id) is a \(task.kind.rawValue); only commands and verifications write output")
        }
        let latest = max(task.attempt, 1)
        let attempt = wanted ?? latest
        guard follow || attempt <= latest else {
            throw Problem(
                status: 404, title: "No such attempt",
                detail: "task \(task.id) has no attempt \(attempt); its latest is \(latest)")
        }
        let directory = AttemptDirectory(state: output.stateDirectory, task: task.id, attempt: latest)
        if attempt == latest, task.isDone, task.detail?["\(stream)_bytes"]?.intValue ?? 0 > 0,
            FileIdentity(at: directory.path) == nil
        {
            throw Problem(
                status: 404, title: "Output gone",
                detail: "the output of task \(task.id) is no longer there: \(directory.path) was removed")
        }
        let reader = OutputReader(
            stateDirectory: output.stateDirectory, watches: output.watches, engine: engine, taskID: task.id,
            stream: stream)
        let start =
            if let tail { await reader.offset(ofLastLines: Int(tail), inAttempt: attempt) } else { offset ?? 0 }
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(lease) {} }
            if wanted == nil && follow {
                try await reader.readAll(from: attempt, offset: start) { try await writer.write($0) }
            } else {
                try await reader.read(attempt, from: start, follow: follow) { try await writer.write($0) }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream", .outputOffset: String(start)], body: body)
    }
}

extension HTTPField.Name {
    /// How many bytes of the attempt's output come before the body.
    fileprivate static var outputOffset: HTTPField.Name {
        guard let name = HTTPField.Name("Output-Offset") else { preconditionFailure("Output-Offset is a field name") }
        return name
    }
}

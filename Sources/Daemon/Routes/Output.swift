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
    /// `GET /v1/tasks/{id}/output`: what a command or a verification wrote, from `offset` on, or its last lines.
    @Sendable func getOutput(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let query = try request.query(known: ["stream", "follow", "offset", "tail"])
        let stream: OutputStreamName = try query["stream"]?.choice() ?? .stdout
        let offset = try query["offset"]?.number(in: 0...Int64.max)
        let tail = try query["tail"]?.number(in: 0...Int64.max)
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
        let directory = AttemptDirectory(state: output.stateDirectory, task: task.id, attempt: max(task.attempt, 1))
        if task.isDone, task.detail?["\(stream)_bytes"]?.intValue ?? 0 > 0, FileIdentity(at: directory.path) == nil {
            throw Problem(
                status: 404, title: "Output gone",
                detail: "the output of task \(task.id) is no longer there: \(directory.path) was removed")
        }
        let reader = OutputReader(
            stateDirectory: output.stateDirectory, watches: output.watches, engine: engine, taskID: task.id,
            stream: stream)
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(lease) {} }
            let start = tail.map { OutputReader.Start.lastLines(Int($0)) } ?? .offset(offset ?? 0)
            try await reader.read(from: start, follow: follow) { try await writer.write($0) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/octet-stream"], body: body)
    }
}

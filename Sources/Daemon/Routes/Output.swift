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
        let wish = try OutputWish(context.query)
        let task = try await engine.task(context.taskID())
        let lease = wish.follow ? try access.takeWait(for: context.caller) : nil
        let attempt = wish.attempt ?? max(task.attempt, 1)
        try requireOutput(of: task, attempt, wish)
        let reader = OutputReader(
            stateDirectory: output.stateDirectory, watches: output.watches, engine: engine, taskID: task.id,
            stream: wish.stream)
        let start =
            if let tail = wish.tail {
                await reader.offset(ofLastLines: Int(tail), inAttempt: attempt)
            } else {
                wish.offset ?? 0
            }
        let body = ResponseBody { writer in
            defer { withExtendedLifetime(lease) {} }
            if wish.attempt == nil && wish.follow {
                try await reader.readAll(from: attempt, offset: start) { try await writer.write($0) }
            } else {
                try await reader.read(attempt, from: start, follow: wish.follow) { try await writer.write($0) }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok, headers: [.contentType: "application/octet-stream", .outputOffset: String(start)], body: body)
    }

    /// - Throws: ``Problem`` when `attempt` of `task` has no output, and can have none any more.
    private func requireOutput(of task: TaskRecord, _ attempt: Int, _ wish: OutputWish) throws(Problem) {
        guard task.kind.hasOutput else {
            throw Problem(
                status: 409, title: "No output",
                detail: "task \(task.id) is a \(task.kind.rawValue); only commands and verifications write output")
        }
        let latest = max(task.attempt, 1)
        guard wish.follow || attempt <= latest else {
            throw Problem(
                status: 404, title: "No such attempt",
                detail: "task \(task.id) has no attempt \(attempt); its latest is \(latest)")
        }
        let directory = AttemptDirectory(state: output.stateDirectory, task: task.id, attempt: latest)
        if attempt == latest, task.isDone, task.detail?["\(wish.stream)_bytes"]?.intValue ?? 0 > 0,
            FileIdentity(at: directory.path) == nil
        {
            throw Problem(
                status: 404, title: "Output gone",
                detail: "the output of task \(task.id) is no longer there: \(directory.path) was removed")
        }
    }
}

/// Which output is asked for, and how much of it.
private struct OutputWish {
    let stream: OutputStreamName
    /// `nil` for the latest one.
    let attempt: Int?
    /// From which byte on; `nil` for the first.
    let offset: Int64?
    /// How many of its last lines; `nil` for all.
    let tail: Int64?
    let follow: Bool

    init(_ query: [String: Field]) throws(InvalidInput) {
        stream = try query["stream"]?.choice() ?? .stdout
        let number = try query["attempt"]?.number(in: 1...Int64.max)
        attempt = number.map { Int($0) }
        offset = try query["offset"]?.number(in: 0...Int64.max)
        tail = try query["tail"]?.number(in: 0...Int64.max)
        guard offset == nil || tail == nil else {
            throw InvalidInput(code: .field, path: "tail", message: "goes from the end, and offset from the beginning")
        }
        follow = try query["follow"]?.flag() ?? false
    }
}

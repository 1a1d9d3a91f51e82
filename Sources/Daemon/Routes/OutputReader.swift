internal import Engine
internal import Jobs
internal import Model
internal import NIOCore
internal import Store

/// The streams a command writes.
enum OutputStreamName: String, Sendable, CaseIterable {
    case stdout
    case stderr
}

/// Reads what a command wrote, and goes on as it writes more.
struct OutputReader: Sendable {
    let stateDirectory: String
    let watches: FileWatches
    let engine: Engine
    let taskID: TaskID
    let stream: OutputStreamName

    private static let pieceSize = 65_536

    /// Gives `write` the output of the latest attempt from `offset` on, piece by piece.
    ///
    /// - Parameter follow: whether to go on until the task is done, with the output of its further attempts; otherwise it
    ///   ends with what is there.
    func read(from offset: Int64, follow: Bool, _ write: (ByteBuffer) async throws -> Void) async throws {
        var task = try await engine.task(taskID)
        guard follow, var running = try await started(task) else {
            _ = try await pass(on: task, from: offset, write)
            return
        }
        task = try await passOnAttempt(running, from: offset, write)
        while let next = try await started(task, after: running.attempt) {
            running = next
            task = try await passOnAttempt(running, from: 0, write)
        }
    }

    /// Passes on what the attempt that `task` is in writes, until it has ended.
    ///
    /// - Returns: the task as it is then.
    private func passOnAttempt(
        _ task: TaskRecord, from offset: Int64, _ write: (ByteBuffer) async throws -> Void
    ) async throws -> TaskRecord {
        let (looks, look) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        // Watching begins before reading, so that nothing written in between is missed.
        let changes = watches.changes(of: path(of: task))
        return try await withThrowingTaskGroup(of: TaskRecord?.self) { group in
            group.addTask {
                for await _ in changes { look.yield() }
                return nil
            }
            group.addTask {
                defer { look.finish() }
                return try await end(of: task)
            }
            var offset = try await pass(on: task, from: offset, write)
            for await _ in looks { offset = try await pass(on: task, from: offset, write) }
            _ = try await pass(on: task, from: offset, write)
            group.cancelAll()
            for try await ended in group { if let ended { return ended } }
            throw CancellationError()
        }
    }

    /// The task once the attempt that it is in has ended.
    private func end(of task: TaskRecord) async throws -> TaskRecord {
        guard task.maxAttempts > 1 else {
            _ = try await engine.wait(WaitRequest(ids: [taskID]))
            return try await engine.task(taskID)
        }
        let commits = engine.store.commits()
        var current = try await engine.task(taskID)
        var iterator = commits.makeAsyncIterator()
        while current.state == .running && current.attempt == task.attempt {
            guard await iterator.next() != nil else { throw CancellationError() }
            current = try await engine.task(taskID)
        }
        return current
    }

    /// The task once it is in an attempt later than `attempt`; `nil` when it is done already or never will be.
    private func started(_ task: TaskRecord, after attempt: Int = 0) async throws -> TaskRecord? {
        var commits = engine.store.commits().makeAsyncIterator()
        var task = task
        while !task.isDone && !engine.isStopping {
            if task.state == .running, task.attempt > attempt { return task }
            guard await commits.next() != nil else { return nil }
            task = try await engine.task(taskID)
        }
        return nil
    }

    private func path(of task: TaskRecord) -> String {
        let directory = AttemptDirectory(state: stateDirectory, task: task.id, attempt: max(task.attempt, 1))
        return stream == .stdout ? directory.stdout : directory.stderr
    }

    private func pass(
        on task: TaskRecord, from offset: Int64, _ write: (ByteBuffer) async throws -> Void
    ) async throws -> Int64 {
        let file = OutputFile(path: path(of: task))
        var offset = offset
        while true {
            switch file.piece(at: offset, limit: Self.pieceSize) {
            case .end: return offset
            case .bytes(let bytes):
                try await write(ByteBuffer(bytes: bytes))
                offset += Int64(bytes.count)
            case .dropped(let count):
                try await write(ByteBuffer(string: "\n[\(count) bytes were dropped here]\n"))
                offset += count
            }
        }
    }
}

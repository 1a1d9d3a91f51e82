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
    let engine: Engine
    let taskID: TaskID
    let stream: OutputStreamName

    private static let pieceSize = 65_536

    /// Gives `write` the output of the latest attempt from `offset` on, piece by piece.
    ///
    /// - Parameter follow: whether to go on until the task is done; otherwise it ends with what is there.
    func read(from offset: Int64, follow: Bool, _ write: (ByteBuffer) async throws -> Void) async throws {
        let task = try await engine.task(taskID)
        guard follow, let started = try await started(task) else {
            _ = try await pass(on: task, from: offset, write)
            return
        }
        // Watching begins before reading, so that nothing written in between is missed.
        let (looks, look) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let watch = FileWatch(path: path(of: started)) { look.yield() }
        defer { watch?.cancel() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [taskID, engine] in
                defer { look.finish() }
                _ = try await engine.wait(WaitRequest(ids: [taskID]))
            }
            var offset = try await pass(on: started, from: offset, write)
            for await _ in looks { offset = try await pass(on: started, from: offset, write) }
            _ = try await pass(on: started, from: offset, write)
            group.cancelAll()
        }
    }

    /// The task once it has started; `nil` when it is done already or never will.
    private func started(_ task: TaskRecord) async throws -> TaskRecord? {
        var commits = engine.store.commits().makeAsyncIterator()
        var task = task
        while !task.isDone && !engine.isStopping {
            if task.state == .running { return task }
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

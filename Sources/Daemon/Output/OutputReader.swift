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

    /// Where the last `count` lines begin of those that are there.
    func offset(ofLastLines count: Int, inAttempt attempt: Int) async -> Int64 {
        await OutputFile(path: path(ofAttempt: attempt)).offset(ofLastLines: count)
    }

    /// Gives `write` the output of attempt number `first` from `offset` on, and that of all further attempts, until the task
    /// is done.
    func readAll(
        from first: Int, offset: Int64, _ write: (ByteBuffer) async throws -> Void
    ) async throws {
        var (attempt, offset) = (first, offset)
        while true {
            try await read(attempt, from: offset, follow: true, write)
            let task = try await engine.task(taskID)
            if task.isDone && task.attempt <= attempt { return }
            (attempt, offset) = (attempt + 1, 0)
        }
    }

    /// Gives `write` the output of attempt number `attempt` from `offset` on, piece by piece.
    ///
    /// - Parameter follow: whether to go on until the attempt has ended, which may not even have begun; otherwise it ends with
    ///   what is there.
    func read(
        _ attempt: Int, from offset: Int64, follow: Bool, _ write: (ByteBuffer) async throws -> Void
    ) async throws {
        if follow, let running = try await running(in: attempt) {
            try await passOnAttempt(running, from: offset, write)
        } else {
            _ = try await pass(onAttempt: attempt, from: offset, write)
        }
    }

    /// Passes on what the attempt that `task` is in writes, until it has ended.
    private func passOnAttempt(
        _ task: TaskRecord, from offset: Int64, _ write: (ByteBuffer) async throws -> Void
    ) async throws {
        let (looks, look) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        // Watching begins before reading, so that nothing written in between is missed.
        let changes = watches.changes(of: path(ofAttempt: task.attempt))
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in changes { look.yield() } }
            group.addTask {
                defer { look.finish() }
                try await waitForEnd(of: task)
            }
            let file = OutputFile(path: path(ofAttempt: task.attempt))
            var (offset, size) = (offset, Int64(0))
            func passOn() async throws {
                let now = file.size
                // The command has emptied it, and begins anew.
                if now < size { offset = 0 }
                let end = try await pass(onAttempt: task.attempt, from: offset, write)
                (offset, size) = (end, end > offset ? end : now)
            }
            try await passOn()
            for await _ in looks { try await passOn() }
            try await passOn()
            group.cancelAll()
            while try await group.next() != nil {}
        }
    }

    /// Returns when the attempt that the task is in has ended.
    private func waitForEnd(of task: TaskRecord) async throws {
        guard task.maxAttempts > 1 else {
            try await engine.wait(WaitRequest(ids: [taskID]))
            return
        }
        var commits = engine.store.commits().makeAsyncIterator()
        while true {
            let current = try await engine.task(taskID)
            guard current.state == .running && current.attempt == task.attempt else { return }
            guard !engine.isStopping, await commits.next() != nil else { throw EngineError.stopping }
        }
    }

    /// The task once it is in attempt number `attempt`; `nil` when that has ended, or will not be made.
    private func running(in attempt: Int) async throws -> TaskRecord? {
        // Listening begins before looking, so that no commit is missed in between.
        var commits = engine.store.commits().makeAsyncIterator()
        while true {
            let task = try await engine.task(taskID)
            guard task.attempt < attempt, !task.isDone else {
                return task.attempt == attempt && task.state == .running ? task : nil
            }
            guard !engine.isStopping, await commits.next() != nil else { throw EngineError.stopping }
        }
    }

    private func path(ofAttempt attempt: Int) -> String {
        let directory = AttemptDirectory(state: stateDirectory, task: taskID, attempt: max(attempt, 1))
        return stream == .stdout ? directory.stdout : directory.stderr
    }

    private func pass(
        onAttempt attempt: Int, from offset: Int64, _ write: (ByteBuffer) async throws -> Void
    ) async throws -> Int64 {
        let file = OutputFile(path: path(ofAttempt: attempt))
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

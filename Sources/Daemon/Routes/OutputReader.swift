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

    /// Where to begin.
    enum Start: Sendable {
        case offset(Int64)
        /// With so many lines, of those that are there.
        case lastLines(Int)
    }

    /// Gives `write` the output of the latest attempt from `start` on, piece by piece.
    ///
    /// - Parameter follow: whether to go on until the task is done, with the output of its further attempts; otherwise it
    ///   ends with what is there.
    func read(from start: Start, follow: Bool, _ write: (ByteBuffer) async throws -> Void) async throws {
        var shown = 0
        let task = try await engine.task(taskID)
        if follow, task.state == .queued, task.attempt > 0 {
            // It rests before its next attempt.
            let offset = await offset(of: start, inAttempt: task.attempt)
            _ = try await pass(onAttempt: task.attempt, from: offset, write)
            shown = task.attempt
        }
        while follow, let running = try await started(after: shown) {
            if shown > 0 { try await passAttempts(after: shown, before: running.attempt, write) }
            let offset = shown == 0 ? await offset(of: start, inAttempt: running.attempt) : 0
            try await passOnAttempt(running, from: offset, write)
            shown = running.attempt
        }
        let latest = try await engine.task(taskID).attempt
        if shown > 0 {
            try await passAttempts(after: shown, before: latest + 1, write)
        } else {
            _ = try await pass(onAttempt: latest, from: offset(of: start, inAttempt: latest), write)
        }
    }

    private func offset(of start: Start, inAttempt attempt: Int) async -> Int64 {
        switch start {
        case .offset(let offset): offset
        case .lastLines(let count): await OutputFile(path: path(ofAttempt: attempt)).offset(ofLastLines: count)
        }
    }

    /// Passes on what attempts have written that came and went unseen.
    private func passAttempts(
        after shown: Int, before next: Int, _ write: (ByteBuffer) async throws -> Void
    ) async throws {
        for attempt in shown + 1..<max(next, shown + 1) { _ = try await pass(onAttempt: attempt, from: 0, write) }
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
        repeat {
            let current = try await engine.task(taskID)
            guard current.state == .running && current.attempt == task.attempt else { return }
        } while await commits.next() != nil
    }

    /// The task once it is in an attempt later than `attempt`; `nil` when it is done already.
    private func started(after attempt: Int) async throws -> TaskRecord? {
        // Listening begins before looking, so that no commit is missed in between.
        var commits = engine.store.commits().makeAsyncIterator()
        repeat {
            let task = try await engine.task(taskID)
            if task.isDone { return nil }
            guard !engine.isStopping else { throw EngineError.stopping }
            if task.state == .running, task.attempt > attempt { return task }
        } while await commits.next() != nil
        return nil
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

internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOCore
internal import Store

extension Routes {
    /// `POST /v1/wait`
    @Sendable func waitForTasks(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let wish = try WaitRequest(json: try await request.requiredDocument(limit: ConnectionContext.maximumWait))
        try await requireVisible(wish.ids, to: context.caller)
        let lease = try access.takeWait(for: context.caller)
        defer { withExtendedLifetime(lease) {} }
        let pending = try await engine.wait(wish).pending
        let (tasks, rest) = try await engine.store.tasks(wish.ids[...], within: Self.pieceSize)
        guard rest.isEmpty else { return stream(wish.ids, pending, lease) }
        // As all of them were at one moment, which may be later than the end of the wait.
        return Reply.json([
            "done": .array(tasks.filter(\.isDone).map { $0.json() }),
            "pending": .array(tasks.filter { !$0.isDone }.map { $0.json() }),
        ])
    }

    /// The answer about more than is read at once: a reply may be larger than the memory. Those that were pending come
    /// first, so that one that is done when it is read is among the done.
    private func stream(_ ids: [TaskID], _ pending: [TaskID], _ lease: QuotaLease) -> Response {
        let body = ResponseBody { [store = engine.store] writer in
            defer { withExtendedLifetime(lease) {} }
            var pending = Set(pending)
            for (opening, wantsDone) in [("{\"pending\":[", false), ("],\"done\":[", true)] {
                try await writer.write(ByteBuffer(string: opening))
                var (rest, separator) = (ids.filter { pending.contains($0) != wantsDone }[...], "")
                while !rest.isEmpty {
                    let read: [TaskRecord]
                    (read, rest) = try await store.tasks(rest, within: Self.pieceSize)
                    var piece = ByteBuffer()
                    for task in read {
                        guard task.isDone == wantsDone else {
                            pending.remove(task.id)
                            continue
                        }
                        piece.writeString(separator)
                        piece.writeBytes(JSONWriter.bytes(task.json()))
                        separator = ","
                    }
                    try await writer.write(piece)
                }
            }
            try await writer.write(ByteBuffer(string: "]}"))
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/json"], body: body)
    }

    /// How much is read for a reply at once, in bytes: others are answered on the same thread.
    private static let pieceSize = 1 << 20

    /// `POST /v1/as_completed`: one task a line, as each is done.
    @Sendable func streamCompletions(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let wish = try WaitRequest(
            json: try await request.requiredDocument(limit: ConnectionContext.maximumWait), mayBeEmpty: true)
        try await requireVisible(wish.ids, to: context.caller)
        let areDone = try await engine.store.states(wish.ids).allSatisfy(\.isDone)
        guard areDone || wish.timeout == .zero || !engine.isStopping else { throw EngineError.stopping }
        let lease = try access.takeWait(for: context.caller)
        let body = ResponseBody { [engine] writer in
            defer { withExtendedLifetime(lease) {} }
            // Numbers wait for a client that is slow, and not what the tasks have printed.
            let (done, isDone) = AsyncStream<TaskID>.makeStream()
            async let waiting = {
                defer { isDone.finish() }
                return try await engine.asCompleted(wish.ids, timeout: wish.timeout) { isDone.yield($0) }
            }()
            for await id in done {
                // One that was pruned before the client took it can be told no more.
                if let task = try await engine.store.task(id) { try await writer.write(line: task.json()) }
            }
            let pending: [TaskID]
            do {
                pending = try await waiting
            } catch let error as EngineError where error.code == .stopping {
                // Not the end of the answer: whoever does not know this line is to see that it was broken off.
                try await writer.write(line: ["stopping": true])
                throw error
            }
            if !pending.isEmpty {
                try await writer.write(line: ["timeout": true, "pending": .array(pending.map(\.json))])
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson"], body: body)
    }
}

extension ResponseBodyWriter {
    /// Writes `value` as a line of JSON.
    fileprivate mutating func write(line value: JSONValue) async throws {
        try await write(ByteBuffer(bytes: JSONWriter.bytes(value) + [0x0A]))
    }
}

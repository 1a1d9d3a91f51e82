internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOCore
internal import Store

extension Routes {
    /// `POST /v1/wait`
    @Sendable func waitForTasks(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        _ = try request.query(known: [])
        let wish = try WaitRequest(json: try await request.requiredDocument())
        try await requireVisible(wish.ids, to: context.caller)
        let seat = try access.takeWait(for: context.caller)
        defer { withExtendedLifetime(seat) {} }
        let (done, pending) = try await engine.wait(wish)
        let tasks = try await engine.store.tasks(wish.ids, within: Store.pageLimit)
        guard tasks.count == wish.ids.count else { return stream(["done": done, "pending": pending]) }
        // As all of them were at one moment, which may be later than the end of the wait.
        return Reply.json([
            "done": .array(tasks.filter(\.isDone).map { $0.json() }),
            "pending": .array(tasks.filter { !$0.isDone }.map { $0.json() }),
        ])
    }

    /// An object of lists of tasks, which are read as the client takes them: a reply may be larger than the memory.
    private func stream(_ lists: KeyValuePairs<String, [TaskID]>) -> Response {
        let body = ResponseBody { [store = engine.store] writer in
            var opening = "{"
            for (name, ids) in lists {
                try await writer.write(ByteBuffer(string: "\(opening)\"\(name)\":["))
                opening = ","
                var (rest, separator) = (ids[...], "")
                while !rest.isEmpty {
                    let tasks = try await store.tasks(rest, within: Self.pieceSize)
                    var piece = ByteBuffer()
                    for task in tasks {
                        piece.writeString(separator)
                        piece.writeBytes(JSONWriter.bytes(task.json()))
                        separator = ","
                    }
                    try await writer.write(piece)
                    rest = rest.dropFirst(tasks.count)
                }
                try await writer.write(ByteBuffer(string: "]"))
            }
            try await writer.write(ByteBuffer(string: "}"))
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/json"], body: body)
    }

    /// How much is read for a reply at once, in bytes: others are answered on the same thread.
    private static let pieceSize = 1 << 20

    /// `POST /v1/as_completed`: one task a line, as each is done.
    @Sendable func streamCompletions(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        _ = try request.query(known: [])
        let wish = try WaitRequest(json: try await request.requiredDocument(), mayBeEmpty: true)
        try await requireVisible(wish.ids, to: context.caller)
        _ = try await engine.store.states(wish.ids)
        let seat = try access.takeWait(for: context.caller)
        let body = ResponseBody { [engine] writer in
            defer { withExtendedLifetime(seat) {} }
            // Numbers wait for a client that is slow, and not what the tasks have printed.
            let (done, isDone) = AsyncStream<TaskID>.makeStream()
            async let waiting = {
                defer { isDone.finish() }
                return try await engine.asCompleted(wish.ids, timeout: wish.timeout) { isDone.yield($0) }
            }()
            for await id in done {
                for task in try await engine.store.tasks([id]) { try await writer.write(line: task.json()) }
            }
            let pending = try await waiting
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

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
        return Reply.json([
            "done": .array(done.map { $0.json() }), "pending": .array(pending.map { $0.json() }),
        ])
    }

    /// `POST /v1/as_completed`: one task a line, as each is done.
    @Sendable func streamCompletions(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        _ = try request.query(known: [])
        let wish = try WaitRequest(json: try await request.requiredDocument(), mayBeEmpty: true)
        try await requireVisible(wish.ids, to: context.caller)
        _ = try await engine.store.states(wish.ids)
        let seat = try access.takeWait(for: context.caller)
        let body = ResponseBody { [engine] writer in
            defer { withExtendedLifetime(seat) {} }
            let (lines, line) = AsyncThrowingStream<JSONValue, any Error>.makeStream()
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    do {
                        let pending = try await engine.asCompleted(wish.ids, timeout: wish.timeout) {
                            line.yield($0.json())
                        }
                        if !pending.isEmpty { line.yield(["timeout": true, "pending": .array(pending.map(\.json))]) }
                        line.finish()
                    } catch {
                        line.finish(throwing: error)
                    }
                }
                for try await value in lines {
                    try await writer.write(ByteBuffer(bytes: JSONWriter.bytes(value) + [0x0A]))
                }
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/x-ndjson"], body: body)
    }
}

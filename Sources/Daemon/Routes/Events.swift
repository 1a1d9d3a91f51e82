internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOCore
internal import Store

extension Routes {
    /// `GET /v1/events`: the event log as Server-Sent Events, whose ids are the durable sequence numbers.
    @Sendable func streamEvents(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let query = context.query
        let follow = try query["follow"]?.flag() ?? false
        let taskID = try query["task_id"].map { TaskID(try $0.number(in: 1...Int64.max)) }
        if let taskID {
            try await requireVisible([taskID], to: context.caller)
            _ = try await engine.task(taskID)
        }
        let owner = context.caller.seesOnly
        let lease = follow ? try access.takeWait(for: context.caller) : nil
        let last = try request.headers[.lastEventID].map {
            try Field(.string($0), path: "Last-Event-ID").number(in: 0...Int64.max)
        }
        let given = try query["after"]?.number(in: 0...Int64.max)
        // Who follows without saying from where wants to know what happens next.
        let start = follow ? try await engine.store.lastSequence() : 0
        // A browser that reconnects asks for the same address, and says in the header how far it has come.
        let after = last ?? given ?? start
        let body = ResponseBody { [engine] writer in
            defer { withExtendedLifetime(lease) {} }
            var sequence = after
            // Listening begins before reading, so that nothing committed in between is missed.
            let commits = engine.store.commits()
            var more = commits.makeAsyncIterator()
            while true {
                // Asked before reading, so that what was committed until then is sent.
                let isLastLook = !follow || engine.isStopping
                var mayBeMore = true
                while mayBeMore {
                    let page = try await engine.store.eventPage(after: sequence, taskID: taskID, owner: owner)
                    try await Self.write(page.events, to: &writer)
                    (sequence, mayBeMore) = (page.last, page.mayBeMore)
                }
                guard !isLastLook, await more.next() != nil else { break }
            }
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .lastEventID: String(after)],
            body: body)
    }

    private static func write(_ events: [Event], to writer: inout any ResponseBodyWriter) async throws {
        var frames = ByteBuffer()
        for event in events {
            frames.writeString(event.frame)
            guard frames.readableBytes > 65_536 else { continue }
            try await writer.write(frames)
            frames = ByteBuffer()
        }
        if frames.readableBytes > 0 { try await writer.write(frames) }
    }
}

extension Event {
    /// The event as one frame of a Server-Sent Events stream (HTML Standard, 9.2).
    fileprivate var frame: String {
        "id: \(sequence)\nevent: \(type)\ndata: \(json.text())\n\n"
    }
}

internal import Engine
internal import HTTPTypes
internal import Hummingbird
internal import Model
internal import NIOCore
internal import Store

extension Routes {
    /// `GET /v1/events`: the event log as Server-Sent Events, whose ids are the durable sequence numbers.
    @Sendable func streamEvents(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let query = try EventsQuery(request, context.query)
        if let taskID = query.taskID {
            try await requireVisible([taskID], to: context.caller)
            _ = try await engine.task(taskID)
        }
        let owner = context.caller.seesOnly
        let lease = query.follow ? try access.takeWait(for: context.caller) : nil
        let after = try await start(of: query)
        let body = ResponseBody { [engine] writer in
            defer { withExtendedLifetime(lease) {} }
            try await Self.write(query, after: after, owner: owner, of: engine, to: &writer)
            try await writer.finish(nil)
        }
        return Response(
            status: .ok,
            headers: [.contentType: "text/event-stream", .cacheControl: "no-store", .lastEventID: String(after)],
            body: body)
    }

    /// After which event the answer begins.
    private func start(of query: EventsQuery) async throws -> Int64 {
        if let after = query.after { return after }
        // Who follows without saying from where wants to know what happens next.
        return query.follow ? try await engine.store.lastSequence() : 0
    }

    /// Writes the events that are there, and, to who follows, those that come, until the daemon stops.
    private static func write(
        _ query: EventsQuery, after: Int64, owner: UInt32?, of engine: Engine, to writer: inout any ResponseBodyWriter
    ) async throws {
        var sequence = after
        // Listening begins before reading, so that nothing committed in between is missed.
        let commits = engine.store.commits()
        var more = commits.makeAsyncIterator()
        while true {
            // Asked before reading, so that what was committed until then is sent.
            let isLastLook = !query.follow || engine.isStopping
            var mayBeMore = true
            while mayBeMore {
                let page = try await engine.store.eventPage(after: sequence, taskID: query.taskID, owner: owner)
                try await write(page.events, to: &writer)
                (sequence, mayBeMore) = (page.last, page.mayBeMore)
            }
            guard !isLastLook, await more.next() != nil else { return }
        }
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

/// Which events are asked for.
private struct EventsQuery {
    /// Those of this task alone; `nil` for all.
    let taskID: TaskID?
    /// Those after this one; `nil` where nobody says.
    let after: Int64?
    let follow: Bool

    init(_ request: Request, _ query: [String: Field]) throws(InvalidInput) {
        follow = try query["follow"]?.flag() ?? false
        let number = try query["task_id"]?.number(in: 1...Int64.max)
        taskID = number.map { TaskID($0) }
        let given = try query["after"]?.number(in: 0...Int64.max)
        // A browser that reconnects asks for the same address, and says in the header how far it has come.
        after = try Self.last(request) ?? given
    }

    private static func last(_ request: Request) throws(InvalidInput) -> Int64? {
        guard let text = request.headers[.lastEventID] else { return nil }
        return try Field(.string(text), path: "Last-Event-ID").number(in: 0...Int64.max)
    }
}

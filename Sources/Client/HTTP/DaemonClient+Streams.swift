internal import Model

extension DaemonClient {
    /// Calls `consume` with each line of JSON in the answer to `request`, as it arrives.
    ///
    /// - Parameter consume: answers whether to go on.
    func forEachLine(of request: Request, _ consume: (JSONValue) async throws -> Bool) async throws {
        try await withReply(to: request) { body in
            var lines = LineBuffer()
            while let bytes = try await body.next() {
                lines.append(bytes)
                while let line = lines.next() {
                    if line.isEmpty { continue }
                    guard try await consume(Self.parsed(line)) else { return }
                }
            }
            if !lines.rest.isEmpty { _ = try await consume(Self.parsed(lines.rest)) }
        }
    }

    /// Calls `consume` with the events in the answer to `request`, as they arrive: once with none when the stream stands,
    /// then with those of each packet.
    func forEachEventBatch(of request: Request, _ consume: ([TaskEvent]) async throws -> Void) async throws {
        try await withReply(to: request) { body in
            var events = ServerSentEvents()
            try await consume([])
            while let bytes = try await body.next() {
                events.append(bytes)
                var batch: [TaskEvent] = []
                while let event = events.next() { batch.append(try TaskEvent(data: event.data)) }
                if !batch.isEmpty { try await consume(batch) }
            }
        }
    }

    private static func parsed(_ line: [UInt8]) throws -> JSONValue {
        do {
            return try JSONParser.parse(line)
        } catch {
            throw ClientError.unexpectedReply(error.description)
        }
    }
}

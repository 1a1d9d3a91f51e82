internal import Model

/// Calls the daemon: HTTP/1.1 over its Unix socket, one connection a call.
///
/// All calls block. A command waits for one or two connections at a time, so there are no threads to wait on its behalf.
struct DaemonClient {
    /// Where the daemon listens.
    let socketPath: String

    /// The daemon's answer to `request`.
    ///
    /// - Throws: ``ClientError`` when the daemon is not reachable, refuses, or answers no JSON.
    func json(_ request: Request, timeout: Duration? = nil) throws(ClientError) -> JSONValue {
        try Exchange(request, to: socketPath, timeout: timeout).json()
    }

    /// The daemon's answer to `request`, to be read as it arrives.
    func open(_ request: Request) throws(ClientError) -> Exchange {
        try Exchange(request, to: socketPath)
    }

    /// Calls `consume` with each line of JSON in the answer to `request`, as it arrives.
    ///
    /// - Parameter consume: answers whether to go on.
    /// - Throws: what `consume` throws; ``ClientError``, also when a line says that the daemon stops.
    func forEachLine(of request: Request, _ consume: (JSONValue) throws -> Bool) throws {
        let reply = try open(request)
        var lines = LineBuffer()
        while let bytes = try reply.next() {
            lines.append(bytes)
            while let line = lines.next() {
                if line.isEmpty { continue }
                let json = try ClientError.parsingReply(line)
                if json["stopping"] == true, json["id"] == nil {
                    throw ClientError.stopping
                }
                guard try consume(json) else { return }
            }
        }
        if !lines.rest.isEmpty { _ = try consume(ClientError.parsingReply(lines.rest)) }
    }
}

// MARK: - Events

extension DaemonClient {
    /// Calls `look` now, and again whenever something happened to any task, until the daemon stops.
    ///
    /// What happens during a look leads to one more look, however much it is.
    /// - Throws: what `look` throws; ``ClientError``, also when the daemon stops.
    func whenSomethingHappens(_ look: () throws -> Void) throws {
        let reply = try open(.eventsFromNow)
        do {
            try look()
            while try reply.next() != nil {
                while reply.isReadable, try reply.next() != nil {}
                try look()
            }
        } catch let error as ClientError {
            throw error.afterAnAnswer
        }
        throw ClientError.stopping
    }

    /// The daemon's answer to `request`, which may take long; meanwhile `consume` is called with what happens.
    ///
    /// - Parameter consume: called once with no events when nothing can be missed any more, then with those of each packet.
    func json(
        _ request: Request, following events: Request, _ consume: ([TaskEvent]) throws -> Void
    ) throws -> JSONValue {
        let stream = EventStream(try open(events))
        do {
            let reply = try Exchange(sending: request, to: socketPath)
            try consume([])
            while true {
                if !stream.reply.hasBuffered {
                    let ready = UnixSocket.wait([(reply.socket, .readable), (stream.reply.socket, .readable)])
                    if ready[0].contains(.readable) { break }
                }
                guard let events = try stream.next() else { break }
                try consume(events)
            }
            try reply.finishHead()
            return try reply.json()
        } catch let error as ClientError {
            throw error.afterAnAnswer
        }
    }
}

/// The events in a reply of the daemon.
final class EventStream {
    let reply: Exchange
    private var events = ServerSentEvents()

    /// The events in `reply`.
    init(_ reply: Exchange) {
        self.reply = reply
    }

    /// The number of the event before the first that can come; `nil` when the daemon does not tell.
    var start: Int64? { reply.number(inHeader: "last-event-id") }

    /// The events of the next packet, perhaps none, or `nil` at the end.
    func next() throws(ClientError) -> [TaskEvent]? {
        guard let bytes = try reply.next() else { return nil }
        events.append(bytes)
        var batch: [TaskEvent] = []
        while let event = events.next() { batch.append(try TaskEvent(data: event.data)) }
        return batch
    }
}

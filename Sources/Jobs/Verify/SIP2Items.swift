internal import Model

/// Asks a library system about books through SIP2, on one connection as long as that holds.
struct SIP2Items: ItemSystem {
    private let access: SIP2Access
    private let context: JobContext
    private var session: SIP2Session?

    /// A talk with the system that `access` names; it is connected to when it is asked.
    init(_ access: SIP2Access, _ context: JobContext) {
        self.access = access
        self.context = context
    }

    var rate: Int { access.rate }

    mutating func item(_ barcode: String) async throws(SourceError) -> ItemReport {
        guard let item = try await find(barcode) else { return .unknown }
        return ItemReport(item)
    }

    /// The state of the item with `barcode`, or `nil` when the system knows none.
    mutating func find(_ barcode: String) async throws(SourceError) -> SIP2Item? {
        let wasConnected = session != nil
        do throws(SourceError) { return try await ask(barcode) } catch {
            // Systems hang up when they like: that says nothing about the book.
            guard wasConnected, error.code == .connect else { throw error }
            return try await ask(barcode)
        }
    }

    mutating func close() async {
        await session?.close()
        session = nil
    }

    private mutating func ask(_ barcode: String) async throws(SourceError) -> SIP2Item? {
        var session: SIP2Session
        if let open = self.session { session = open } else { session = try await SIP2Session.open(access, context) }
        self.session = session
        do throws(SourceError) {
            let item = try await session.item(barcode)
            self.session = session
            return item
        } catch {
            // Question and answer may be out of step from here on.
            await close()
            throw error.at(access.place)
        }
    }
}

extension ItemReport {
    fileprivate init(_ item: SIP2Item) {
        self.init(answer: item.state.map(ItemAnswer.known) ?? .unclear, word: item.status, title: item.title)
    }
}

extension SIP2Item {
    /// Where the book is; `nil` for a status that does not say.
    ///
    /// One that a reader claims to have returned is neither with him nor known to be back.
    fileprivate var state: ItemState? {
        switch status {
        case "available": .onShelf
        case "charged", "charged_until_recall", "recalled": .onLoan
        case "on_order", "in_process", "on_hold_shelf", "to_be_reshelved", "in_transit": .inTransit
        case "lost": .lost
        case "claimed_returned", "missing": .missing
        default: nil
        }
    }
}

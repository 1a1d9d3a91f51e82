internal import Model

/// What is known of a list after the pages walked so far, and whether the repository contradicts itself.
struct OAIWalk {
    /// The most identifiers that are kept apart.
    private static let maximumIdentifiers = 20_000_000
    /// The longest token, in bytes: it is sent in the line of a request, and few servers take a longer one.
    private static let maximumToken = 8 << 10

    /// How many pages were taken.
    private(set) var pages = 0
    /// The identifiers on the last page that had not been on one before, and are not deleted.
    private(set) var newIdentifiers: [String] = []

    private var live: Int64 = 0
    private var deleted: Int64 = 0
    private var repeated: Int64 = 0
    private var size: Int64?
    private var hasStalled = false
    /// The hashes of the tokens and identifiers: 64 bits with a seed of this process tell millions apart, in an eighth of the
    /// room.
    private var tokens: Set<Int> = []
    private var identifiers: Set<Int> = []

    /// Whether a record was seen that is deleted: the size of the list counts such ones too.
    var hasDeleted: Bool { deleted > 0 }

    /// How far the walk has come, when the size of the list is known.
    var progress: Progress {
        let seen = Double(live + deleted)
        return Progress(completed: seen, total: max(Double(size ?? 0), seen, 1))
    }

    /// Takes a page; answers the token of the next one, or `nil` after the last.
    ///
    /// - Throws: ``SourceError`` when a header has no identifier, there are too many, or the token is too long.
    mutating func take(_ page: OAIPage) throws(SourceError) -> String? {
        pages += 1
        if let size = page.completeListSize, size >= 0 { self.size = size }
        var hasNew = false
        newIdentifiers.removeAll(keepingCapacity: true)
        for header in page.headers {
            guard !header.identifier.isEmpty else {
                throw SourceError(.unexpectedDocument, "the list has a header without an identifier")
            }
            guard identifiers.insert(ExactText(header.identifier).hashValue).inserted else {
                repeated += 1
                continue
            }
            hasNew = true
            if header.isDeleted {
                deleted += 1
            } else {
                live += 1
                newIdentifiers.append(header.identifier)
            }
        }
        guard identifiers.count <= Self.maximumIdentifiers else {
            throw SourceError(.tooLarge, "the list has more than \(Self.maximumIdentifiers) identifiers")
        }
        guard let token = page.token, !token.isEmpty else { return nil }
        guard token.utf8.count <= Self.maximumToken else {
            throw SourceError(
                .tooLarge, "its resumptionToken is longer than \(Self.maximumToken) bytes; mode: size needs none")
        }
        hasStalled = !hasNew || !tokens.insert(ExactText(token).hashValue).inserted
        return hasStalled ? nil : token
    }

    /// Whether a list of `size` records has more than those seen so far, as the token of a next page says. Some
    /// repositories tell the size of the page instead of that of the list.
    func hasMore(in size: Int64) -> Bool { size > live + deleted }

    /// The count that the repository told itself, which may be an estimate (OAI-PMH, section 3.5.1) and counts deleted
    /// records too.
    ///
    /// - Throws: ``SourceError`` with `inconsistent` when more records were seen already.
    func estimate(size: Int64) throws(SourceError) -> SourceCount {
        let seen = live + deleted
        guard size >= seen else {
            throw SourceError(
                .inconsistent, "the list says it has \(size) records, and its first page has \(seen); use mode: walk")
        }
        var details: JSONObject = ["mode": "size"]
        if repeated > 0 || !hasMore(in: size) { details["inconsistent"] = true }
        return try SourceCount(size, isExact: false, details: details)
    }

    /// The count after the last page.
    ///
    /// - Throws: ``SourceError`` with `inconsistent` when the list repeats itself, or is not as long as it says.
    func finish() throws(SourceError) -> SourceCount {
        let seen = live + deleted
        guard !hasStalled || size == seen else {
            throw SourceError(
                .inconsistent, "the list goes in circles after \(seen) identifiers; mode: size may be all it can tell")
        }
        guard repeated == 0 || hasStalled else {
            throw SourceError(
                .inconsistent, "the list repeats \(repeated) identifiers; mode: size may be all it can tell")
        }
        if let size, !(live...seen).contains(size) {
            throw SourceError(
                .inconsistent, "the list says it has \(size) records and has \(live), and \(deleted) deleted",
                isRetryable: true)
        }
        let details: JSONObject = [
            "mode": "walk", "live": .int(live), "deleted": .int(deleted), "pages": .int(Int64(pages)),
        ]
        return try SourceCount(live, isExact: !hasStalled, details: details)
    }
}

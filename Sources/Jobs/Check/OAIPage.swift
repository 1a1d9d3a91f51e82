internal import Model

/// One page of an OAI-PMH list of identifiers.
///
/// It matches names alone; some repositories wrap each header in a `record`, or misspell what is not looked at.
struct OAIPage: XMLDocumentHandler {
    /// The most headers a page may have.
    private static let maximumHeaders = 1_000_000

    /// A record, or what is left of one.
    struct Header {
        /// Its identifier; empty when it has none.
        var identifier = ""
        /// Whether it stands for a record that was deleted.
        let isDeleted: Bool
    }

    /// The headers, in the order given.
    private(set) var headers: [Header] = []
    /// What to ask the next page with; empty on the last page of several, `nil` when there is but one.
    private(set) var token: String?
    /// How many headers the whole list has, as the repository tells or estimates.
    private(set) var completeListSize: Int64?
    /// The first complaint, when there is one; that no record matches is none beside another.
    private(set) var error: (code: String, text: String)?

    private var isInHeader = false
    private var isInToken = false
    private var hasList = false

    /// Whether it lists nothing, and leads to no page that does.
    var isEmpty: Bool { headers.isEmpty && token?.isEmpty ?? true }

    mutating func start(_ element: XMLElement) throws(SourceError) {
        guard !isInToken else {
            throw SourceError(.unexpectedDocument, "has a token that is more than text; check url")
        }
        switch (element.depth, element.name) {
        case (0, "OAI-PMH"): break
        case (0, let name):
            throw SourceError(
                .unexpectedDocument, "is not an OAI-PMH response but a document \(name.excerpt); check url")
        case (1, "ListIdentifiers"): hasList = true
        // Where a list should begin, or in its place.
        case (1...2, "error"):
            if error == nil || error?.code == "noRecordsMatch" { error = (element.attributes["code"] ?? "", "") }
        case (_, "header") where hasList:
            guard headers.count < Self.maximumHeaders else {
                throw SourceError(.tooLarge, "has more than \(Self.maximumHeaders) headers on a page")
            }
            isInHeader = true
            headers.append(Header(isDeleted: element.attributes["status"] == "deleted"))
        case (_, "resumptionToken") where hasList:
            isInToken = true
            completeListSize = element.attributes["completeListSize"].flatMap(Int64.init)
        default: break
        }
    }

    mutating func end(_ name: String, text: String, depth: Int) throws(SourceError) {
        switch name {
        case "header": isInHeader = false
        case "identifier" where isInHeader: headers[headers.count - 1].identifier = String(text.trimmingSpace)
        case "resumptionToken" where hasList:
            isInToken = false
            token = String(text.trimmingSpace)
        case "error" where 1...2 ~= depth: if error?.text.isEmpty == true { error?.text = text.excerpt }
        case "OAI-PMH" where depth == 0:
            guard hasList || error != nil else {
                throw SourceError(.unexpectedDocument, "lists no identifiers; check url")
            }
        default: break
        }
    }
}

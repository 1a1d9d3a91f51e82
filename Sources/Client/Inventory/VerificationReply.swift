internal import Model

/// What looking at every book found.
struct VerificationReply {
    /// What came of one book that is not as it should be.
    struct Problem {
        let barcode: String
        let status: String
        let systemStatus: String
        let title: String
    }

    /// How many books have each status, in the order of the daemon; those that no book has are left out.
    let statuses: [(status: String, count: Int64)]
    let problems: [Problem]
    let total: Int64?
    /// Why there is nothing to tell.
    let exception: ExceptionInfo?

    /// What `json` describes; `nil` when the job asks for no verification.
    init?(json: JSONValue) {
        guard json != .null else { return nil }
        exception = json["exception"].flatMap(ExceptionInfo.init(json:))
        total = json["total"]?.intValue
        statuses = (json["statuses"]?.objectValue ?? [:]).compactMap { status, count in
            count.intValue.flatMap { $0 > 0 ? (status, $0) : nil }
        }
        problems = (json["problems"]?.arrayValue ?? []).map { problem in
            func text(_ key: String) -> String { problem[key]?.stringValue ?? "" }
            return Problem(
                barcode: text("barcode"), status: text("status"), systemStatus: text("system_status"),
                title: text("title"))
        }
    }

    /// How many books are not as they should be.
    var problemCount: Int64 {
        statuses.filter { !$0.status.hasPrefix("ok_") }.map(\.count).reduce(0, +)
    }

    /// What each status means to whoever stands before the shelf.
    static let meanings = [
        "ok_on_shelf": "on the shelf, as the system says",
        "ok_checked_out": "on loan, and not on the shelf",
        "missing": "not on the shelf, and the system knows it",
        "on_shelf_but_checked_out": "on the shelf, but on loan to the system",
        "on_shelf_but_lost": "on the shelf, but lost to the system",
        "in_transit": "on its way, says the system",
        "unknown_barcode": "the system does not know it",
        "scanned_twice": "scanned more than once",
        "not_scanned": "should be on the shelf, was not scanned",
        "unverifiable": "the system did not answer for it, or with a word that nobody has explained",
    ]
}

extension Table {
    /// How many books have each status.
    init(verification: VerificationReply) {
        self.init([
            Column(title: "STATUS"), Column(title: "BOOKS", isNumeric: true), Column(title: "MEANS", canShrink: true),
        ])
        for (status, count) in verification.statuses {
            let colour: Colour = status.hasPrefix("ok_") ? .green : .yellow
            append([
                Cell(status, colour), Cell(String(count)), Cell(VerificationReply.meanings[status] ?? ""),
            ])
        }
    }

    /// Books that are not as they should be.
    init(problems: some Sequence<VerificationReply.Problem>) {
        self.init([
            Column(title: "BARCODE", canShrink: true), Column(title: "STATUS"),
            Column(title: "SYSTEM", canShrink: true), Column(title: "TITLE", canShrink: true),
        ])
        for problem in problems {
            append([
                Cell(problem.barcode), Cell(problem.status, .yellow), Cell(problem.systemStatus), Cell(problem.title),
            ])
        }
    }
}

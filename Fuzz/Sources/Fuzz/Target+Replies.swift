@testable internal import Client
internal import Model

extension Target {
    /// What comes over the socket to `taskctl`, and what it shows on a terminal.
    static let replies = [
        Target(name: "reply") { bytes in
            bytes.requireSameAnswer("a reply") { pieces in
                var reply = SeenReply()
                let ending = result { () throws(ClientError) in try reply.read(pieces) }.mapError(\.message.quoted)
                return [reply.description, "\(ending)"]
            }
        },
        Target(name: "events") { bytes in
            bytes.requireSameAnswer("events") { pieces in
                var (events, seen) = (ServerSentEvents(), [ServerSentEvent]())
                for piece in pieces {
                    events.append(Array(piece))
                    while let event = events.next() { seen.append(event) }
                }
                return seen
            }
        },
        Target(name: "output") { bytes in
            bytes.requireSameAnswer("shown output") { pieces in
                var output = VisibleBytes()
                var shown = ""
                for piece in pieces { shown += output.show(piece) }
                shown += output.finish()
                let isSafe = shown.unicodeScalars.allSatisfy { $0 == "\n" || $0 == "\t" || !$0.isUnsafeToShow }
                require(isSafe, "\(shown) is safe to show")
                return shown
            }
            for width in [0, 1, 8] {
                let cut = bytes.text.shown.truncated(toWidth: width)
                require(cut.displayWidth <= width, "\(cut) fits into \(width) columns")
            }
        },
    ]
}

extension String {
    /// The text as an error, so that results can be compared.
    fileprivate var quoted: QuotedError { QuotedError(message: self) }
}

private struct QuotedError: Error, Equatable {
    let message: String
}

/// Writes down the parts of a reply.
private struct SeenReply: CustomStringConvertible {
    private(set) var description = ""
    private var parser = ReplyParser()

    mutating func read(_ pieces: [ArraySlice<UInt8>]) throws(ClientError) {
        for piece in pieces {
            parser.append(Array(piece))
            while let part = try parser.next() {
                switch part {
                case .head(let status): description += "head \(status)\n"
                case .body(let bytes): description += bytes.map { String($0, radix: 16) + " " }.joined()
                case .end: description += "\nend"
                }
            }
        }
        description += parser.mayEnd ? "" : "\ncut off"
    }
}

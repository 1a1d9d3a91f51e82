/// What the records of several sources are compared by.
package enum KeyKind: String, Sendable, Hashable, CaseIterable {
    /// The number a record has in its catalogue, the MARC field 001.
    case controlNumber = "control_number"
    /// The International Standard Book Number, of 10 or 13 digits (ISO 2108).
    case isbn
    /// What a scanner reads from a copy.
    case barcode
}

extension Source {
    /// Whether the source can tell the keys of that kind of what it counts.
    package func givesKeys(by kind: KeyKind) -> Bool {
        switch self {
        case .sqlite(_, _, let keys): keys != nil
        case .file(_, .csv, let key): key != nil
        case .file(_, .marc, let key), .file(_, .marcxml, let key): key != nil || kind != .barcode
        case .sru: kind != .barcode
        case .oai(let source): kind == .controlNumber && source.mode != .size
        case .command, .json, .sip2: false
        }
    }

    /// What the source would need to tell such keys, for messages.
    package func wantedForKeys(by kind: KeyKind) -> String {
        switch self {
        case .sqlite: "needs keys, a SELECT that answers them"
        case .file: "needs key, which names where they stand"
        case .oai(let source) where kind == .controlNumber && source.mode == .size: "needs mode: walk"
        case .sru, .oai, .command, .json, .sip2: "cannot tell them"
        }
    }
}

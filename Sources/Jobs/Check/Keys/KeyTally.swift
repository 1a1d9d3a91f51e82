internal import Model

/// How many keys a source has told.
struct KeyTally: Sendable, Hashable {
    /// Different ones.
    let keys: Int64
    /// Those that several records have.
    let duplicates: Int64
    /// What stands where a key should and is none, as an ISBN with a misprint.
    let unusable: Int64
    /// Records that have nothing there.
    let withoutKey: Int64

    /// The tally as it stands in the detail of a check.
    func json(by kind: KeyKind) -> JSONValue {
        [
            "by": .string(kind.rawValue), "keys": .int(keys), "unusable": .int(unusable),
            "duplicates": .int(duplicates), "without_key": .int(withoutKey),
        ]
    }
}

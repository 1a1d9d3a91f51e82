/// How two rows of keys differ.
package struct KeyComparison: Sendable, Hashable {
    /// Keys of one kind: how many, and the first of them.
    package struct List: Sendable, Hashable {
        /// How many there are.
        package private(set) var count: Int64 = 0
        /// The first of them, in order.
        package private(set) var keys: [String] = []

        fileprivate mutating func add(_ key: String, limit: Int) {
            count += 1
            if keys.count < limit { keys.append(key) }
        }
    }

    /// Those that only the first row has.
    package private(set) var onlyFirst = List()
    /// Those that only the second row has.
    package private(set) var onlySecond = List()
    /// Those that both have.
    package private(set) var both = List()

    private let limit: Int

    /// A comparison of nothing yet, of which up to `limit` keys of each kind are kept.
    init(limit: Int) {
        self.limit = limit
    }

    /// Takes the next key, and where it is found.
    mutating func add(_ entry: KeyEntry, _ place: KeyMerge.Place) {
        switch place {
        case .first: onlyFirst.add(entry.key, limit: limit)
        case .second: onlySecond.add(entry.key, limit: limit)
        case .both: both.add(entry.key, limit: limit)
        }
    }
}

/// A key, and how many records have it. Keys are in the order of their bytes, which is SQLite's.
package struct KeyEntry: Sendable, Hashable {
    /// The key.
    package let key: String
    /// How many records have it.
    package let times: Int64
}

extension KeyEntry {
    /// Whether this key comes before that of `other`. Swift compares strings by what they mean, where `é` may be written in
    /// two ways; here they are two keys.
    func precedes(_ other: KeyEntry) -> Bool {
        key.utf8.lexicographicallyPrecedes(other.key.utf8)
    }
}

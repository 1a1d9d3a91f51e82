/// The attributes of an element, in the order they stand there. There are few of them: looking at each is faster than
/// hashing any.
struct XMLAttributes {
    /// Each with its name without prefix, and its value.
    private(set) var all: [(name: String, value: String)] = []

    /// The value of the attribute `name`, or `nil` when there is none.
    subscript(name: String) -> String? { all.first { $0.name == name }?.value }

    /// Adds an attribute whose name was written as it is, or, with `hasPrefix`, one that gives way to such a one.
    mutating func add(_ name: String, _ value: String, hasPrefix: Bool) {
        guard let index = all.firstIndex(where: { $0.name == name }) else { return all.append((name, value)) }
        if !hasPrefix { all[index].value = value }
    }
}

/// A JSON object that keeps its keys in the order they were written. Keys are equal if their code units are (``ExactText``).
///
/// A task is an object of thirty members that are written once and never looked up; most others have fewer. So the members
/// stand in a list, and only an object with many of them has an index beside it.
package struct JSONObject: Sendable {
    private var members: [Element] = []
    /// Where each key stands; empty while looking through the list is faster.
    private var places: [ExactText: Int] = [:]
    private static let maximumUnindexedCount = 32

    /// An object with no members.
    package init() {}

    /// The keys in order.
    package var keys: some Sequence<String> { members.lazy.map(\.key) }

    /// The value under `key`; assigning to a new key appends it.
    package subscript(key: String) -> JSONValue? {
        get { place(of: key).map { members[$0].value } }
        set {
            if let newValue {
                updateValue(newValue, forKey: key)
            } else {
                removeValue(forKey: key)
            }
        }
    }

    /// Sets the value under `key` and returns the one that stood there.
    @discardableResult
    package mutating func updateValue(_ value: JSONValue, forKey key: String) -> JSONValue? {
        guard let place = place(of: key) else {
            append((key, value))
            return nil
        }
        defer { members[place].value = value }
        return members[place].value
    }

    /// Takes the member `key` out and returns its value.
    @discardableResult
    package mutating func removeValue(forKey key: String) -> JSONValue? {
        guard let place = place(of: key) else { return nil }
        defer { makeIndex() }
        return members.remove(at: place).value
    }

    /// Adds the members of `other`; where both have a key, the value of `other` stands, in the place of the first.
    package mutating func merge(_ other: JSONObject) {
        for (key, value) in other { updateValue(value, forKey: key) }
    }
}

extension JSONObject {
    /// An object with these members, whose keys are all different.
    package init(distinct members: [Element]) {
        self.members = members
        makeIndex()
    }

    private func place(of key: String) -> Int? {
        members.count > Self.maximumUnindexedCount
            ? places[ExactText(key)] : members.firstIndex { $0.key.isExactly(key) }
    }

    private mutating func append(_ member: Element) {
        members.append(member)
        if members.count == Self.maximumUnindexedCount + 1 {
            makeIndex()
        } else if members.count > Self.maximumUnindexedCount {
            places[ExactText(member.key)] = members.count - 1
        }
    }

    private mutating func makeIndex() {
        places = [:]
        guard members.count > Self.maximumUnindexedCount else { return }
        for (place, member) in members.enumerated() { places[ExactText(member.key)] = place }
    }
}

extension JSONObject: Collection {
    package typealias Element = (key: String, value: JSONValue)

    package var startIndex: Int { 0 }
    package var endIndex: Int { members.count }
    package func index(after position: Int) -> Int { position + 1 }

    package subscript(position: Int) -> Element { members[position] }
}

extension JSONObject: Hashable {
    /// Objects are equal when they have the same members in the same order.
    package static func == (left: JSONObject, right: JSONObject) -> Bool {
        left.members.elementsEqual(right.members) { $0.key.isExactly($1.key) && $0.value == $1.value }
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(members.count)
        for (key, value) in members {
            hasher.combine(ExactText(key))
            hasher.combine(value)
        }
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        for (key, value) in elements { updateValue(value, forKey: key) }
    }
}

internal import OrderedCollections

/// A JSON object that keeps its keys in the order they were written.
package struct JSONObject: Sendable, Hashable {
    private var members: OrderedDictionary<String, JSONValue>

    /// An object with no members.
    package init() {
        members = [:]
    }

    /// The keys in order.
    package var keys: some Sequence<String> { members.keys }

    /// The value under `key`; assigning to a new key appends it.
    package subscript(key: String) -> JSONValue? {
        get { members[key] }
        set { members[key] = newValue }
    }

    /// Sets the value under `key` and answers the one that stood there.
    @discardableResult
    package mutating func updateValue(_ value: JSONValue, forKey key: String) -> JSONValue? {
        members.updateValue(value, forKey: key)
    }

    /// Takes the member `key` out and answers its value.
    @discardableResult
    package mutating func removeValue(forKey key: String) -> JSONValue? {
        members.removeValue(forKey: key)
    }

    /// Adds the members of `other`; where both have a key, the value of `other` stands, in the place of the first.
    package mutating func merge(_ other: JSONObject) {
        members.merge(other.members) { _, last in last }
    }
}

extension JSONObject: Collection {
    package typealias Element = (key: String, value: JSONValue)

    package var startIndex: Int { 0 }
    package var endIndex: Int { members.count }
    package func index(after position: Int) -> Int { position + 1 }

    package subscript(position: Int) -> Element {
        let element = members.elements[position]
        return (element.key, element.value)
    }
}

extension JSONObject {
    /// An object with these members, whose keys are all different.
    package init(distinct members: [(String, JSONValue)]) {
        self.members = OrderedDictionary(uncheckedUniqueKeysWithValues: members)
    }
}

extension JSONObject: ExpressibleByDictionaryLiteral {
    package init(dictionaryLiteral elements: (String, JSONValue)...) {
        members = OrderedDictionary(elements) { _, last in last }
    }
}

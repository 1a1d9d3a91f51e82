/// One MARCXML record, followed from its start tag to its end tag: whether it was deleted, and what stands where a key points.
struct MARCXMLRecord: Sendable {
    /// Whether its leader says that it was deleted.
    private(set) var isDeleted = false
    /// What stands where the key points, blank text left out.
    private(set) var values: [String] = []

    private let depth: Int
    private let key: MARCKey?
    private var isInField = false
    private var subfield: UInt8?

    /// A record whose element has `depth` others around it.
    init(depth: Int, key: MARCKey?) {
        self.depth = depth
        self.key = key
    }

    /// An element within it starts.
    mutating func start(_ element: XMLElement) {
        switch element.name {
        case "controlfield", "datafield":
            guard let key, element.depth == depth + 1 else { break }
            isInField = element.attributes["tag"]?.utf8.elementsEqual(key.tag) ?? false
        case "subfield":
            let code = element.attributes["code"]?.utf8
            subfield = code?.count == 1 ? code?.first : nil
        default: break
        }
    }

    /// An element ends; answers whether it is the record itself.
    mutating func end(_ name: String, text: String, depth: Int) -> Bool {
        switch name {
        case "leader" where depth == self.depth + 1: isDeleted = text.utf8.dropFirst(5).first == UInt8(ascii: "d")
        case "controlfield" where isInField:
            if key?.subfield == nil { take(text) }
            isInField = false
        case "subfield" where isInField:
            if key?.subfield == nil || key?.subfield == subfield { take(text) }
        case "datafield": isInField = false
        default: break
        }
        return depth == self.depth
    }

    private mutating func take(_ text: String) {
        if text.utf8.contains(where: { $0 > 0x20 }) { values.append(text) }
    }
}

internal import CYaml
internal import Model

/// Looks through a YAML document for keys that are no plain values, before it is read as a whole.
///
/// JSON has no such keys, and what reads the document compares the keys of each mapping with one another, aliases written out:
/// a key of a few lines of aliases would take years. The events of libyaml, which Yams is made of, have them as they stand.
struct YAMLKeys: ~Copyable {
    private struct Level {
        let isMapping: Bool
        var isAtKey: Bool
        let anchor: String?
    }

    /// How many bytes the keys that aliases stand for may have together.
    private static let maximumBytes = 64 << 20

    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private var levels: [Level] = []
    /// How many bytes the texts have that have had anchors.
    private var texts: [String: Int] = [:]
    /// The anchors that sequences and mappings have now.
    private var collections: Set<String> = []
    private var bytes = 0

    private init() {
        yaml_parser_initialize(parser)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// Requires that all keys in `bytes` are plain values, as far as they are YAML.
    ///
    /// - Throws: ``InvalidInput`` for the first that is not.
    static func requirePlain(in bytes: [UInt8]) throws(InvalidInput) {
        var keys = YAMLKeys()
        let result = bytes.withUnsafeBufferPointer { bytes in
            yaml_parser_set_input_string(keys.parser, bytes.baseAddress, bytes.count)
            return Result { () throws(InvalidInput) in try keys.readAll() }
        }
        try result.get()
    }

    private mutating func readAll() throws(InvalidInput) {
        var event = yaml_event_t()
        // What is no YAML is told by whoever reads it next.
        while yaml_parser_parse(parser, &event) == 1 {
            let isLast = event.type == YAML_STREAM_END_EVENT
            let isPlain = note(event)
            let line = event.start_mark.line + 1
            yaml_event_delete(&event)
            guard isPlain else {
                throw InvalidInput(
                    code: .syntax, path: "", message: "not YAML as JSON: line \(line): a key must be a plain value")
            }
            guard bytes <= Self.maximumBytes else {
                throw InvalidInput(
                    code: .limit, path: "", message: "line \(line): the keys are too large, aliases written out")
            }
            if isLast { return }
        }
    }

    /// Takes an event in; `false` when it begins a key that is not a plain value.
    private mutating func note(_ event: yaml_event_t) -> Bool {
        let isKey = levels.last?.isAtKey ?? false
        switch event.type {
        case YAML_SCALAR_EVENT:
            passNode()
            if let anchor = Self.name(event.data.scalar.anchor) {
                collections.remove(anchor)
                texts[anchor] = event.data.scalar.length
            }
        case YAML_ALIAS_EVENT:
            passNode()
            guard isKey, let anchor = Self.name(event.data.alias.anchor) else { return true }
            bytes += texts[anchor] ?? 0
            return !collections.contains(anchor)
        case YAML_SEQUENCE_START_EVENT:
            passNode()
            begin(isMapping: false, event.data.sequence_start.anchor)
            return !isKey
        case YAML_MAPPING_START_EVENT:
            passNode()
            begin(isMapping: true, event.data.mapping_start.anchor)
            return !isKey
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            // Until here its anchor stood for what had it before.
            if let anchor = levels.popLast()?.anchor { collections.insert(anchor) }
        default:
            break
        }
        return true
    }

    private mutating func begin(isMapping: Bool, _ anchor: UnsafeMutablePointer<yaml_char_t>?) {
        levels.append(Level(isMapping: isMapping, isAtKey: isMapping, anchor: Self.name(anchor)))
    }

    /// In a mapping a value comes after a key, and a key after a value.
    private mutating func passNode() {
        guard let level = levels.indices.last, levels[level].isMapping else { return }
        levels[level].isAtKey.toggle()
    }

    private static func name(_ anchor: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        anchor.map { String(cString: $0) }
    }
}

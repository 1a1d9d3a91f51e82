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
    }

    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private var levels: [Level] = []
    /// The anchors of sequences and mappings.
    private var collections: Set<String> = []

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
            if isLast { return }
        }
    }

    /// Takes an event in; `false` when it begins a key that is not a plain value.
    private mutating func note(_ event: yaml_event_t) -> Bool {
        let isKey = levels.last?.isAtKey ?? false
        switch event.type {
        case YAML_SCALAR_EVENT:
            passNode()
        case YAML_ALIAS_EVENT:
            passNode()
            return !isKey || !collections.contains(Self.name(event.data.alias.anchor))
        case YAML_SEQUENCE_START_EVENT, YAML_MAPPING_START_EVENT:
            let isMapping = event.type == YAML_MAPPING_START_EVENT
            let anchor = isMapping ? event.data.mapping_start.anchor : event.data.sequence_start.anchor
            if anchor != nil { collections.insert(Self.name(anchor)) }
            passNode()
            levels.append(Level(isMapping: isMapping, isAtKey: isMapping))
            return !isKey
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            levels.removeLast()
        default:
            break
        }
        return true
    }

    /// In a mapping a value comes after a key, and a key after a value.
    private mutating func passNode() {
        guard let level = levels.indices.last, levels[level].isMapping else { return }
        levels[level].isAtKey.toggle()
    }

    private static func name(_ anchor: UnsafeMutablePointer<yaml_char_t>?) -> String {
        anchor.map { String(cString: $0) } ?? ""
    }
}

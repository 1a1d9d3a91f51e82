internal import CYaml
internal import Model

/// Looks through a YAML document for keys that are no plain values, and for more values or levels than one may have, before it
/// is read as a whole.
///
/// JSON has no such keys, and what reads the document compares the keys of each mapping with one another, aliases written out:
/// a key of a few lines of aliases would take years. It takes microseconds and hundreds of bytes for each value, and frees
/// levels by recursion, however deep aliases of aliases make them. The events of libyaml, which Yams is made of, have them as
/// they stand.
struct YAMLPrecheck: ~Copyable {
    private struct Level {
        let isMapping: Bool
        var isAtKey: Bool
        let anchor: String?
        /// How deeply the values in it nest, aliases written out.
        var height = 0
    }

    /// How many bytes the keys that aliases stand for may have together.
    private static let maximumBytes = 64 << 20

    private let parser = UnsafeMutablePointer<yaml_parser_t>.allocate(capacity: 1)
    private var levels: [Level] = []
    /// How many bytes the texts have that have had anchors.
    private var texts: [String: Int] = [:]
    /// How deeply the sequences and mappings nest that have anchors now.
    private var heights: [String: Int] = [:]
    private var bytes = 0
    private var values = 0
    private var isTooDeep = false

    private init() {
        yaml_parser_initialize(parser)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// Requires that all keys in `bytes` are plain values, as far as they are YAML, and that there are at most `maximumValues`
    /// values and as many levels as JSON may have.
    ///
    /// - Throws: ``InvalidInput`` for the first that is not, or is too many or too deep.
    static func requireReadable(in bytes: [UInt8], maximumValues: Int) throws(InvalidInput) {
        var precheck = YAMLPrecheck()
        let result = bytes.withUnsafeBufferPointer { bytes in
            yaml_parser_set_input_string(precheck.parser, bytes.baseAddress, bytes.count)
            return Result { () throws(InvalidInput) in try precheck.readAll(maximumValues) }
        }
        try result.get()
    }

    private mutating func readAll(_ maximumValues: Int) throws(InvalidInput) {
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
            guard !isTooDeep, values <= maximumValues else { throw YAMLDocument.tooLarge }
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
                heights[anchor] = nil
                texts[anchor] = event.data.scalar.length
            }
        case YAML_ALIAS_EVENT:
            let anchor = Self.name(event.data.alias.anchor)
            let height = anchor.flatMap { heights[$0] }
            passNode(height: height ?? 0)
            guard isKey, let anchor else { return true }
            bytes += texts[anchor] ?? 0
            return height == nil
        case YAML_SEQUENCE_START_EVENT:
            passNode()
            begin(isMapping: false, event.data.sequence_start.anchor)
            return !isKey
        case YAML_MAPPING_START_EVENT:
            passNode()
            begin(isMapping: true, event.data.mapping_start.anchor)
            return !isKey
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT:
            guard let level = levels.popLast() else { return true }
            raise(to: level.height + 1)
            // Until here its anchor stood for what had it before.
            if let anchor = level.anchor { heights[anchor] = level.height + 1 }
        default:
            break
        }
        return true
    }

    private mutating func begin(isMapping: Bool, _ anchor: UnsafeMutablePointer<yaml_char_t>?) {
        levels.append(Level(isMapping: isMapping, isAtKey: isMapping, anchor: Self.name(anchor)))
    }

    /// In a mapping a value comes after a key, and a key after a value.
    private mutating func passNode(height: Int = 0) {
        values += 1
        isTooDeep = isTooDeep || levels.count + height >= JSONParser.maximumDepth
        raise(to: height)
        guard let level = levels.indices.last, levels[level].isMapping else { return }
        levels[level].isAtKey.toggle()
    }

    private mutating func raise(to height: Int) {
        guard let level = levels.indices.last else { return }
        levels[level].height = max(levels[level].height, height)
    }

    private static func name(_ anchor: UnsafeMutablePointer<yaml_char_t>?) -> String? {
        anchor.map { String(cString: $0) }
    }
}

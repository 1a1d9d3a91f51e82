internal import Model

/// Reads XML 1.0, given piece by piece, as strictly as a count needs it to be: a document that is cut off, has tags that
/// do not match, or text around its root is refused, never read as far as it goes.
///
/// Every DOCTYPE is refused, and with it all entities but the five of XML itself: no document of a library protocol has
/// one, but web pages and attacks do. Text is UTF-8, or ISO 8859-1 where the XML declaration says so.
struct XMLScanner: Sendable {
    private enum State {
        case text
        /// After `<`.
        case markup
        /// In a tag; the quote is the one that an attribute's value is in.
        case tag(quote: UInt8?)
        /// After `<?`.
        case instruction
        /// After `<!`, until it is known what it starts.
        case declaration
        case comment
        case characterData
    }

    private static let maximumDepth = 256
    private static let maximumTag = 64 << 10
    private static let maximumText = 1 << 20

    private var state = State.text
    /// What has been read of the markup being read.
    private var markup: [UInt8] = []
    /// The names of the open elements, as written.
    private var open: [[UInt8]] = []
    /// The text since the last tag.
    private var text: [UInt8] = []
    /// How much of `text` needs no look for references any more.
    private var decodedLength = 0
    private var isLatin1 = false
    private var hasRoot = false
    private var isAtStart = true
    private var line = 1

    /// A scanner at the beginning of a document.
    init() {}

    /// Takes the next bytes, and tells `handler` what they complete.
    ///
    /// - Throws: ``SourceError`` with `not_xml` naming the line, or what `handler` throws.
    mutating func scan(
        _ bytes: some Sequence<UInt8>, into handler: inout some XMLDocumentHandler
    ) throws(SourceError) {
        for byte in bytes {
            if isLatin1, byte >= 0x80 {
                try take(0xC0 | byte >> 6, into: &handler)
                try take(0x80 | byte & 0x3F, into: &handler)
            } else {
                try take(byte, into: &handler)
            }
        }
    }

    /// Makes sure that the document is whole.
    ///
    /// - Throws: ``SourceError`` with `not_xml` when there was none, and `inconsistent` when it is cut off.
    mutating func finish() throws(SourceError) {
        guard hasRoot else {
            try requireBlankText()
            throw SourceError(.notXML, "is empty, or holds no element")
        }
        guard open.isEmpty, case .text = state else {
            let place = open.last.map { " in the element \(String(decoding: $0, as: UTF8.self).shown)" } ?? ""
            throw SourceError(.inconsistent, "is cut off\(place), on line \(line)", isRetryable: true)
        }
        try requireBlankText()
    }
}

extension XMLScanner {
    /// Takes one byte of UTF-8.
    private mutating func take(_ byte: UInt8, into handler: inout some XMLDocumentHandler) throws(SourceError) {
        if byte == UInt8(ascii: "\n") { line += 1 }
        guard byte >= 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D else {
            throw malformed("a control character")
        }
        switch state {
        case .text: try takeText(byte)
        case .markup: try takeMarkup(byte)
        case .tag(let quote): try takeTag(byte, quote: quote, into: &handler)
        case .instruction: try takeInstruction(byte)
        case .declaration: try takeDeclaration(byte)
        case .comment: try takeComment(byte)
        case .characterData: try takeCharacterData(byte)
        }
    }

    private mutating func takeText(_ byte: UInt8) throws(SourceError) {
        guard byte == UInt8(ascii: "<") else {
            guard text.count < Self.maximumText else {
                throw malformed("a text of more than \(Self.maximumText) bytes")
            }
            text.append(byte)
            return
        }
        try decodeText()
        state = .markup
        markup.removeAll(keepingCapacity: true)
        if open.isEmpty { try requireBlankText() }
    }

    private mutating func takeMarkup(_ byte: UInt8) throws(SourceError) {
        guard byte != UInt8(ascii: "?") else {
            state = .instruction
            return
        }
        isAtStart = false
        switch byte {
        case UInt8(ascii: "!"): state = .declaration
        default:
            guard byte == UInt8(ascii: "/") || XMLTag.isNameStart(byte) else {
                throw malformed("a < that starts no tag")
            }
            state = .tag(quote: nil)
            markup.append(byte)
        }
    }

    private mutating func takeTag(
        _ byte: UInt8, quote: UInt8?, into handler: inout some XMLDocumentHandler
    ) throws(SourceError) {
        switch (byte, quote) {
        case (UInt8(ascii: "<"), _): throw malformed("a < inside a tag")
        case (UInt8(ascii: ">"), nil):
            state = .text
            try endTag(into: &handler)
            return
        case (UInt8(ascii: "\""), nil), (UInt8(ascii: "'"), nil): state = .tag(quote: byte)
        case (_, let quote?) where byte == quote: state = .tag(quote: nil)
        default: break
        }
        guard markup.count < Self.maximumTag else { throw malformed("a tag of more than \(Self.maximumTag) bytes") }
        markup.append(byte)
    }

    private mutating func takeInstruction(_ byte: UInt8) throws(SourceError) {
        guard byte == UInt8(ascii: ">"), markup.last == UInt8(ascii: "?") else {
            guard markup.count < Self.maximumTag else { throw malformed("an instruction without an end") }
            markup.append(byte)
            return
        }
        state = .text
        defer { isAtStart = false }
        guard markup.starts(with: "xml".utf8), markup.count > 3, XMLTag.isSpace(markup[3]) else { return }
        guard isAtStart else { throw malformed("an XML declaration that is not at the beginning") }
        guard let declaration = XMLTag(markup.dropLast()) else { throw malformed("a damaged XML declaration") }
        switch (declaration.attributes["encoding"] ?? "utf-8").lowercased() {
        case "utf-8", "utf8", "us-ascii", "ascii": break
        case "iso-8859-1", "latin1": isLatin1 = true
        case let name:
            throw malformed("the encoding \(name.beginning(scalars: 40).shown); only UTF-8 and ISO-8859-1 are read")
        }
    }

    private mutating func takeDeclaration(_ byte: UInt8) throws(SourceError) {
        markup.append(byte)
        let opening = Array("[CDATA[".utf8)
        if markup == Array("--".utf8) {
            state = .comment
            markup.removeAll(keepingCapacity: true)
        } else if markup == opening, !open.isEmpty {
            state = .characterData
            markup.removeAll(keepingCapacity: true)
        } else if markup != [UInt8(ascii: "-")], open.isEmpty || !opening.starts(with: markup) {
            throw malformed("a DOCTYPE, or another declaration, which is refused")
        }
    }

    private mutating func takeComment(_ byte: UInt8) throws(SourceError) {
        if markup.count == 2 {
            guard byte == UInt8(ascii: ">") else { throw malformed("-- inside a comment") }
            state = .text
            return
        }
        // Only the hyphens at the end are kept.
        if byte == UInt8(ascii: "-") { markup.append(byte) } else { markup.removeAll(keepingCapacity: true) }
    }

    private mutating func takeCharacterData(_ byte: UInt8) throws(SourceError) {
        guard text.count + markup.count < Self.maximumText else {
            throw malformed("a text of more than \(Self.maximumText) bytes")
        }
        markup.append(byte)
        guard markup.suffix(3).elementsEqual("]]>".utf8) else { return }
        text.append(contentsOf: markup.dropLast(3))
        decodedLength = text.count
        state = .text
    }
}

extension XMLScanner {
    private mutating func endTag(into handler: inout some XMLDocumentHandler) throws(SourceError) {
        guard markup.first != UInt8(ascii: "/") else {
            var name = markup.dropFirst()
            while let last = name.last, XMLTag.isSpace(last) { name.removeLast() }
            try endElement(named: name, into: &handler)
            return
        }
        guard !hasRoot || !open.isEmpty else { throw malformed("a second root element") }
        guard open.count < Self.maximumDepth else { throw malformed("elements nested too deeply") }
        guard let tag = XMLTag(markup[...]) else { throw malformed("a tag that cannot be read") }
        hasRoot = true
        clearText()
        let element = XMLElement(name: tag.localName, attributes: tag.attributes, depth: open.count)
        open.append(tag.name)
        try handler.start(element)
        if tag.isEmpty { try endElement(named: tag.name[...], into: &handler) }
    }

    private mutating func endElement(
        named name: ArraySlice<UInt8>, into handler: inout some XMLDocumentHandler
    ) throws(SourceError) {
        guard let expected = open.popLast(), expected[...] == name else {
            throw malformed("an end tag that does not match")
        }
        guard let content = String(validating: text, as: UTF8.self) else { throw malformed("text that is not UTF-8") }
        clearText()
        let local = String(decoding: XMLTag.localName(of: name), as: UTF8.self)
        try handler.end(local, text: content, depth: open.count)
    }

    /// Replaces the references in the text read since the last markup.
    private mutating func decodeText() throws(SourceError) {
        let new = text[decodedLength...]
        if new.contains(UInt8(ascii: "&")) {
            guard let decoded = XMLReference.replaced(in: new) else {
                throw malformed("an & that starts no reference, or one to an entity that XML does not have")
            }
            text.replaceSubrange(decodedLength..., with: decoded)
        }
        decodedLength = text.count
    }

    private mutating func clearText() {
        text.removeAll(keepingCapacity: true)
        decodedLength = 0
    }

    private mutating func requireBlankText() throws(SourceError) {
        var rest = text[...]
        if isAtStart, rest.starts(with: UTF8.byteOrderMark) { rest = rest.dropFirst(UTF8.byteOrderMark.count) }
        if !rest.isEmpty { isAtStart = false }
        guard rest.allSatisfy(XMLTag.isSpace) else {
            throw malformed(hasRoot ? "text after the root element" : "text where a document should begin")
        }
        clearText()
    }

    private func malformed(_ what: String) -> SourceError {
        SourceError(.notXML, "is not well-formed XML: line \(line) has \(what)")
    }
}

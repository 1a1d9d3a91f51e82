internal import Model

/// A file with one barcode a line, which ends with LF, CR or both.
enum BarcodeFile {
    private static let maximumSize = 64 << 20
    private static let maximumLength = 255
    /// The most barcodes, those that are there several times included.
    private static let maximumBarcodes = 5_000_000
    private static let linesBetweenLooks = 4096

    private static let lineFeed = UInt8(ascii: "\n")
    private static let carriageReturn = UInt8(ascii: "\r")
    /// What may stand after the last line: white space, and what some programs for DOS write there.
    private static let endings: [UInt8] = [lineFeed, carriageReturn, 0x09, 0x20, 0x1A]

    /// The barcodes in the file at `path`, each once, in their order; throws as ``lines(_:_:)`` does.
    static func read(_ path: String, _ context: JobContext) async throws(SourceError) -> [String] {
        var seen: Set<String> = []
        return try await lines(path, context).filter { seen.insert($0).inserted }
    }

    /// The barcodes in the file at `path`, as often as they are there, in their order.
    ///
    /// - Throws: ``SourceError`` naming the line that holds what is no barcode; what could end a field or a message, and so
    ///   say something else than was meant, is none.
    static func lines(_ path: String, _ context: JobContext) async throws(SourceError) -> [String] {
        let path = context.absolutePath(path)
        do throws(SourceError) {
            return try await runBlocking { flag throws(SourceError) in
                let file = try RegularFile(path: path, limit: maximumSize, besides: context.history)
                return try barcodes(in: bytes(of: file, until: flag), until: flag)
            }
        } catch {
            throw error.at(path)
        }
    }

    private static func bytes(
        of file: consuming RegularFile, until flag: CancellationFlag
    ) throws(SourceError) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(file.size)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while true {
            try flag.check()
            let count = try file.read(into: buffer)
            guard count > 0 else { return bytes }
            bytes.append(contentsOf: buffer[..<count])
            guard bytes.count <= maximumSize else { throw SourceError(.tooLarge, "grows beyond \(maximumSize) bytes") }
        }
    }

    private static func barcodes(in bytes: [UInt8], until flag: CancellationFlag) throws(SourceError) -> [String] {
        var barcodes: [String] = []
        let text = textRange(of: bytes)
        var (line, start) = (0, text.lowerBound)
        while start < text.upperBound {
            line += 1
            if line.isMultiple(of: linesBetweenLooks) { try flag.check() }
            var end = start
            while end < text.upperBound, bytes[end] != lineFeed, bytes[end] != carriageReturn { end += 1 }
            if start < end, let barcode = try barcode(bytes[start..<end], line: line) {
                guard barcodes.count < maximumBarcodes else {
                    throw SourceError(.tooLarge, "holds more than \(maximumBarcodes) barcodes")
                }
                barcodes.append(barcode)
            }
            let isPair = end + 1 < text.upperBound && bytes[end] == carriageReturn && bytes[end + 1] == lineFeed
            start = end + (isPair ? 2 : 1)
        }
        guard !barcodes.isEmpty else { throw SourceError(.config, "holds no barcode; write one a line") }
        return barcodes
    }

    /// Where the lines are: after a byte order mark and before the end mark of DOS, which some programs write.
    private static func textRange(of bytes: [UInt8]) -> Range<Int> {
        let start = bytes.starts(with: UTF8.byteOrderMark) ? UTF8.byteOrderMark.count : 0
        var end = bytes.count
        while end > start, endings.contains(bytes[end - 1]) { end -= 1 }
        return start..<end
    }

    /// The barcode on a line; `nil` on a blank one.
    private static func barcode(_ bytes: ArraySlice<UInt8>, line: Int) throws(SourceError) -> String? {
        let barcode = String(decoding: bytes, as: UTF8.self).trimmingSpace
        guard !barcode.isEmpty else { return nil }
        guard barcode.utf8.count <= maximumLength,
            barcode.utf8.allSatisfy({ 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "|") })
        else { throw SourceError(.config, "line \(line) is not a barcode: \(barcode.excerpt)") }
        return String(barcode)
    }
}

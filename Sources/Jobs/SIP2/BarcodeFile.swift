internal import Model

/// A file with one barcode a line.
enum BarcodeFile {
    private static let maximumSize = 64 << 20
    private static let maximumLength = 255

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
                return try barcodes(in: bytes(of: file, until: flag))
            }
        } catch {
            throw error.at(path)
        }
    }

    private static func bytes(
        of file: consuming RegularFile, until flag: CancellationFlag
    ) throws(SourceError) -> [UInt8] {
        var bytes: [UInt8] = []
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

    private static func barcodes(in bytes: [UInt8]) throws(SourceError) -> [String] {
        var barcodes: [String] = []
        let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let barcode = String(decoding: line, as: UTF8.self).trimmingSpace
            guard !barcode.isEmpty else { continue }
            guard barcode.utf8.count <= maximumLength,
                barcode.utf8.allSatisfy({ 0x20...0x7E ~= $0 && $0 != UInt8(ascii: "|") })
            else { throw SourceError(.config, "line \(index + 1) is not a barcode: \(barcode.excerpt)") }
            barcodes.append(String(barcode))
        }
        guard !barcodes.isEmpty else { throw SourceError(.config, "holds no barcode; write one a line") }
        return barcodes
    }
}

internal import Glibc
internal import Model

/// A secret in a file of its own, so that no job, no log and no history holds it.
enum SecretFile {
    /// The longest secret.
    private static let maximumLength = 4096

    /// The first and only line of the file at `path`.
    ///
    /// - Parameter key: the key that names the file, for messages, which never hold what the file does.
    /// - Throws: ``SourceError`` naming the path when it cannot be read or holds no line of printable ASCII.
    static func read(_ path: String, key: String, _ context: JobContext) async throws(SourceError) -> String {
        let path = context.absolutePath(path)
        do throws(SourceError) {
            return try await runBlocking { _ throws(SourceError) in
                let file = try RegularFile(path: path, limit: maximumLength, besides: context.history)
                var bytes = [UInt8](repeating: 0, count: maximumLength)
                let count = try bytes.withUnsafeMutableBytes { buffer in
                    Result { () throws(SourceError) in try file.read(into: buffer) }
                }.get()
                var line = bytes.prefix(count)
                while let last = line.last, last == 0x0A || last == 0x0D { line.removeLast() }
                guard !line.isEmpty else { throw SourceError(.config, "is empty; it must hold the secret") }
                guard line.allSatisfy({ 0x20...0x7E ~= $0 }) else {
                    throw SourceError(.config, "must hold one line of printable ASCII, and nothing else")
                }
                return String(decoding: line, as: UTF8.self)
            }
        } catch {
            throw error.at("\(key): \(path)")
        }
    }
}

import Glibc
import Model

@testable import Daemon

/// Does `body` with a new directory, which is removed afterwards with all that is in it.
func withDirectory<Value>(_ body: (String) throws -> Value) throws -> Value {
    let path = try newDirectory()
    defer { removeAll(path) }
    return try body(path)
}

/// The same for a `body` that waits.
func withDirectory<Value>(_ body: (String) async throws -> Value) async throws -> Value {
    let path = try newDirectory()
    defer { removeAll(path) }
    return try await body(path)
}

private func newDirectory() throws -> String {
    var template = Array("/tmp/taskd-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FileFailure(SystemError()) }
    return String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
}

/// Writes `text` to a new file at `path`.
func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw FileFailure(SystemError()) }
    defer { fclose(file) }
    guard fputs(text, file) >= 0 else { throw FileFailure(SystemError()) }
}

/// Removes a file, or a directory with all that is in it.
private func removeAll(_ path: String) {
    if let stream = opendir(path) {
        defer { closedir(stream) }
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { removeAll(path + "/" + name) }
        }
    }
    remove(path)
}

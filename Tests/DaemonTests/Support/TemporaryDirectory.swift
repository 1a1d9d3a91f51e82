import Glibc

@testable import Daemon

/// Does `body` with a new directory, which is removed afterwards with all that is in it.
func withDirectory<Value>(_ body: (String) throws -> Value) throws -> Value {
    var template = Array("/tmp/taskd-test.XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw FileFailure(errno: errno) }
    let path = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
    defer {
        let remove: @convention(c) (
            UnsafePointer<CChar>?, UnsafePointer<stat>?, Int32, UnsafeMutablePointer<FTW>?
        ) -> Int32 = { path, _, _, _ in path.map { Glibc.remove($0) } ?? 0 }
        nftw(path, remove, 16, Int32(FTW_DEPTH.rawValue | FTW_PHYS.rawValue))
    }
    return try body(path)
}

/// Writes `text` to a new file at `path`.
func write(_ text: String, to path: String) throws {
    guard let file = fopen(path, "w") else { throw FileFailure(errno: errno) }
    defer { fclose(file) }
    guard fputs(text, file) >= 0 else { throw FileFailure(errno: errno) }
}

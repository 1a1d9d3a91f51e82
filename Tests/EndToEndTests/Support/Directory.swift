import Glibc

/// Runs `test` with an empty directory, and takes it away afterwards.
func withDirectory<Value>(_ test: (Directory) async throws -> Value) async throws -> Value {
    // Short, because a Unix socket's path may have 107 bytes.
    var template = Array("/tmp/taskd-e2e-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw TestFailure.system("mkdtemp") }
    let directory = Directory(
        path: template.withUnsafeBufferPointer {
            String(decoding: $0.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        })
    do {
        let value = try await test(directory)
        try await directory.remove()
        return value
    } catch {
        try await directory.remove()
        throw error
    }
}

/// A directory that one test has for itself.
struct Directory: Sendable {
    let path: String

    /// Writes a file.
    func write(_ text: String, to name: String) throws {
        let file = path + "/" + name
        let descriptor = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TestFailure.system(file) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw TestFailure.system(file) }
    }

    /// Reads a file.
    func read(_ name: String) throws -> String {
        let file = path + "/" + name
        let descriptor = open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TestFailure.system(file) }
        defer { close(descriptor) }
        var text: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            guard count >= 0 else { throw TestFailure.system(file) }
            guard count > 0 else { return String(decoding: text, as: UTF8.self) }
            text += buffer[..<count]
        }
    }

    /// Makes the directory `name` with `files` in it.
    func write(_ files: [String: String], to name: String) throws {
        guard mkdir(path + "/" + name, 0o700) == 0 else { throw TestFailure.system(name) }
        for (file, text) in files { try write(text, to: name + "/" + file) }
    }

    /// Makes a named pipe that a command reads to know when to go on, and answers its path.
    func pipe(_ name: String) throws -> String {
        let pipe = path + "/" + name
        guard mkfifo(pipe, 0o600) == 0 else { throw TestFailure.system(pipe) }
        return pipe
    }

    /// Lets the command that reads the named pipe at `pipe` go on.
    func release(_ pipe: String) async throws {
        try await offPool {
            let descriptor = open(pipe, O_WRONLY | O_CLOEXEC)
            guard descriptor >= 0 else { throw TestFailure.system(pipe) }
            defer { close(descriptor) }
            guard Glibc.write(descriptor, "go\n", 3) == 3 else { throw TestFailure.system(pipe) }
        }
    }

    /// The processes that were started for this directory and run on: shims name it in their arguments (proc(5)).
    func shims() throws -> [Int32] {
        guard let stream = opendir("/proc") else { throw TestFailure.system("/proc") }
        defer { closedir(stream) }
        var found: [Int32] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard let pid = Int32(name), Self.arguments(of: pid).contains(path + "/") else { continue }
            if Self.arguments(of: pid).contains("taskd-shim") { found.append(pid) }
        }
        return found
    }

    private static func arguments(of pid: Int32) -> String {
        let descriptor = open("/proc/\(pid)/cmdline", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "" }
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 4096)
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        return String(decoding: buffer.prefix(max(count, 0)), as: UTF8.self)
    }

    fileprivate func remove() async throws {
        _ = try await Program.run("/bin/rm", ["-rf", path])
    }
}

internal import Glibc
internal import Model

/// The bytes of a job file, and what is needed to send them.
struct SubmittedFile: Sendable {
    /// The largest file read; the daemon's own limit is far below and it is the one to complain.
    private static let limit = 64 << 20

    let body: Request.Body
    /// Where the job's relative paths start.
    let directory: String

    /// Reads the file at `path`, or standard input when that is `-`.
    ///
    /// - Throws: ``ClientError`` when it cannot be read, or is empty.
    init(path: String) throws(ClientError) {
        var bytes = try Self.read(path)
        // A byte order mark says what is known: that this is UTF-8.
        if bytes.starts(with: UTF8.byteOrderMark) { bytes.removeFirst(UTF8.byteOrderMark.count) }
        guard !bytes.isEmpty else {
            throw ClientError(code: .usage, message: "\(path == "-" ? "standard input" : path) is empty, and not a job")
        }
        body = Request.Body(bytes: bytes, contentType: Self.contentType(of: bytes, path: path))
        directory = try path == "-" ? Self.currentDirectory() : Self.directory(of: path)
    }

    /// What the name says, else JSON when it is that: YAML has braces and brackets too.
    static func contentType(of bytes: [UInt8], path: String) -> String {
        let isYAMLByName = path.hasSuffix(".yaml") || path.hasSuffix(".yml")
        let isJSON = path.hasSuffix(".json") || (!isYAMLByName && (try? JSONParser.parse(bytes)) != nil)
        return isJSON ? "application/json" : "application/yaml"
    }

    /// The directory that relative paths start from when no file says otherwise.
    static func currentDirectory() throws(ClientError) -> String {
        let name = getcwd(nil, 0)
        defer { free(name) }
        guard name != nil || errno != ENOENT else {
            throw ClientError(
                code: .usage, message: "the directory that taskctl was called in is gone; call it in another one")
        }
        return try absolute(".")
    }

    private static func directory(of path: String) throws(ClientError) -> String {
        guard let parent = path.parentPath else { return try currentDirectory() }
        return try absolute(parent)
    }

    /// The whole path of what is at `path`, symbolic links followed.
    ///
    /// - Throws: ``ClientError`` when nothing is there.
    static func absolute(_ path: String) throws(ClientError) -> String {
        guard let resolved = realpath(path, nil) else { throw failure(path) }
        defer { free(resolved) }
        guard let text = String(validatingCString: resolved) else {
            throw ClientError(
                code: .usage, message: "\(String(cString: resolved)): its name is not UTF-8, which all text has to be")
        }
        return text
    }

    /// The bytes of the file at `path`, or of standard input when that is `-`.
    ///
    /// - Throws: ``ClientError`` when it cannot be read.
    static func read(_ path: String) throws(ClientError) -> [UInt8] {
        let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 << 10)
        while bytes.count <= limit {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count > 0 { bytes.append(contentsOf: chunk[..<count]) }
            if count < 0 && errno != EINTR { throw failure(path) }
        }
        throw ClientError(code: .usage, message: "\(path): larger than \(limit >> 20) MiB, which no job file is")
    }

    private static func failure(_ path: String) -> ClientError {
        ClientError(code: .usage, message: "\(path): \(SystemError())")
    }
}

internal import Glibc

// Scalars and not characters: with a mark that combines with it, a slash would be another character.
extension String {
    /// Whether this path begins at the root.
    package var isAbsolutePath: Bool { unicodeScalars.first == "/" }

    /// This path, made absolute from `directory` unless it is so already.
    package func path(from directory: String) -> String {
        isAbsolutePath ? self : directory + "/" + self
    }

    /// The path of the directory that this is in; `nil` for a name alone.
    package var parentPath: String? {
        guard let slash = unicodeScalars.lastIndex(of: "/") else { return nil }
        return slash == startIndex ? "/" : String(unicodeScalars[..<slash])
    }

    /// Where this path leads, symbolic links followed (realpath(3)); `nil` when nothing is there, and `errno` says why.
    package var resolvedPath: String? {
        guard let path = realpath(self, nil) else { return nil }
        defer { free(path) }
        return String(cString: path)
    }

    /// Where the symbolic link at this path points to (readlink(2)); `nil` when there is none, and `errno` says why.
    package var linkTarget: String? {
        var bytes = [CChar](repeating: 0, count: 2 * Int(PATH_MAX))
        let count = readlink(self, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes[..<count].map(UInt8.init(bitPattern:)), as: UTF8.self)
    }
}

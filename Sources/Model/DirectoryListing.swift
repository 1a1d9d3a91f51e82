internal import Glibc

/// What directories hold.
package enum DirectoryListing {
    /// The names in the directory at `path`, but for itself and its parent, in no order; `nil`, and `errno`, when it cannot be
    /// read.
    package static func names(at path: String) -> [String]? {
        guard let stream = opendir(path) else { return nil }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }
}

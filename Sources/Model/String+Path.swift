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
}

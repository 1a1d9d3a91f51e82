/// What is wrong with a document, and where it stands in it.
package struct InvalidInput: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of complaint this is.
    package enum Code: Sendable, Hashable {
        /// The text is not JSON or YAML.
        case syntax
        /// A field is missing, unknown, of the wrong type or out of range.
        case field
        /// A limit on size, number or depth is exceeded.
        case limit
    }

    /// What kind of complaint this is.
    package let code: Code
    /// The place: `gather[1].sleep`; empty for the whole document.
    package let path: String
    /// What is wrong there and what would be right.
    package let message: String

    /// A complaint about the value at `path`.
    package init(code: Code, path: String, message: String) {
        self.code = code
        self.path = path
        self.message = message
    }

    /// The place and the complaint in one line.
    package var description: String { path.isEmpty ? message : "\(path): \(message)" }
}

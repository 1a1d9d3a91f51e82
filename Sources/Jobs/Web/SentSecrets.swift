internal import Model
internal import Synchronization

/// The secrets that a client has sent: a server may quote them, and what it says stands in messages and in the history.
final class SentSecrets: Sendable {
    private static let substitute = "[secret]"

    private let texts = Mutex<Set<String>>([])

    /// Notes that `text` is sent.
    func note(_ text: String) {
        texts.withLock { _ = $0.insert(text) }
    }

    /// `text` without the secrets in it.
    func hidden(in text: String) -> String {
        // The longest first, of which another may be a part.
        texts.withLock(\.self).sorted { $0.utf8.count > $1.utf8.count }.reduce(text) { Self.hide($1, in: $0) }
    }

    /// `text` without `secret`, and without the beginning of it where a text was cut that quoted it.
    private static func hide(_ secret: String, in text: String) -> String {
        let beginning = secret.prefix(8)
        var shown = ""
        var rest = text[...]
        while !beginning.isEmpty, let found = rest.firstRange(of: beginning) {
            shown += rest[..<found.lowerBound] + substitute
            let quoted = rest[found.lowerBound...]
            rest = quoted.dropFirst(zip(quoted, secret).prefix { $0 == $1 }.count)
        }
        return shown + rest
    }

    /// The same failure, with nothing secret in its message and its details.
    func hidden(in error: SourceError) -> SourceError {
        guard case .object(let details) = hidden(in: .object(error.details)) else { return error }
        return SourceError(
            error.code, hidden(in: error.message), isRetryable: error.isRetryable, details: details)
    }

    /// The same value, with nothing secret in its texts.
    func hidden(in value: JSONValue) -> JSONValue {
        switch value {
        case .null, .bool, .int, .double: value
        case .string(let text): .string(hidden(in: text))
        case .array(let elements): .array(elements.map { hidden(in: $0) })
        case .object(let members):
            .object(JSONObject(distinct: members.map { ($0.key, hidden(in: $0.value)) }))
        }
    }
}

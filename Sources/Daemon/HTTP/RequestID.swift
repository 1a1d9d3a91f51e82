internal import HTTPTypes
internal import Synchronization

/// What a request is called, in its answer and in every line of the log about it.
///
/// It goes with the task that answers the request, so that nobody has to hand it on.
enum RequestID {
    /// The name of the request that the current task answers.
    @TaskLocal static var current: String?

    /// How long a name may be that a client gives.
    static let maximumLength = 128

    /// Different for each start of the daemon, so that names are not repeated after it; short, because up to 15 bytes need
    /// no memory of their own.
    private static let start = String(UInt32.random(in: 0...UInt32.max), radix: 16)
    private static let count = Atomic(0)

    /// The name that the client gave in `X-Request-Id` when it is one, else a new one.
    static func of(_ headers: HTTPFields) -> String {
        if let given = headers[.requestID], isValid(given) { return given }
        return "\(start)-\(count.add(1, ordering: .relaxed).newValue)"
    }

    /// Whether `text` can stand in a log and a header as it is.
    private static func isValid(_ text: String) -> Bool {
        1...maximumLength ~= text.utf8.count
            && text.utf8.allSatisfy { byte in
                let character = Character(Unicode.Scalar(byte))
                return character.isASCII && (character.isLetter || character.isNumber || "-_.:/+=@".contains(character))
            }
    }
}

internal import Model

/// Which files the history and its log are: what is committed to one that nobody will find any more is lost.
struct HistoryFiles: Sendable {
    private let path: String
    private var log: String { path + "-wal" }
    private let identities: (history: FileIdentity?, log: FileIdentity?)

    /// Those of the history at `path`, which is open.
    init(of path: String) {
        self.path = path
        identities = (FileIdentity(at: path), FileIdentity(at: path + "-wal"))
    }

    /// Whether the log stands where it stood; what it holds can still be written to the history while that is open.
    var isLogInPlace: Bool { FileIdentity(at: log) == identities.log }

    /// That somebody has moved or removed one of the files, or put another in its place: what is written then, nobody would find.
    var misplacement: StoreError? {
        guard FileIdentity(at: path) == identities.history else {
            return StoreError(
                code: .unavailable, message: "\(path): moved or removed while it was open; put it back and start again")
        }
        guard isLogInPlace else {
            return StoreError(code: .unavailable, message: "\(log): moved or removed while it was open; start again")
        }
        return nil
    }
}

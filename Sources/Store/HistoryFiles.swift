internal import Glibc

/// Which files the history and its log are: what is committed to one that nobody will find any more is lost.
struct HistoryFiles: Sendable {
    private struct Identity: Sendable, Hashable {
        let device: dev_t
        let number: ino_t

        init?(at path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            (device, number) = (status.st_dev, status.st_ino)
        }
    }

    private let path: String
    private var log: String { path + "-wal" }
    private let identities: (history: Identity?, log: Identity?)

    /// Those of the history at `path`, which is open.
    init(of path: String) {
        self.path = path
        identities = (Identity(at: path), Identity(at: path + "-wal"))
    }

    /// Whether the log stands where it stood; what it holds can still be written to the history while that is open.
    var isLogInPlace: Bool { Identity(at: log) == identities.log }

    /// Refuses to write what nobody would find.
    ///
    /// - Throws: ``StoreError`` when somebody has moved or removed one of the files, or put another in its place.
    func requireInPlace() throws(StoreError) {
        guard Identity(at: path) == identities.history else {
            throw StoreError(
                code: .unavailable, message: "\(path): moved or removed while it was open; put it back and start again")
        }
        guard isLogInPlace else {
            throw StoreError(code: .unavailable, message: "\(log): moved or removed while it was open; start again")
        }
    }
}

internal import FoundationEssentials
internal import Glibc
internal import Model

extension AttemptDirectory {
    /// Removes the directory with everything in it; nothing where there is none.
    func remove() throws(ExceptionInfo) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch let error as CocoaError where error.code == .fileNoSuchFile {
            // Nothing was ever written there.
        } catch {
            throw .internalError("cannot remove \(path): \(error)")
        }
    }

    /// Moves the directory away, with everything in it, to where nobody looks for it: `<state>/tasks.old/<start of this
    /// daemon>/<task>-<attempt>`. A shim that still works in it goes on there.
    ///
    /// - Throws: an exception when it cannot be moved.
    func setAside() throws(ExceptionInfo) {
        let old = state + "/tasks.old"
        for directory in [old, "\(old)/\(Self.start)"] {
            guard mkdir(directory, 0o700) == 0 || errno == EEXIST else { throw .system("cannot make \(directory)") }
        }
        guard rename(path, "\(old)/\(Self.start)/\(name)") == 0 else { throw .system("cannot move \(path) away") }
    }

    private static let start = Timestamp.now().description
}

internal import Glibc
internal import Model

extension stat {
    /// The status of what stands at `path`, and not of what that leads to if it is a symbolic link; `nil` when nothing does.
    ///
    /// - Throws: an exception when the system cannot tell: what is not seen is not absent.
    init?(lookingAt path: String) throws(ExceptionInfo) {
        self.init()
        guard lstat(path, &self) == 0 else {
            guard errno == ENOENT || errno == ENOTDIR else { throw .system("cannot look at \(path)") }
            return nil
        }
    }
}

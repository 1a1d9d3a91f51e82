internal import Model

extension Submitter {
    /// The directory the submitting process works in, as long as it lives and the daemon may look (proc(5)).
    var workingDirectory: String? {
        "/proc/\(pid)/cwd".linkTarget.flatMap { $0.isAbsolutePath ? $0 : nil }
    }
}

extension StringProtocol {
    /// The first `count` Unicode scalars. A character may have any number of them, and be as long as whoever wrote it likes.
    package func beginning(scalars count: Int) -> String {
        String(String.UnicodeScalarView(unicodeScalars.prefix(count)))
    }
}

internal import Model

extension StringProtocol {
    /// The beginning of what a server wrote, fit to be shown.
    var excerpt: String { beginning(scalars: 200).shown }
}

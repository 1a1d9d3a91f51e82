extension String {
    /// This path, made absolute from `directory` unless it is so already.
    package func path(from directory: String) -> String {
        hasPrefix("/") ? self : directory + "/" + self
    }
}

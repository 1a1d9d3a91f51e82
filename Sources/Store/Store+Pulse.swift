extension Store {
    /// Returns when the writer has been round once more, with nothing to write.
    ///
    /// - Throws: ``StoreError`` when it could not have written.
    package func pulse() async throws {
        try await write { _ in }
    }
}

import Tasks

/// Runs the chapters one after another.
@main struct Tour {
    static func main() async throws {
        try await sequentialAndConcurrent()
        try await registryAndCallbacks()
        try await gathering()
        try await exceptions()
        try await waiting()
        try await completing()
        try await scopes()
        try await cancelling()
        try await shielding()
        try await timeouts()
        try await status()
        try await progress()
    }

    /// Prints the heading of a chapter.
    static func chapter(_ title: String) {
        print("\n== \(title)")
    }
}

import Tasks

/// A catalogue that could not be counted.
struct CatalogueError: Error, CustomStringConvertible {
    let description: String
}

/// Counts a catalogue: takes its time, then gives the number of books.
func count(_ books: Int, taking duration: Duration) async throws -> Int {
    try await Task.sleep(for: duration)
    return books
}

/// Tries to count a catalogue that is damaged.
func countDamaged(taking duration: Duration) async throws -> Int {
    try await Task.sleep(for: duration)
    throw CatalogueError(description: "the catalogue is damaged")
}

extension Duration {
    /// Steps of the tour: short enough to be quick, long enough to keep an order.
    static func steps(_ count: Int) -> Duration { .milliseconds(100 * count) }
}

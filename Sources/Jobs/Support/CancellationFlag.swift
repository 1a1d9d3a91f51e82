internal import Synchronization

/// Tells work on a thread of its own that its task was cancelled.
package final class CancellationFlag: Sendable {
    private let raised = Atomic(false)

    /// Whether the task was cancelled.
    package var isRaised: Bool { raised.load(ordering: .relaxed) }

    /// Tells that the task was cancelled.
    func raise() {
        raised.store(true, ordering: .relaxed)
    }

    /// - Throws: ``SourceError`` with the code `cancelled` once the task was cancelled.
    func check() throws(SourceError) {
        guard !isRaised else { throw .cancelled }
    }
}

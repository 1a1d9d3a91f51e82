internal import Dispatch
internal import FoundationEssentials
package import Model

extension AttemptDirectory {
    /// Removes the directory with everything in it; nothing where there is none.
    func remove() throws(ExceptionInfo) {
        try Self.remove(path)
    }

    /// Removes what the attempts and the hooks of `tasks` left below the state directory; nothing where there is nothing.
    ///
    /// - Throws: an exception naming the first path that cannot be removed; the others are tried all the same.
    package static func removeAll(of tasks: [TaskID], state: String) async throws {
        let queue = DispatchQueue(label: "remove output")
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<ExceptionInfo?, Never>) in
            queue.async {
                var failure: ExceptionInfo?
                for task in tasks {
                    do throws(ExceptionInfo) {
                        try remove("\(state)/tasks/\(task)")
                    } catch {
                        failure = failure ?? error
                    }
                }
                continuation.resume(returning: failure)
            }
        }
        if let failure { throw failure }
    }

    private static func remove(_ path: String) throws(ExceptionInfo) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch let error as CocoaError where error.code == .fileNoSuchFile {
            // Nothing was ever written there.
        } catch {
            throw .internalError("cannot remove \(path): \(error)")
        }
    }
}

internal import Dispatch
internal import FoundationEssentials
internal import Glibc
package import Model
internal import Synchronization

/// Makes the directories of attempts, hands those of silent commands on to later ones, and removes what is left.
///
/// Seven files for a command that prints nothing are a good part of what it costs, and on ext4 many times that for minutes
/// after files were removed, whoever removed them (`recently_deleted`, fs/ext4/ialloc.c). So a directory in which nothing is
/// worth keeping is the next command's: rename(2) takes it from the one and gives it to the other.
package final class AttemptDirectories: Sendable {
    private struct State {
        var spare: [String] = []
        var last = 0
    }

    /// How many are kept for later: more than end at once.
    private static let limit = 64

    private let state: String
    private let spares = Mutex(State())

    /// What is nobody's: the spare ones, and those being removed.
    private var place: String { state + "/spare" }

    /// The directories below the state directory `state`; what an earlier daemon kept for later is removed.
    ///
    /// - Throws: an exception when it cannot be.
    init(state: String) throws(ExceptionInfo) {
        self.state = state
        try AttemptDirectory.remove(place)
    }

    /// Makes the directory of `attempt` and the FIFOs in it; throws as ``AttemptDirectory/make()`` does.
    func make(_ attempt: AttemptDirectory) throws(ExceptionInfo) {
        if let spare = spares.withLock({ $0.spare.popLast() }) {
            if rename(spare, attempt.path) == 0 { return }
            // What is in the way, or is missing above, making it deals with.
            spares.withLock { $0.spare.append(spare) }
        }
        try attempt.make()
    }

    /// Keeps the directory of `attempt` for another one, if nothing is in it that anybody has written or still could.
    ///
    /// The attempt is the last of its task, its outcome is committed, and nothing else will be put there.
    package func retire(_ attempt: AttemptDirectory) {
        guard spares.withLock({ $0.spare.count < Self.limit }) else { return }
        let target = newPlace()
        if attempt.vacate(to: target) { spares.withLock { $0.spare.append(target) } }
    }

    private func newPlace() -> String {
        let number = spares.withLock { state in
            state.last += 1
            return state.last
        }
        return "\(place)/\(number)"
    }

    /// Removes what the attempts and the hooks of `tasks`, which are done, left; nothing where there is nothing.
    ///
    /// - Throws: an exception naming the first path that cannot be removed; the others are tried all the same.
    package func removeAll(of tasks: [TaskID]) async throws {
        let queue = DispatchQueue(label: "remove output")
        let failure = await withCheckedContinuation { (continuation: CheckedContinuation<ExceptionInfo?, Never>) in
            queue.async {
                var failure: ExceptionInfo?
                for task in tasks {
                    do throws(ExceptionInfo) {
                        // Nobody's first, so that it is not handed on while it is removed.
                        let path = "\(self.state)/tasks/\(task)"
                        let target = self.newPlace()
                        try AttemptDirectory.remove(AttemptDirectory.move(path, to: target) ? target : path)
                    } catch {
                        failure = failure ?? error
                    }
                }
                continuation.resume(returning: failure)
            }
        }
        if let failure { throw failure }
    }
}

extension AttemptDirectory {
    /// Removes the directory with everything in it; nothing where there is none.
    func remove() throws(ExceptionInfo) {
        try Self.remove(path)
    }

    fileprivate static func remove(_ path: String) throws(ExceptionInfo) {
        do {
            try FileManager.default.removeItem(atPath: path)
        } catch let error as CocoaError where error.code == .fileNoSuchFile {
            // Nothing was ever written there.
        } catch {
            throw .internalError("cannot remove \(path): \(error)")
        }
    }
}

// MARK: - Handing on

extension AttemptDirectory {
    /// What is in the directory of a command that has ended, and read no input.
    private static let files: Set = ["control", "exit", "identity", "progress", "stderr", "stdout"]

    /// Moves the directory to `target`, as empty as a new one, unless it holds more than an ended command's files, or
    /// output, or somebody has one of the outputs open.
    ///
    /// - Returns: whether it was moved.
    fileprivate func vacate(to target: String) -> Bool {
        guard names == Self.files, Self.isUnused(stdout), Self.isUnused(stderr),
            let identity = try? Descriptor.opening(identity, O_WRONLY),
            ftruncate(identity.number, 0) == 0, rename(exit, path + "/exit.new") == 0
        else { return false }
        return Self.moving.withLock { _ in Self.move(path, to: target) }
    }

    /// Moves a directory, and makes the one above `target` if need be; `false` when it could not be moved.
    fileprivate static func move(_ path: String, to target: String) -> Bool {
        if rename(path, target) == 0 { return true }
        guard errno == ENOENT, let slash = target.lastIndex(of: "/") else { return false }
        let above = String(target[..<slash])
        return (mkdir(above, 0o700) == 0 || errno == EEXIST) && rename(path, target) == 0
    }

    private var names: Set<String>? {
        guard let stream = opendir(path) else { return nil }
        defer { closedir(stream) }
        var names: Set<String> = []
        while let entry = readdir(stream) {
            names.insert(
                withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
        }
        return names.subtracting([".", ".."])
    }

    /// Whether the file at `path` is empty and nobody has it open: only then the kernel gives a lease on it (fcntl(2)).
    private static func isUnused(_ path: String) -> Bool {
        guard let file = try? Descriptor.opening(path, O_WRONLY | O_NONBLOCK) else { return false }
        // Whoever opens the file meanwhile makes the kernel send a signal; this one ends nobody.
        guard fcntl(file.number, setSignal, SIGURG) == 0, fcntl(file.number, setLease, F_WRLCK) == 0 else {
            return false
        }
        defer { _ = fcntl(file.number, setLease, F_UNLCK) }
        var status = stat()
        return fstat(file.number, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && status.st_nlink == 1
            && status.st_size == 0
    }

    /// `F_SETSIG` and `F_SETLEASE` of fcntl(2), which Swift's Glibc leaves out as extensions of GNU's.
    private static let setSignal: Int32 = 10
    private static let setLease: Int32 = 1024
}

package import Model
internal import Subprocess
internal import SystemPackage

/// What a shim says of itself, and of what the kernel lets it do.
package struct ShimFacts: Sendable, Hashable {
    /// The version it was built with.
    package let version: String
    /// The version of Landlock (landlock(7)); 0 for none. Hiding the state directory from commands needs 3.
    package let landlock: Int
    /// Whether commands can gain no privileges (`PR_SET_NO_NEW_PRIVS`), without which Landlock is of no use.
    package let forbidsNewPrivileges: Bool

    /// Asks the shim at `path`.
    ///
    /// - Throws: an exception when it cannot be run or does not answer as one does.
    package init(askedAt path: String) async throws(ExceptionInfo) {
        let output: String?
        do {
            output = try await Subprocess.run(
                .path(FilePath(path)), arguments: ["about"], environment: .custom([:]), input: .none,
                output: .string(limit: 4096), error: .discarded
            ).standardOutput
        } catch {
            throw .internalError("cannot be run: \(error)")
        }
        var facts: [Substring: Substring] = [:]
        for line in (output ?? "").split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 1)
            if words.count == 2 { facts[words[0]] = words[1] }
        }
        guard let version = facts["version"], let landlock = facts["landlock"].flatMap({ Int($0) }) else {
            throw .internalError("does not say what it is; it is older than this taskd, or no shim")
        }
        self.version = String(version)
        self.landlock = landlock
        forbidsNewPrivileges = facts["no_new_privs"] == "1"
    }
}

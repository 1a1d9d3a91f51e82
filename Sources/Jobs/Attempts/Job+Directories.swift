internal import Glibc
package import Model

extension Job {
    /// Checks the working directories of the commands that may start at once.
    ///
    /// What runs after something else, or later, may find a directory that was made meanwhile: that is seen at its start.
    /// - Parameter directory: where relative paths start; absolute.
    /// - Parameter path: where the job stands in what was submitted; empty for all of it.
    /// - Throws: ``InvalidInput`` for the first that is not there, or no directory.
    package func checkWorkingDirectories(from directory: String, path: String = "") throws(InvalidInput) {
        guard after.isEmpty, start == .now, !hold else { return }
        switch action {
        case .command(let command), .shell(let command):
            guard let given = command.workingDirectory else { return }
            let full = given.path(from: directory)
            var status = stat()
            guard stat(full, &status) != 0 || status.st_mode & S_IFMT != S_IFDIR else { return }
            let key = path.isEmpty ? "cwd" : path + ".cwd"
            throw InvalidInput(code: .field, path: key, message: "\(full) is not a directory that is there")
        case .composite(let composite):
            let members = composite.policy == .sequence ? composite.members.prefix(1) : composite.members[...]
            for (index, member) in members.enumerated() {
                let place = "\(composite.policy.kind.rawValue)[\(index)]"
                try member.checkWorkingDirectories(from: directory, path: path.isEmpty ? place : "\(path).\(place)")
            }
        case .check, .verify, .sleep: return
        }
    }
}

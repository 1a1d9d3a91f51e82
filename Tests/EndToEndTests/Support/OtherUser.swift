import Glibc
import Model

/// Another user of the machine, who calls the daemon with curl. Nobody has to be known by that number.
struct OtherUser: Sendable, CustomStringConvertible {
    /// Only root can be anybody.
    static let isPossible = getuid() == 0

    let uid: UInt32
    var group: UInt32
    /// The groups beside the primary one.
    var groups: [UInt32] = []

    init(_ uid: UInt32, group: UInt32 = 65_534, groups: [UInt32] = []) {
        self.uid = uid
        self.group = group
        self.groups = groups
    }

    var description: String { "user \(uid)" }

    /// What makes a command be run by the user.
    var prefix: [String] {
        let others = groups.isEmpty ? "--clear-groups" : "--groups=\(groups.map(String.init).joined(separator: ","))"
        return ["/usr/bin/setpriv", "--reuid=\(uid)", "--regid=\(group)", others]
    }

    /// Asks over HTTP.
    func http(
        _ daemon: LiveDaemon, _ method: String, _ path: String, _ body: JSONValue? = nil
    ) async throws -> HTTPReply {
        let data = body.map { ["--data-binary", $0.text()] } ?? []
        let command =
            prefix + [
                "/usr/bin/curl", "--silent", "--show-error", "--include", "--max-time", "30", "--request", method,
            ]
            + data + ["--unix-socket", daemon.socket, "http://taskd\(path)"]
        let ending = try await Program.run(command[0], Array(command.dropFirst()))
        guard let end = ending.stdout.firstRange(of: "\r\n\r\n"), ending.status == 0 else {
            throw TestFailure("\(self) \(method) \(path): \(ending.stderr)")
        }
        let lines = ending.stdout[..<end.lowerBound].split(separator: "\r\n")
        guard let status = lines.first?.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else {
            throw TestFailure("\(self) \(method) \(path): \(ending.stdout)")
        }
        var headers: [String: String] = [:]
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        return HTTPReply(status: status, headers: headers, body: Array(ending.stdout[end.upperBound...].utf8))
    }

    /// Submits a job, and answers the number of its task.
    func submit(_ daemon: LiveDaemon, _ job: JSONValue) async throws -> Int64 {
        let reply = try await http(daemon, "POST", "/v1/tasks", job)
        guard reply.status == 201, let id = try reply.json["id"]?.intValue else { throw TestFailure(reply.text) }
        return id
    }

    /// Runs `taskctl` on the daemon.
    func taskctl(_ daemon: LiveDaemon, _ arguments: String...) async throws -> Ending {
        let command = prefix + [Program.taskctl, arguments[0], "--socket", daemon.socket] + arguments.dropFirst()
        return try await Program.run(command[0], Array(command.dropFirst()))
    }
}

extension LiveDaemon {
    /// Lets every user reach the socket, as an administrator might by hand.
    func openToAll() throws {
        for (path, mode) in [(directory.path, mode_t(0o711)), (socket, 0o666)] {
            guard chmod(path, mode) == 0 else { throw TestFailure.system(path) }
        }
    }
}

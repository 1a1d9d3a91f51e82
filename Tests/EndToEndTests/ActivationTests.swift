import Glibc
import Testing

/// The daemon on a socket that was made for it, by systemd's own tool for trying that.
@Suite(.timeLimit(.minutes(1)), .enabled(if: Activation.isPossible, "needs systemd-socket-activate"))
struct ActivationTests {
    @Test func aClientThatCameBeforeTheDaemonIsAnswered() async throws {
        try await withActivation { _, socket in
            let script = "echo $TASKD_SOCKET; env | grep LISTEN; ls /proc/self/fd | wc -l"
            let reply = try await taskctl(socket, "submit", "--wait", "--", "sh", "-c", script)
            // Three standard descriptors, the one for progress, and the one that ls reads the directory with.
            #expect(reply.stdout.contains(#""stdout": "\#(socket)\n5\n""#), "\(reply)")
        }
    }

    @Test func theSocketStaysAsItWasMade() async throws {
        try await withActivation { daemon, socket in
            #expect(chmod(socket, 0o640) == 0)
            let made = try status(of: socket)
            daemon.signal(SIGTERM)
            #expect(try await daemon.ending() == 0)
            #expect(try status(of: socket) == made)
        }
    }

    @Test func aSocketThatIsNoneOfOursIsRefused() async throws {
        try await withDirectory { directory in
            // What is given as a descriptor is a file.
            let script =
                "LISTEN_PID=$$ LISTEN_FDS=1 exec \(Program.taskd) --state-dir \(directory.path)/state 3</dev/null"
            let reply = try await Program.shell(script)
            #expect(reply.status == 64)
            #expect(reply.stderr.contains("ListenStream="))
        }
    }

    /// Runs `test` with a daemon that the first of its clients has started, and with its socket.
    private func withActivation(_ test: (DaemonProcess, String) async throws -> Void) async throws {
        try await withDirectory { directory in
            let socket = directory.path + "/activated.sock"
            async let first = firstAnswer(socket)
            let daemon = try await DaemonProcess(
                ["--state-dir", directory.path + "/state"], under: [Activation.tool, "--listen=\(socket)"])
            do {
                #expect(try await first.contains(#""status": "ok""#))
                try await test(daemon, socket)
            } catch {
                daemon.signal(SIGKILL)
                throw error
            }
            daemon.signal(SIGKILL)
        }
    }

    /// Asks until there is somebody to ask, if only a socket.
    private func firstAnswer(_ socket: String) async throws -> String {
        while true {
            let reply = try await taskctl(socket, "ping", "--json")
            if reply.status != 69 { return reply.stdout }
        }
    }

    private func taskctl(_ socket: String, _ command: String, _ arguments: String...) async throws -> Ending {
        try await Program.run(Program.taskctl, [command, "--socket", socket] + arguments)
    }

    private func status(of path: String) throws -> [UInt64] {
        var status = stat()
        guard lstat(path, &status) == 0 else { throw TestFailure.system(path) }
        return [UInt64(status.st_ino), UInt64(status.st_mode), UInt64(status.st_uid), UInt64(status.st_gid)]
    }
}

/// The tool that listens and starts a program for its first client (systemd-socket-activate(1)).
enum Activation {
    static let tool = "/usr/bin/systemd-socket-activate"

    /// Whether it is there.
    static let isPossible = access(tool, X_OK) == 0
}

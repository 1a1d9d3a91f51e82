import Glibc
import Subprocess
import SystemPackage

/// How a program ended, and what it wrote.
struct Ending: Sendable {
    /// Its exit code; 128 and the number of the signal when one killed it.
    let status: Int32
    let stdout: String
    let stderr: String
}

/// Programs that tests run.
enum Program {
    static let taskd = directory + "/taskd"
    static let taskctl = directory + "/taskctl"

    /// Where the build puts its products: beside the test bundle.
    private static let directory: String = {
        let bundle = CommandLine.arguments.first { $0.contains(".xctest") } ?? "/proc/self/exe"
        guard let path = realpath(bundle, nil) else { preconditionFailure("no test bundle at \(bundle)") }
        defer { free(path) }
        return String(cString: path).split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
    }()

    /// The root of the repository.
    static let repository = #filePath.split(separator: "/").dropLast(4).reduce("") { $0 + "/" + $1 }

    /// Nothing of the machine that the tests run on but its programs.
    static let environment = Environment.custom([
        "PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TERM": "xterm", "HOME": "/nonexistent",
    ])

    /// Runs the program at `path` and waits for its end.
    static func run(
        _ path: String, _ arguments: [String], input: String = "", in directory: String = "/"
    ) async throws -> Ending {
        let result = try await Subprocess.run(
            .path(FilePath(path)), arguments: Arguments(arguments), environment: environment,
            workingDirectory: FilePath(directory), input: .string(input), output: .bytes(limit: 16 << 20),
            error: .bytes(limit: 16 << 20))
        return Ending(
            status: result.terminationStatus.shellCode,
            stdout: String(decoding: result.standardOutput, as: UTF8.self),
            stderr: String(decoding: result.standardError, as: UTF8.self))
    }

    /// Runs a line of shell.
    static func shell(_ line: String, in directory: String = "/") async throws -> Ending {
        try await run("/bin/sh", ["-c", line], in: directory)
    }
}

extension TerminationStatus {
    /// The status as a shell has it in `$?`.
    var shellCode: Int32 {
        switch self {
        case .exited(let code): code
        case .signaled(let signal): 128 + signal
        }
    }
}

import ArgumentParser
import Glibc

@testable import Client

/// What a run of `taskctl` left behind.
struct Run {
    let status: Int32
    let output: String
    let errors: String
    /// The requests it sent, whole.
    let requests: [String]

    /// The request lines, without the version.
    var calls: [String] {
        requests.map { $0.prefix { $0 != "\r\n" }.split(separator: " ").prefix(2).joined(separator: " ") }
    }

    /// The bodies of the requests.
    var bodies: [String] {
        requests.map { request in
            request.firstRange(of: "\r\n\r\n").map { String(request[$0.upperBound...]) } ?? ""
        }
    }
}

/// Runs `taskctl` with `arguments` against a server with `routes`.
func taskctl(_ arguments: String..., routes: [CannedServer.Route]) throws -> Run {
    try taskctl(arguments, routes: routes)
}

/// Runs `taskctl` with `arguments` against a server with `routes`.
func taskctl(_ arguments: [String], routes: [CannedServer.Route]) throws -> Run {
    let server = CannedServer(routes)
    defer { server.stop() }
    let output = MemoryFile()
    let errors = MemoryFile()
    let status = try perform(arguments, socket: server.path, output: output, errors: errors)
    return Run(status: status, output: output.text, errors: errors.text, requests: server.requests)
}

private func perform(_ arguments: [String], socket: String, output: MemoryFile, errors: MemoryFile) throws -> Int32 {
    guard let command = try TaskCtl.parseAsRoot(arguments) as? any ClientCommand else { return -1 }
    let session = Session(
        client: DaemonClient(socketPath: socket), output: Output(descriptor: output.descriptor),
        errors: Output(descriptor: errors.descriptor), wantsJSON: command.global.json, restartLimit: .zero)
    do {
        return try command.run(session).rawValue
    } catch let error as ClientError {
        session.printError(error.message)
        return error.code.rawValue
    }
}

/// A file that exists nowhere.
final class MemoryFile: Sendable {
    let descriptor: Int32

    init() {
        descriptor = fileno(tmpfile())
    }

    var text: String {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4096)
        while case let count = pread(descriptor, &chunk, chunk.count, off_t(bytes.count)), count > 0 {
            bytes += chunk[..<count]
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// A task as the daemon would show it.
func task(
    _ id: Int, _ state: String = "succeeded", name: String? = nil, result: String = "null", exception: String = "null",
    more: String = ""
) -> String {
    let isDone = ["succeeded", "failed", "cancelled"].contains(state)
    return #"{"id":\#(id),"name":"\#(name ?? "Task-\(id)")","kind":"sleep","state":"\#(state)","done":\#(isDone),"#
        + #""result":\#(result),"exception":\#(exception)\#(more)}"#
}

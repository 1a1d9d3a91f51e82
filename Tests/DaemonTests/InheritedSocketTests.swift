import Glibc
import Model
import Testing

@testable import Daemon

struct InheritedSocketTests {
    @Test func isTakenWithItsPathAndPassedOnToNobody() throws {
        try withDirectory { directory in
            let descriptor = try listening(directory + "/taskd.sock")
            defer { close(descriptor) }
            let socket = try InheritedSocket.taken(from: variables(1), pid: 42, first: descriptor)
            #expect(socket == InheritedSocket(descriptor: descriptor, path: directory + "/taskd.sock"))
            #expect(fcntl(descriptor, F_GETFD) == FD_CLOEXEC)
        }
    }

    @Test func isNoneWhenAnotherProcessIsMeant() throws {
        #expect(try InheritedSocket.taken(from: [:], pid: 42) == nil)
        #expect(try InheritedSocket.taken(from: ["LISTEN_PID": "43", "LISTEN_FDS": "1"], pid: 42) == nil)
    }

    @Test func isTheOneWithTheUsualNameAmongSeveral() throws {
        try withDirectory { directory in
            // Numbers that follow each other and that nobody else has.
            let first: Int32 = 900
            for number in first..<first + 2 {
                let descriptor = try listening(directory + "/\(number)")
                defer { close(descriptor) }
                #expect(dup2(descriptor, number) == number)
            }
            defer { for number in first..<first + 2 { close(number) } }
            let named = variables(2, names: "other:taskd.socket")
            #expect(try InheritedSocket.taken(from: named, pid: 42, first: first)?.path == directory + "/901")
            for names in ["", "a:b", "taskd.socket:taskd.socket"] {
                let error = #expect(throws: DaemonError.self) {
                    try InheritedSocket.taken(from: variables(2, names: names), pid: 42, first: first)
                }
                #expect(error?.code == .usage)
            }
        }
    }

    @Test(arguments: ["datagram", "silent", "abstract", "file"])
    func whatIsNoListeningSocketWithAPathIsRefused(kind: String) throws {
        try withDirectory { directory in
            let descriptor =
                switch kind {
                case "datagram": try boundSocket(directory + "/socket", SOCK_DGRAM)
                case "silent": try boundSocket(directory + "/socket", SOCK_STREAM)
                case "abstract": try listening("@" + directory)
                default: open(directory, O_RDONLY)
                }
            defer { close(descriptor) }
            let error = #expect(throws: DaemonError.self) {
                try InheritedSocket.taken(from: variables(1), pid: 42, first: descriptor)
            }
            #expect(error?.message.contains("ListenStream=") == true)
        }
    }

    @Test(arguments: ["", "0", "-1", "many", "1000000"])
    func aNumberThatCannotBeIsRefused(count: String) {
        #expect(throws: DaemonError.self) {
            try InheritedSocket.taken(from: ["LISTEN_PID": "42", "LISTEN_FDS": count], pid: 42)
        }
    }

    @Test func aDescriptorThatIsNotOpenIsRefused() {
        #expect(throws: DaemonError.self) { try InheritedSocket.taken(from: variables(1), pid: 42, first: 100_000) }
    }

    private func variables(_ count: Int, names: String = "taskd.socket") -> [String: String] {
        ["LISTEN_PID": "42", "LISTEN_FDS": "\(count)", "LISTEN_FDNAMES": names]
    }

    private func listening(_ name: String) throws -> Int32 {
        let descriptor = try boundSocket(name, SOCK_STREAM)
        guard listen(descriptor, 1) == 0 else { throw FileFailure(SystemError()) }
        return descriptor
    }
}

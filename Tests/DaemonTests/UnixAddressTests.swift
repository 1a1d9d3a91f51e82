import Glibc
import Model
import Testing

@testable import Daemon

struct UnixAddressTests {
    @Test(arguments: [("", false), ("a\0b", false), ("a", true), ("x107", true), ("x108", false)])
    func holdsAPathThatEndsWithNUL(path: String, isPossible: Bool) {
        let path = path.hasPrefix("x") ? String(repeating: "x", count: path == "x107" ? 107 : 108) : path
        #expect((UnixAddress(path: path) != nil) == isPossible)
        #expect(UnixAddress(path: path)?.path == (isPossible ? path : nil))
    }

    @Test func tellsWhereASocketIsBound() throws {
        try withDirectory { directory in
            let bound = try Socket.bound(to: directory + "/s")
            defer { close(bound) }
            #expect(UnixAddress(of: bound)?.path == directory + "/s")
            let unbound = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            defer { close(unbound) }
            #expect(UnixAddress(of: unbound)?.path == nil)
            #expect(UnixAddress(of: -1) == nil)
        }
    }

    @Test func anAbstractNameIsNoPath() throws {
        let address = try #require(UnixAddress(abstractName: "taskd-\(getpid())"))
        #expect(address.path == nil)
        let name = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
        defer { close(name) }
        #expect(address.withPointer { bind(name, $0, $1) } == 0)
        let bound = try #require(UnixAddress(of: name))
        #expect(bound.path == nil && bound.withPointer { $1 } == address.withPointer { $1 })
    }
}

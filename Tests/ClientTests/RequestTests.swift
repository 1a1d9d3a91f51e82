import Model
import Testing

@testable import Client

struct RequestTests {
    @Test(arguments: [
        ("plain-._~09AZ", "plain-._~09AZ"), ("a b+c", "a%20b%2Bc"), ("ü/?&=#%", "%C3%BC%2F%3F%26%3D%23%25"),
        ("\0\n", "%00%0A"),
    ])
    func encodesAllButTheUnreservedCharacters(text: String, expected: String) {
        #expect(text.percentEncoded == expected)
    }

    @Test func keepsNamesApartFromThePath() {
        let request = Request(
            .post, "v1", "jobs", "../a b", "submit", query: [(name: "directory", value: "/x&y")], json: [:])
        #expect(request.target == "/v1/jobs/..%2Fa%20b/submit?directory=%2Fx%26y")
    }

    @Test func saysHowLongItsBodyIs() {
        let post = Request(.post, "v1", "wait", json: ["name": "ü"])
        #expect(
            String(decoding: post.bytes, as: UTF8.self) == """
                POST /v1/wait HTTP/1.1\r\nhost: taskd\r\nconnection: close\r\ncontent-type: application/json\r\n\
                content-length: 13\r\n\r\n{"name":"ü"}
                """)
        let start = Request.task(TaskID(7), "start")
        #expect(
            String(decoding: start.bytes, as: UTF8.self)
                == "POST /v1/tasks/7/start HTTP/1.1\r\nhost: taskd\r\nconnection: close\r\ncontent-length: 0\r\n\r\n")
        let get = Request(.get, "v1", "health")
        #expect(!String(decoding: get.bytes, as: UTF8.self).contains("content-length"))
    }
}

struct SocketPathTests {
    @Test(
        arguments: [
            ("/opt", "/env", "/run/user/1", true, "/opt"), (nil, "/env", "/run/user/1", true, "/env"),
            (nil, nil, "/run/user/1", true, "/run/user/1/taskd/taskd.sock"),
            (nil, "", "/run/user/1", true, "/run/user/1/taskd/taskd.sock"),
            (nil, nil, "/run/user/1", false, "/run/taskd/taskd.sock"), (nil, nil, nil, true, "/run/taskd/taskd.sock"),
        ] as [(String?, String?, String?, Bool, String)])
    func followsTheOrder(option: String?, own: String?, runtime: String?, exists: Bool, expected: String) {
        let environment = ["TASKD_SOCKET": own, "XDG_RUNTIME_DIR": runtime]
        let path = SocketPath.resolve(option: option, environment: { environment[$0] ?? nil }, exists: { _ in exists })
        #expect(path == expected)
    }

    @Test(arguments: [
        (["HOME": "/home/ada"], "/home/ada/.local/state/taskd/taskd.sock"),
        (["HOME": "/home/ada", "XDG_STATE_HOME": "/state"], "/state/taskd/taskd.sock"),
        (["HOME": "/home/ada", "XDG_RUNTIME_DIR": "/run/user/1"], "/home/ada/.local/state/taskd/taskd.sock"),
        (["HOME": ""], "/run/taskd/taskd.sock"),
        (["HOME": "/home/ada", "XDG_STATE_HOME": "state"], "/home/ada/.local/state/taskd/taskd.sock"),
        (["XDG_RUNTIME_DIR": "run", "XDG_STATE_HOME": "./state"], "/run/taskd/taskd.sock"),
    ])
    func findsADaemonThatListensInItsStateDirectory(environment: [String: String], expected: String) {
        let path = SocketPath.resolve(
            option: nil, environment: { environment[$0] }, exists: { !$0.hasPrefix("/run/user") },
            isServed: { _ in true })
        #expect(path == expected)
    }

    @Test(arguments: [
        (["/home/ada/.local/state/taskd/taskd.sock", "/run/taskd/taskd.sock"], "/run/taskd/taskd.sock"),
        (["/home/ada/.local/state/taskd/taskd.sock"], "/home/ada/.local/state/taskd/taskd.sock"),
    ])
    func whatAKilledDaemonLeftHidesNoOther(sockets: [String], expected: String) {
        let path = SocketPath.resolve(
            option: nil, environment: { $0 == "HOME" ? "/home/ada" : nil }, exists: sockets.contains,
            isServed: { _ in false })
        #expect(path == expected)
    }
}

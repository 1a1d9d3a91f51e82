import Model
import Synchronization
import Testing

@testable import Jobs

/// What a canned web server does with a request.
enum CannedReply {
    /// Sends these bytes and closes.
    case bytes(String)
    /// Says nothing until the client closes.
    case silence
    /// Sends this for as long as the client takes it.
    case endless(head: String, piece: String)

    static func ok(_ body: String, type: String = "text/xml", headers: String = "") -> Self {
        status(200, headers: "Content-Type: \(type)\r\n" + headers, body)
    }

    static func status(_ status: Int, headers: String = "", _ body: String = "") -> Self {
        .bytes("HTTP/1.1 \(status) X\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
    }
}

/// What a canned web server was asked.
final class CannedRequests: Sendable {
    private let all = Mutex<[String]>([])
    private let announce: AsyncStream<String>.Continuation
    /// Each request as it comes.
    let incoming: AsyncStream<String>

    init() {
        (incoming, announce) = AsyncStream.makeStream()
    }

    /// The heads of the requests so far.
    var heads: [String] { all.withLock(\.self) }

    /// The first lines' targets, such as `/main?query=a`.
    var targets: [String] { heads.map { $0.split(separator: " ").dropFirst().first.map(String.init) ?? "" } }

    fileprivate func append(_ head: String) -> Int {
        defer { announce.yield(head) }
        return all.withLock { heads in
            heads.append(head)
            return heads.count - 1
        }
    }
}

/// Runs `body` with the address of a server that answers each request as `answer` says, from its head and its number.
func withWeb(
    _ answer: @escaping @Sendable (_ head: String, _ number: Int) -> CannedReply,
    _ body: (_ url: String, _ requests: CannedRequests) async throws -> Void
) async throws {
    let requests = CannedRequests()
    let server = LocalServer { connection in
        let head = connection.read(until: "\r\n\r\n")
        guard !head.isEmpty else { return }
        switch answer(head, requests.append(head)) {
        case .bytes(let text): connection.send(text)
        case .silence: connection.waitForEnd()
        case .endless(let head, let piece):
            connection.send(head)
            let pieces = Array(piece.utf8)
            for _ in 0..<100_000 { connection.send(pieces) }
        }
    }
    do { try await body("http://127.0.0.1:\(server.port)", requests) } catch {
        await server.stop()
        throw error
    }
    await server.stop()
}

/// Runs the check of `source`. Unless a test moves `clock`, no time passes for it, however busy the machine is.
func checkWeb(
    _ source: JSONValue, directory: String = "/", clock: any Clock<Duration> = SleepClock()
) async throws
    -> RunReport
{
    let job = try Job(json: ["check": source])
    guard case .check(let source) = job.action else { throw TestFailure("no check job") }
    return await CheckHandler(source, leash: Leash(shim: "", hidden: "")).run(
        .test(directory, clock: clock))
}

/// Moves `clock` on whenever somebody rests on it for less than `limit`; answers how long each rest was.
func skipRests(shorterThan limit: Duration, on clock: SleepClock) -> Task<[Duration], Never> {
    Task {
        var rests: [Duration] = []
        for await deadline in clock.deadlines {
            let rest = deadline - clock.now.offset
            guard rest < limit else { continue }
            rests.append(rest)
            clock.move(to: deadline)
        }
        return rests
    }
}

import Synchronization

@testable import Jobs

/// A library system on a real socket that answers about books through SIP2, without checksums.
final class BookServer: Sendable {
    /// What it knows of a book: the two digits of its circulation status, and its title.
    typealias Book = (status: String, title: String)

    private let state = Mutex((asked: [String](), messages: [String]()))
    private let books: [String: Book]
    /// What to do with a question about a book: `nil` is to hang up.
    private let answer: @Sendable (_ barcode: String, _ number: Int, _ usual: String) -> String?

    init(
        _ books: [String: Book],
        answer: @escaping @Sendable (_ barcode: String, _ number: Int, _ usual: String) -> String? = { $2 }
    ) {
        self.books = books
        self.answer = answer
    }

    /// The barcodes it was asked about, in order.
    var asked: [String] { state.withLock(\.asked) }
    /// Every message it was sent, without its end.
    var messages: [String] { state.withLock(\.messages) }

    /// Runs `body` with the port it listens on.
    func serve<Answer>(_ body: (_ port: Int) async throws -> Answer) async throws -> Answer {
        let server = LocalServer { connection in
            while case let message = connection.read(until: "\r"), message.hasSuffix("\r") {
                guard let reply = self.reply(to: String(message.dropLast())) else { return }
                connection.send(reply + "\r")
            }
        }
        let result = await Result { try await body(server.port) }
        await server.stop()
        return try result.get()
    }

    private func reply(to message: String) -> String? {
        state.withLock { $0.messages.append(message) }
        guard message.hasPrefix("17") else {
            return "98YNNNNY03000320261122    2237062.00AOMAIN|BXNNNNYYNNNNYNNNNN|"
        }
        let barcode = message.split(separator: "|").first { $0.hasPrefix("AB") }.map { String($0.dropFirst(2)) } ?? ""
        let number = state.withLock { state in
            state.asked.append(barcode)
            return state.asked.count - 1
        }
        let book = books[barcode]
        let usual = "18\(book?.status ?? "01")000120261122    223706AB\(barcode)|AJ\(book?.title ?? "")|"
        return answer(barcode, number, usual)
    }
}

extension Result where Failure == any Error {
    fileprivate init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}

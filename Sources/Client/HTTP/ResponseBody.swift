internal import NIOCore
internal import NIOHTTP1

/// The bytes of a reply, as they arrive.
struct ResponseBody {
    private var parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator
    private var isAtEnd = false

    init(_ parts: NIOAsyncChannelInboundStream<HTTPClientResponsePart>.AsyncIterator) {
        self.parts = parts
    }

    /// The next bytes, or `nil` at the end of the reply.
    ///
    /// - Throws: ``ClientError`` when the connection ends before the reply does.
    mutating func next() async throws -> [UInt8]? {
        while !isAtEnd {
            switch try await nextPart() {
            case .body(let bytes): return Array(bytes.readableBytesView)
            case .head: continue
            case .end: isAtEnd = true
            }
        }
        return nil
    }

    /// All bytes that are still to come.
    mutating func collect() async throws -> [UInt8] {
        var bytes: [UInt8] = []
        while let chunk = try await next() { bytes += chunk }
        return bytes
    }

    private mutating func nextPart() async throws -> HTTPClientResponsePart {
        do {
            guard let part = try await parts.next() else { throw Self.broken(nil) }
            return part
        } catch let error where error is HTTPParserError || error is IOError || error is ChannelError {
            throw Self.broken(error)
        }
    }

    private static func broken(_ cause: (any Error)?) -> ClientError {
        ClientError(
            code: .unreachable,
            message: "the daemon closed the connection in the middle of its reply; is it still running?",
            cause: cause)
    }
}

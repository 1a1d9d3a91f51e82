internal import Model
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// One question and its answer, on a connection of its own.
struct WebExchange {
    /// Reading the certificates of all authorities takes a while, once.
    private static let trust = Result { try NIOSSLContext(configuration: .makeClientConfiguration()) }

    private let address: WebAddress
    private let headers: [JSONSource.Header]
    private let access: HTTPAccess
    private let ownTrust: NIOSSLContext?

    /// The question for `address`, sent with `headers`.
    ///
    /// - Parameter trust: whose certificates are believed; by default those of the authorities this machine knows.
    init(_ address: WebAddress, headers: [JSONSource.Header], access: HTTPAccess, trust: NIOSSLContext? = nil) {
        ownTrust = trust
        self.address = address
        self.headers = headers
        self.access = access
    }

    /// Asks at `ip`, which is not looked up again, while TLS and the `Host` header keep the name. Cancelling closes the
    /// connection.
    ///
    /// - Throws: ``SourceError``; `connect` when there was no whole answer.
    func run(at ip: IPAddress) async throws(SourceError) -> WebAnswer {
        let trust = try await trust()
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let answer = loop.makePromise(of: WebAnswer.self)
        do throws(SourceError) {
            return try await Connecting.talk(
                to: ip, port: address.port, timeout: access.connectTimeout, on: loop
            ) { channel in
                try prepare(channel, trust: trust, answer: answer)
            } _: { channel in
                answer.futureResult.flatMapErrorThrowing { throw SourceError(reading: $0) }
                    .flatMap { answer in channel.closeFuture.map { answer } }
            }
        } catch {
            answer.fail(error)
            throw error
        }
    }

    private func prepare(
        _ channel: any Channel, trust: NIOSSLContext?, answer: EventLoopPromise<WebAnswer>
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        if let trust {
            let name = IPAddress(address.host) == nil ? address.host : nil
            try pipeline.addHandler(NIOSSLClientHandler(context: trust, serverHostname: name))
        }
        try pipeline.addHTTPClientHandlers()
        try pipeline.addHandler(WebAnswerHandler(to: request, limit: access.maximumBody, answer: answer))
    }

    private var request: HTTPRequestHead {
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.target)
        head.headers.add(name: "Host", value: address.authority)
        for header in headers { head.headers.add(name: header.name, value: header.value) }
        head.headers.add(name: "Connection", value: "close")
        return head
    }

    private func trust() async throws(SourceError) -> NIOSSLContext? {
        guard address.isSecure else { return nil }
        if let ownTrust { return ownTrust }
        let trust = try await runBlocking { _ throws(SourceError) in Self.trust }
        do { return try trust.get() } catch {
            throw SourceError(.tls, "the certificates of this machine cannot be read: \("\(error)".excerpt)")
        }
    }
}

extension SourceError {
    /// What reading an answer threw.
    fileprivate init(reading error: any Error) {
        switch error {
        case HTTPParserError.invalidEOFState as HTTPParserError: self = .brokenOff
        case is HTTPParserError:
            self.init(.unexpectedDocument, "answered with something that is not HTTP; check url and its port")
        case NIOSSLError.uncleanShutdown as NIOSSLError: self = .brokenOff
        default: self.init(talking: error)
        }
    }
}

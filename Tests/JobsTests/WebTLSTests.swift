import Model
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Testing

@testable import Jobs

@Suite(.timeLimit(.minutes(1)))
struct WebTLSTests {
    @Test func asksUnderTheServersName() async throws {
        try await withSecureServer { port in
            let answer = try await exchange("https://localhost:\(port)/a?b", trusting: Self.certificate)
            #expect(answer.status == 200)
            #expect(answer.body == Array("/a?b localhost:\(port)".utf8))
        }
    }

    @Test func believesNoCertificateOfAnotherName() async throws {
        try await withSecureServer { port in
            for host in ["127.0.0.1", "other.example"] {
                await #expect { try await exchange("https://\(host):\(port)/", trusting: Self.certificate) } throws: {
                    error in
                    isRefused(error, "for another name")
                }
            }
        }
    }

    @Test func saysWhenAServerSpeaksNoTLS() async {
        let server = LocalServer { $0.send("HTTP/1.1 400 Bad Request\r\n\r\n") }
        await #expect {
            try await exchange("https://localhost:\(server.port)/", trusting: Self.certificate)
        } throws: { error in
            isRefused(error, "does not speak TLS there")
        }
        await server.stop()
    }

    /// Whether the error says plainly, in `words`, why the server is not believed.
    private func isRefused(_ error: any Error, _ words: String) -> Bool {
        guard let error = error as? SourceError, error.code == .tls else { return false }
        return error.message.contains(words) && !error.message.contains("SSL")
    }

    @Test func believesNoCertificateOfAStranger() async throws {
        try await withSecureServer { port in
            await #expect { try await exchange("https://localhost:\(port)/", trusting: nil) } throws: { error in
                isRefused(error, "is not trusted")
            }
        }
    }

    /// Asks for `url` at this machine, whatever its host is.
    private func exchange(_ url: String, trusting certificate: String?) async throws -> WebAnswer {
        let trust = try certificate.map { text in
            var configuration = TLSConfiguration.makeClientConfiguration()
            configuration.trustRoots = .certificates(try NIOSSLCertificate.fromPEMBytes(Array(text.utf8)))
            return try NIOSSLContext(configuration: configuration)
        }
        let exchange = WebExchange(try WebAddress(url), headers: [], access: HTTPAccess(), trust: trust)
        return try await exchange.run(at: try #require(IPAddress("127.0.0.1")))
    }

    private func withSecureServer(_ body: (Int) async throws -> Void) async throws {
        let certificates = try NIOSSLCertificate.fromPEMBytes(Array(Self.certificate.utf8))
        let key = try NIOSSLPrivateKey(bytes: Array(Self.key.utf8), format: .pem)
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: certificates.map { .certificate($0) }, privateKey: .privateKey(key)))
        let server = try await ServerBootstrap(group: .singletonMultiThreadedEventLoopGroup)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                    try channel.pipeline.syncOperations.addHandler(EchoHandler())
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        do { try await body(server.localAddress?.port ?? 0) } catch {
            try await server.close()
            throw error
        }
        try await server.close()
    }
}

/// Answers a request with its target and its host.
private final class EchoHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .head(let request) = unwrapInboundIn(data) else { return }
        let body = context.channel.allocator.buffer(
            string: "\(request.uri) \(request.headers.first(name: "host") ?? "")")
        let headers: HTTPHeaders = ["content-length": "\(body.readableBytes)"]
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

extension WebTLSTests {
    /// A certificate for localhost, made for these tests alone, and its key. It ends in 2126.
    fileprivate static let certificate = """
        -----BEGIN CERTIFICATE-----
        MIIBlDCCATugAwIBAgIUAZNIlMOQj9uwUHP6NZO6t6wF5NMwCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyNDIyNDYxM1oYDzIxMjYxMDMx
        MjI0NjEzWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATskHy6Kuti8Gp8LENGZg515NWy/Vzb6xLejEyNt73sOM4DaKHN/t+O
        k7d3BS9oczRjnNZnpnSuBSh+ORN9qEJIo2kwZzAdBgNVHQ4EFgQUeR9Q8urBZSt6
        LRLpwryJuzGhAIMwHwYDVR0jBBgwFoAUeR9Q8urBZSt6LRLpwryJuzGhAIMwDwYD
        VR0TAQH/BAUwAwEB/zAUBgNVHREEDTALgglsb2NhbGhvc3QwCgYIKoZIzj0EAwID
        RwAwRAIgBEZnbeGslYF2HAyTz0kGTuRWpTALcUhBr0cOOv2WTNICIB2Zdc2RxEnH
        hLdCHvmZgbbopPSDDtyBOB2SVmX0JJ39
        -----END CERTIFICATE-----
        """

    fileprivate static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgOdkz5tqPe6v6NutF
        q1F9OWe+lZvv8ifiVr311iRbNvqhRANCAATskHy6Kuti8Gp8LENGZg515NWy/Vzb
        6xLejEyNt73sOM4DaKHN/t+Ok7d3BS9oczRjnNZnpnSuBSh+ORN9qEJI
        -----END PRIVATE KEY-----
        """
}

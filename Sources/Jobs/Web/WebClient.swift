internal import Model

/// Asks servers over HTTP by the rules that all sources on the web share: time limits, retries, redirects, addresses,
/// secrets and the size of an answer.
struct WebClient {
    private static let maximumRedirects = 3
    private static let firstRest = Duration.milliseconds(500)
    private static let restFactor = 4
    private static let longestRest = Duration.seconds(30)

    /// What it has proved itself with.
    let secrets = SentSecrets()

    private let access: HTTPAccess
    private let context: JobContext

    /// A client that asks as `access` says, for the task of `context`.
    init(_ access: HTTPAccess, context: JobContext) {
        self.access = access
        self.context = context
    }

    /// What the server at `address` answers, with a status of success.
    ///
    /// A failure that may pass is tried again, after a rest. Cancelling ends the exchange at once.
    /// - Parameter accept: the media types that are understood.
    /// - Throws: ``SourceError``, which does not name the address.
    func get(
        _ address: WebAddress, accept: String, headers: [JSONSource.Header] = []
    ) async throws(SourceError) -> WebAnswer {
        let own = [
            JSONSource.Header(name: "Accept", value: accept),
            JSONSource.Header(name: "User-Agent", value: "taskd/\(Version.current)"),
        ]
        let named = Set(headers.map { $0.name.lowercased() })
        let headers = try await own.filter { !named.contains($0.name.lowercased()) } + headers + credentials()
        var tries = 0
        while true {
            do throws(SourceError) {
                return try await within(access.timeout, context.clock) { () throws(SourceError) in
                    try await self.follow(address, headers: headers)
                }
            } catch {
                guard error.isRetryable, tries < access.retries, try await rest(after: error, tries: tries) else {
                    throw error
                }
            }
            tries += 1
        }
    }

    /// Asks, and follows redirects where that is allowed.
    private func follow(
        _ address: WebAddress, headers: [JSONSource.Header]
    ) async throws(SourceError) -> WebAnswer {
        var address = address
        for _ in 0...Self.maximumRedirects {
            let answer = try await ask(address, headers: headers)
            guard let location = answer.redirect else {
                try answer.requireSuccess()
                return answer
            }
            address = try target(of: location, from: address)
        }
        throw SourceError(.redirectRefused, "redirects more than \(Self.maximumRedirects) times; check url")
    }

    private func target(of location: String, from address: WebAddress) throws(SourceError) -> WebAddress {
        let target: WebAddress
        do throws(WebAddress.Malformed) { target = try address.following(location) } catch {
            throw SourceError(.redirectRefused, "redirects to something that is not a valid URL; check url")
        }
        guard access.redirects == .sameHost else {
            throw SourceError(
                .redirectRefused, "redirects to \(target.server); ask there, or allow redirects: same-host")
        }
        let isUpgrade = !address.isSecure && target.isSecure && target.host == address.host
        guard target.server == address.server || isUpgrade else {
            throw SourceError(
                .redirectRefused, "redirects to \(target.server), another server; ask there if you trust it")
        }
        return target
    }

    /// Asks at the first of the host's addresses that can be reached.
    private func ask(_ address: WebAddress, headers: [JSONSource.Header]) async throws(SourceError) -> WebAnswer {
        let exchange = WebExchange(address, headers: headers, access: access)
        var failure = SourceError(.dns, "the host has no address")
        for ip in try await HostLookup.addresses(of: address.host) {
            do throws(SourceError) { return try await exchange.run(at: ip) } catch {
                guard error.code == .connect else { throw error }
                failure = error
            }
        }
        throw failure
    }

    /// Rests before the next try; answers whether there is to be one.
    private func rest(after error: SourceError, tries: Int) async throws(SourceError) -> Bool {
        var factor = 1
        for _ in 0..<tries { factor *= Self.restFactor }
        var rest = min(Self.firstRest * factor, Self.longestRest) * Double.random(in: 0.5...1)
        if let seconds = error.details["retry_after"]?.intValue {
            guard seconds <= WebAnswer.maximumRetryAfter else { return false }
            rest = max(rest, .seconds(seconds))
        }
        try await context.sleep(for: rest)
        return true
    }
}

extension WebClient {
    /// The header that proves who asks, its secret read from its file now.
    private func credentials() async throws(SourceError) -> [JSONSource.Header] {
        switch access.credentials {
        case nil: return []
        case .basic(let user, let file)?:
            let secret = try await SecretFile.read(file, key: "password_file", context)
            let pair = Base64.encode("\(user):\(secret)".utf8)
            secrets.note(secret)
            secrets.note(pair)
            return [JSONSource.Header(name: "Authorization", value: "Basic \(pair)")]
        case .bearer(let file)?:
            let secret = try await SecretFile.read(file, key: "token_file", context)
            secrets.note(secret)
            return [JSONSource.Header(name: "Authorization", value: "Bearer \(secret)")]
        case .header(let name, let file)?:
            let secret = try await SecretFile.read(file, key: "value_file", context)
            secrets.note(secret)
            return [JSONSource.Header(name: name, value: secret)]
        }
    }
}

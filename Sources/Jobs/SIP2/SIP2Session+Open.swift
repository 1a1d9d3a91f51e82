internal import Model

extension SIP2Session {
    /// Connects to the system that `access` names, logs in, and makes sure that it answers about items.
    ///
    /// - Throws: ``SourceError`` naming the system; `config` when a password would cross a network.
    static func open(_ access: SIP2Access, _ context: JobContext) async throws(SourceError) -> SIP2Session {
        do throws(SourceError) {
            let addresses = try await within(access.timeout, context.clock) { () throws(SourceError) in
                try await HostLookup.addresses(of: access.host)
            }
            let password = try await password(access, for: addresses, context)
            var session = SIP2Session(try await connect(access, addresses), access: access, clock: context.clock)
            do throws(SourceError) {
                if let login = access.login, let password { try await session.logIn(login.user, password: password) }
                try await session.requireReady()
            } catch {
                await session.close()
                throw error
            }
            return session
        } catch {
            throw error.at(access.place)
        }
    }

    private static func connect(
        _ access: SIP2Access, _ addresses: [IPAddress]
    ) async throws(SourceError) -> SIP2Connection {
        var failure = SourceError(.dns, "the host has no address")
        for address in addresses {
            do throws(SourceError) {
                return try await SIP2Connection.open(address, port: access.port, timeout: access.connectTimeout)
            } catch {
                guard !Task.isCancelled else { throw .cancelled }
                failure = error
            }
        }
        throw failure
    }

    private static func password(
        _ access: SIP2Access, for addresses: [IPAddress], _ context: JobContext
    ) async throws(SourceError) -> String? {
        guard let login = access.login else { return nil }
        guard login.allowsPlaintext || addresses.allSatisfy(\.isLoopback) else {
            throw SourceError(
                .config,
                "login: SIP2 would send the password unencrypted over a network; use a tunnel on this machine, "
                    + "or allow_plaintext: true")
        }
        let password = try await SecretFile.read(login.passwordFile, key: "password_file", context)
        guard !password.utf8.contains(UInt8(ascii: "|")) else {
            throw SourceError(.config, "password_file: a password cannot hold | in SIP2")
        }
        return password
    }
}

extension SIP2Access {
    /// The system, for messages.
    var place: String { "\(host) port \(port)" }
}

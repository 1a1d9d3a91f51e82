internal import Model

/// Counts how many of a list of barcodes a library system knows, and in which states they are.
struct SIP2Counter: SourceCounter {
    private let source: SIP2Source

    /// The counter that asks `source`.
    init(_ source: SIP2Source) {
        self.source = source
    }

    var method: String { "sip2" }

    func count(_ context: JobContext) async throws(SourceError) -> SourceCount {
        let barcodes = try await BarcodeFile.read(context.absolutePath(source.barcodes))
        do throws(SourceError) {
            let addresses = try await HostLookup.addresses(of: source.host)
            let password = try await password(for: addresses, context)
            let connection = try await connect(addresses)
            let answer: Result<SourceCount, SourceError>
            do throws(SourceError) {
                answer = .success(try await count(barcodes, password, on: connection, context))
            } catch {
                answer = .failure(error)
            }
            await connection.close()
            return try answer.get()
        } catch {
            throw error.at("\(source.host) port \(source.port)")
        }
    }

    private func count(
        _ barcodes: [String], _ password: String?, on connection: SIP2Connection, _ context: JobContext
    ) async throws(SourceError) -> SourceCount {
        var session = SIP2Session(connection, source: source, clock: context.clock)
        if let login = source.login, let password { try await session.logIn(login.user, password: password) }
        try await session.requireReady()
        var statuses: [String: Int64] = [:]
        var known: Int64 = 0
        for (index, barcode) in barcodes.enumerated() {
            if index > 0 { try await rest(context.clock) }
            if let item = try await session.item(barcode) {
                known += 1
                statuses[item.status, default: 0] += 1
            }
            context.report(Progress(completed: Double(index + 1), total: Double(barcodes.count)))
        }
        var tally = JSONObject()
        for (status, number) in statuses.sorted(by: { $0.key < $1.key }) { tally[status] = .int(number) }
        let asked = Int64(barcodes.count)
        return try SourceCount(
            known, details: ["asked": .int(asked), "unknown": .int(asked - known), "statuses": .object(tally)])
    }

    /// A system serves its desks too, which go before.
    private func rest(_ clock: any Clock<Duration>) async throws(SourceError) {
        do { try await clock.sleep(for: .seconds(1) / source.rate) } catch { throw .cancelled }
    }

    private func connect(_ addresses: [IPAddress]) async throws(SourceError) -> SIP2Connection {
        var failure = SourceError(.dns, "the host has no address")
        for address in addresses {
            do throws(SourceError) {
                return try await SIP2Connection.open(address, port: source.port, timeout: source.connectTimeout)
            } catch {
                guard !Task.isCancelled else { throw .cancelled }
                failure = error
            }
        }
        throw failure
    }

    private func password(for addresses: [IPAddress], _ context: JobContext) async throws(SourceError) -> String? {
        guard let login = source.login else { return nil }
        guard login.allowsPlaintext || addresses.allSatisfy(\.isLoopback) else {
            throw SourceError(
                .config,
                "login: SIP2 would send the password unencrypted over a network; use a tunnel on this machine, "
                    + "or allow_plaintext: true")
        }
        let password = try await SecretFile.read(context.absolutePath(login.passwordFile), key: "password_file")
        guard !password.utf8.contains(UInt8(ascii: "|")) else {
            throw SourceError(.config, "password_file: a password cannot hold | in SIP2")
        }
        return password
    }
}

internal import Glibc
internal import Model

/// Finds the addresses of a host, and lets none pass that a source may not have.
enum HostLookup {
    /// The addresses of `host`, in the order to try them.
    ///
    /// Every one is looked at: a name that leads to one address that is refused is refused. Who connects must connect to
    /// one of these, and not look the name up again, which may lead elsewhere the second time.
    /// - Throws: ``SourceError`` with `dns`, `address_refused` or `cancelled`.
    static func addresses(of host: String) async throws(SourceError) -> [IPAddress] {
        // A look-up takes a thread, and what is an address already needs none.
        let addresses = if let address = IPAddress(host) { [address] } else { try await lookUp(host).get() }
        for address in addresses {
            guard let reason = address.refusal else { continue }
            let place = address.text == host ? host : "\(host) (\(address.text))"
            throw SourceError(.addressRefused, "\(place) is \(reason), where no source is asked")
        }
        return addresses
    }

    /// `getaddrinfo` blocks for as long as a name server is silent and cannot be stopped.
    static let calls = BlockingCalls<Result<[IPAddress], SourceError>>(limit: 32)

    private static func lookUp(_ host: String) async -> Result<[IPAddress], SourceError> {
        await calls.answer { ask(host) } ?? .failure(.cancelled)
    }

    private static func ask(_ host: String) -> Result<[IPAddress], SourceError> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        var list: UnsafeMutablePointer<addrinfo>?
        let number = getaddrinfo(host, nil, &hints, &list)
        guard number == 0 else { return .failure(SourceError(lookingUp: host, number)) }
        defer { freeaddrinfo(list) }
        var addresses: [IPAddress] = []
        var next = list
        while let entry = next?.pointee {
            next = entry.ai_next
            guard let address = IPAddress(entry), !addresses.contains(address) else { continue }
            addresses.append(address)
        }
        guard !addresses.isEmpty else { return .failure(SourceError(lookingUp: host, EAI_NONAME)) }
        return .success(addresses)
    }
}

extension IPAddress {
    fileprivate init?(_ entry: addrinfo) {
        // Where the address stands in a sockaddr_in and a sockaddr_in6 (ip(7), ipv6(7)).
        let place: Range<Int>
        switch entry.ai_family {
        case AF_INET: place = 4..<8
        case AF_INET6: place = 8..<24
        default: return nil
        }
        guard let address = entry.ai_addr, Int(entry.ai_addrlen) >= place.upperBound else { return nil }
        self.init(bytes: Array(UnsafeRawBufferPointer(start: address, count: Int(entry.ai_addrlen))[place]))
    }
}

extension SourceError {
    fileprivate init(lookingUp host: String, _ number: CInt) {
        let reason = String(cString: gai_strerror(number))
        self.init(
            .dns, "\(host): the name cannot be looked up: \(reason); check url",
            isRetryable: number == EAI_AGAIN || number == EAI_SYSTEM || number == EAI_MEMORY)
    }
}

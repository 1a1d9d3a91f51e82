internal import Model

extension Target {
    /// Short texts that users write.
    static let texts = [
        Target(name: "duration") { bytes in
            guard let duration = Duration(text: bytes.text) else { return }
            require(duration >= .zero, "a duration is not negative: \(duration)")
            let text = duration.secondsText
            require(Duration(text: text) == duration, "\(duration) is written \(text), which is another one")
        },
        Target(name: "timestamp") { bytes in
            guard let instant = Timestamp(text: bytes.text) else { return }
            let text = instant.description
            require(text.utf8.count == 24, "every instant that is read is written with 24 characters: \(text)")
            require(
                Timestamp(text: text) == instant, "\(instant.milliseconds) is written \(text), which is another one")
            let next = Timestamp(milliseconds: instant.milliseconds + 1).description
            require(text < next || next.utf8.count > 24, "\(text) sorts before \(next)")
        },
        Target(name: "query") { bytes in
            let parameters = bytes.split(separator: UInt8(ascii: "&")).map { parameter in
                let name = parameter.prefix { $0 != UInt8(ascii: "=") }
                return (name: Array(name).text, value: Array(parameter.dropFirst(name.count + 1)).text)
            }
            do throws(InvalidInput) {
                let filter = try TaskFilter(query: parameters)
                require(
                    result { () throws(InvalidInput) in try TaskFilter(query: filter.query) } == .success(filter),
                    "\(filter) is written \(filter.query), which is another one")
            } catch {
                let names = parameters.map { $0.name.isEmpty ? "\"\"" : $0.name }
                require(names.contains(error.path), "the complaint names a parameter: \(error)")
            }
        },
        Target(name: "address") { bytes in
            guard case .success(let address) = result({ () throws(WebAddress.Malformed) in try WebAddress(bytes.text) })
            else { return }
            let text = address.text
            require(
                result { () throws(WebAddress.Malformed) in try WebAddress(text) } == .success(address),
                "\(address) is written \(text), which is another one")
            require(text.utf8.allSatisfy { 0x21...0x7E ~= $0 }, "\(text) can stand in a request")
        },
    ]
}

extension TaskFilter {
    /// The filter as a query's names and values.
    fileprivate var query: [(name: String, value: String)] {
        var query = [
            (name: "limit", value: String(limit)), (name: "sort", value: sort.rawValue),
            (name: "order", value: order.rawValue),
        ]
        if !states.isEmpty { query.append(("state", states.map(\.rawValue).joined(separator: ","))) }
        if let name { query.append(("name", name)) }
        if let kind { query.append(("kind", kind.rawValue)) }
        if let queue { query.append(("queue", queue)) }
        if let parentID { query.append(("parent_id", parentID.description)) }
        for label in labels { query.append(("label", "\(label.key):\(label.value)")) }
        if let since { query.append(("since", since.description)) }
        if let until { query.append(("until", until.description)) }
        if let cursor { query.append(("cursor", cursor.description)) }
        return query
    }
}

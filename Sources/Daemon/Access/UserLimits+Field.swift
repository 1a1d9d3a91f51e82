internal import Model

extension UserLimits {
    /// The limits written in `field`: `{running: 3, waiters: 1, …}`; what is not named has its default.
    ///
    /// - Throws: ``InvalidInput`` with the path of what is unknown or wrong.
    init(field: Field) throws(InvalidInput) {
        self.init()
        var fields = try field.fields()
        try fields.allow(only: Name.allCases.map(\.rawValue))
        for name in Name.allCases {
            guard let limit = fields.take(name.rawValue) else { continue }
            self[name] = Int(try limit.int(in: 1...1_000_000_000))
        }
    }
}

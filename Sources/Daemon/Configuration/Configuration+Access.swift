internal import Model

// The settings that are objects: who may do what, and how much of it.
extension Configuration {
    /// Who has which roles; `nil` when nobody says.
    static func checkedRoles(_ text: String) throws(DaemonError) -> Grants {
        try checked(text, .roles) { field throws(InvalidInput) in try Grants(field: field) }
    }

    /// What a user may take at once.
    static func checkedLimits(_ text: String) throws(DaemonError) -> UserLimits {
        try checked(text, .limits) { field throws(InvalidInput) in
            var limits = UserLimits()
            var fields = try field.fields()
            try fields.allow(only: UserLimits.Name.allCases.map(\.rawValue))
            for name in UserLimits.Name.allCases {
                guard let limit = fields.take(name.rawValue) else { continue }
                limits[name] = Int(try limit.int(in: 1...1_000_000_000))
            }
            return limits
        }
    }

    /// The value of a setting that is an object, which a variable has as JSON.
    private static func checked<Value>(
        _ text: String, _ setting: Setting, _ read: (Field) throws(InvalidInput) -> Value
    ) throws(DaemonError) -> Value {
        do {
            return try read(Field(try JSONParser.parse(text), path: setting.rawValue))
        } catch {
            // What is wrong in the object is told with its path, which begins with the setting.
            throw DaemonError(code: .usage, message: error.path.isEmpty ? "\(setting.rawValue): \(error)" : "\(error)")
        }
    }
}

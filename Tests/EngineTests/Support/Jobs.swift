import Model

/// A job called `name` that the stage plays.
func job(_ name: String, _ modifiers: JSONObject = [:]) -> JSONValue {
    var object: JSONObject = ["sleep": 0, "name": .string(name)]
    object.merge(modifiers)
    return .object(object)
}

/// A composite of kind `kind` called the same.
func composite(_ kind: String, _ members: [JSONValue], _ modifiers: JSONObject = [:]) -> JSONValue {
    var object: JSONObject = [kind: .array(members), "name": .string(kind)]
    object.merge(modifiers)
    return .object(object)
}

extension Outcome {
    /// A failure with `message`.
    static func boom(_ message: String = "boom") -> Outcome {
        .failed(ExceptionInfo(type: "Boom", message: message))
    }
}

extension Model.TaskRecord {
    /// How the task stands, for comparing whole situations.
    var standing: String {
        "\(name) \(state.rawValue) \(result?.text() ?? "-") \(exception?.json.text() ?? "-")"
    }
}

internal import Model

extension TaskReply {
    /// Every field on a line of its own, in lines that are safe to show.
    var detailLines: [String] {
        let members = json.objectValue ?? [:]
        let width = members.keys.map(\.shown.displayWidth).max() ?? 0
        return members.flatMap { key, value in
            let lines = Self.lines(value)
            let indent = String(repeating: " ", count: width + 2)
            return lines.enumerated().map { $0 == 0 ? key.shown.padded(toWidth: width + 2) + $1 : indent + $1 }
        }
    }

    private static func lines(_ value: JSONValue) -> [String] {
        switch value {
        case .null: ["-"]
        case .string(let text): [text.shown]
        case .bool, .int, .double: [value.text()]
        case .array, .object: value.text(.indented).split(separator: "\n").map(String.init)
        }
    }
}

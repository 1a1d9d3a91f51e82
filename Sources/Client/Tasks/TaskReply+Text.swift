internal import Model

extension TaskReply {
    /// How much of a result or a command a table shows, in Unicode scalars.
    private static let longestNote = 200

    /// The one thing worth knowing of the task in its state, not yet safe to show.
    var note: String {
        switch state {
        case .held: "waits for start"
        case .queued: waitingNote.isEmpty ? commandLine : waitingNote
        case .running: runningNote.isEmpty ? commandLine : runningNote
        case .succeeded: (inventoryNote ?? result.text(.spaced)).beginning(scalars: Self.longestNote)
        case .failed, .cancelled: exceptionLine
        }
    }

    private var runningNote: String {
        [isPaused ? "paused" : nil, progress.map(Self.text)].compactMap(\.self).joined(separator: ", ")
    }

    /// What it runs: `make -C 'my build' all`; empty for what is no command.
    private var commandLine: String {
        let job = json["job"]
        let words = job?["command"]?.arrayValue?.compactMap(\.stringValue) ?? []
        let line = job?["shell"]?.stringValue ?? words.map(Self.quoted).joined(separator: " ")
        return line.beginning(scalars: Self.longestNote)
    }

    /// The word as it is typed in a shell.
    private static func quoted(_ word: String) -> String {
        let isPlain = !word.isEmpty && word.allSatisfy { $0.isLetter || $0.isNumber || "_-+=:,./@%".contains($0) }
        return isPlain ? word : "'" + word.replacing("'", with: "'\\''") + "'"
    }

    /// Whether the processes of its command are stopped.
    private var isPaused: Bool { json["paused"]?.boolValue == true }

    /// What an inventory came to: `ok {"main": 1247}`.
    private var inventoryNote: String? {
        guard kind == TaskKind.inventory.rawValue, let counts = result["counts"] else { return nil }
        return "\(result["verdict"]?.stringValue ?? "") \(counts.text(.spaced))"
    }

    /// How far it is: `50% (2/4) message`.
    static func text(_ progress: Progress) -> String {
        let percent = progress.percent
        let units = progress.total == 1 ? "" : " (\(units(progress)))"
        return "\(percent)%\(units)" + (progress.message.map { " " + $0 } ?? "")
    }

    /// How many units of how many are done: `2/4`.
    static func units(_ progress: Progress) -> String { "\(unit(progress.completed))/\(unit(progress.total))" }

    private static func unit(_ value: Double) -> String { JSONValue.number(value).text() }

    /// What `waiting_for` says: an object with the one key of the gate that is shut.
    private var waitingNote: String {
        guard let (gate, value) = json["waiting_for"]?.objectValue?.first else { return "" }
        let text = value.stringValue ?? value.text(.spaced)
        let instant = value.stringValue.flatMap(Timestamp.init(text:))?.shortText ?? text
        return switch gate {
        case "after": "waits for " + (value.arrayValue ?? [value]).map { $0.text() }.joined(separator: ", ")
        case "parent": "waits for its turn in \(text)"
        case "delay": "waits until \(instant)"
        case "retry": "tries again at \(instant)"
        default: "waits for \(gate) \(text)"
        }
    }

    /// What it came to, as short as can be, not yet safe to show: a count, or why it did not succeed.
    var ending: String {
        guard state == .succeeded else { return exceptionLine }
        return (result[name] ?? result["total"])?.intValue.map(String.init) ?? ""
    }

    /// Why it did not succeed: `ValueError: No such table`.
    var exceptionLine: String {
        exception.map(Self.text) ?? ""
    }

    private static func text(_ exception: ExceptionInfo) -> String {
        exception.message.isEmpty ? exception.type : "\(exception.type): \(exception.message)"
    }

    /// What to tell a person when the task did not succeed, in one or more lines that are safe to show.
    var complaint: [String] {
        let title = "task \(id) (\(name)) "
        switch state {
        case .held, .queued, .running: return [(title + "is not done yet: \(state.rawValue)").shown]
        case .succeeded: return []
        case .cancelled:
            let message = exception?.message ?? ""
            return [(title + "was cancelled" + (message.isEmpty ? "" : ": \(message)")).shown]
        case .failed:
            let first = (title + "failed" + (exceptionLine.isEmpty ? "" : ": \(exceptionLine)")).shown
            return [first] + Self.lastWords(exception) + Self.members(exception, depth: 1) + whereToLook
        }
    }

    /// How to see more of what has failed.
    private var whereToLook: [String] {
        switch TaskKind(rawValue: kind) {
        case .command, .shell: ["  its output: taskctl logs \(id)"]
        case .inventory: []
        case let kind? where kind.isComposite: ["  its members: taskctl list --parent \(id)"]
        default: []
        }
    }

    /// The last line a failed command wrote on its standard error: most say there why they failed.
    private static func lastWords(_ exception: ExceptionInfo?) -> [String] {
        let lines = exception?.details["stderr"]?.stringValue?.split(whereSeparator: \.isNewline) ?? []
        return lines.last { !$0.allSatisfy(\.isWhitespace) }.map { ["  " + String($0).shown] } ?? []
    }

    /// The exceptions of a group, indented under it.
    private static func members(_ exception: ExceptionInfo?, depth: Int) -> [String] {
        guard depth < 8, let members = exception?.details["exceptions"]?.arrayValue else { return [] }
        let indent = String(repeating: "  ", count: depth)
        return members.compactMap(ExceptionInfo.init(json:)).flatMap { member in
            [indent + text(member).shown] + Self.members(member, depth: depth + 1)
        }
    }
}

extension Progress {
    /// The whole percents done: 100 only at the end, and 45 for the nearest double to 0.45.
    var percent: Int { Int(fraction * 100 + 1e-9) }
}

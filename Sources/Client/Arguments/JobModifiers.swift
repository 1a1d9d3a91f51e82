internal import ArgumentParser
internal import Model

/// The modifiers of a job that can be given as flags.
struct JobModifiers: ParsableArguments {
    @Option(help: "The task's name.") var name: String?
    @Option(help: "The queue whose slots it takes.") var queue: String?
    @Option(parsing: .unconditional, help: "Higher runs first within its queue.") var priority: Int64?
    @Option(help: ArgumentHelp("Run it when these tasks have succeeded.", valueName: "id,…"))
    var after: [CommaSeparated<TaskID>] = []
    @Option(
        parsing: .unconditional,
        help: ArgumentHelp("Run it this long from now: 30s, 5m, 1h30m, 2d.", valueName: "duration"),
        transform: Duration.argument) var delay: Duration?
    @Option(
        help: ArgumentHelp("Run it not before this time.", valueName: "time"), transform: Self.time)
    var notBefore: Timestamp?
    @Option(help: "Idempotency key: submitting the same key again returns the first task.") var key: String?
    @Option(help: ArgumentHelp("A word to find it by; may be repeated.", valueName: "key=value")) var label: [Label] =
        []
    @Flag(help: "A parent's cancellation, failure or timeout leaves it alone.") var shield = false
    @Flag(help: "Hold it until it is started (taskctl start).") var hold = false
    @Option(help: ArgumentHelp("The directory a command runs in.", valueName: "directory"), completion: .directory)
    var cwd: String?
    @Option(help: ArgumentHelp("A variable for a command; may be repeated.", valueName: "name=value"))
    var env: [Label] = []
    @Flag(help: "Leave a command's standard input open (taskctl send).") var stdinOpen = false
    @Option(
        parsing: .unconditional, help: ArgumentHelp("Try it at most this many times in all.", valueName: "attempts"))
    var retry: Int64?
    @Option(
        parsing: .unconditional, help: ArgumentHelp("From TERM to KILL when it is cancelled.", valueName: "duration"),
        transform: Duration.argument) var grace: Duration?
    @Option(help: ArgumentHelp("What to do when the daemon stopped while it ran.", valueName: "fail|rerun"))
    var onInterrupt: Job.OnInterrupt?
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Run this once it is done: one word is a line for /bin/sh, several are a command.", valueName: "command"))
    var onDone: [String] = []

    mutating func validate() throws {
        guard retry ?? 0 >= 0 else { throw ValidationError("--retry must not be negative") }
        var keys: Set<ExactText> = []
        for label in label where !keys.insert(ExactText(label.key)).inserted {
            throw ValidationError("--label \(label.key) is given twice; a label has one value")
        }
    }

    /// The modifiers that were given, as they stand in a job.
    ///
    /// - Throws: ``ClientError`` when the directory that a relative `cwd` starts at is gone.
    var json: JSONObject {
        get throws(ClientError) {
            var object = JSONObject()
            object["name"] = name.map(JSONValue.string)
            object["queue"] = queue.map(JSONValue.string)
            object["priority"] = priority.map(JSONValue.int)
            object["after"] = after.isEmpty ? nil : .array(after.flatMap(\.elements).map(\.json))
            object["delay"] = delay?.jsonSeconds
            object["not_before"] = notBefore.map { .string($0.description) }
            object["key"] = key.map(JSONValue.string)
            object["labels"] = label.isEmpty ? nil : .object(Self.object(label))
            object["shield"] = shield ? true : nil
            object["hold"] = hold ? true : nil
            // Who types it is somewhere else than the job file.
            if let cwd {
                object["cwd"] = .string(cwd.isEmpty ? cwd : try cwd.path(from: SubmittedFile.currentDirectory()))
            }
            object["env"] = env.isEmpty ? nil : .object(Self.object(env))
            object["stdin_open"] = stdinOpen ? true : nil
            object["retry"] = retry.map { ["attempts": .int($0)] }
            object["grace"] = grace?.jsonSeconds
            object["on_interrupt"] = onInterrupt.map { .string($0.rawValue) }
            object["on_done"] = onDone.isEmpty ? nil : .array(onDoneCommand.map(JSONValue.string))
            return object
        }
    }

    /// RFC 3339 text or a date.
    ///
    /// - Throws: `ValidationError` for anything else; how long ago, or in what time, is none.
    private static func time(_ argument: String) throws -> Timestamp {
        guard let instant = Timestamp(text: argument) else {
            throw ValidationError(
                "\(argument) is not a time such as 2026-11-30T09:30:00Z; for a time from now, use --delay")
        }
        return instant
    }

    private static func object(_ pairs: [Label]) -> JSONObject {
        var object = JSONObject()
        for pair in pairs { object[pair.key] = .string(pair.value) }
        return object
    }

    private var onDoneCommand: [String] {
        onDone.count == 1 ? ["/bin/sh", "-c"] + onDone : onDone
    }
}

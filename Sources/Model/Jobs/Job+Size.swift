extension Job {
    /// How many tasks it becomes, its members and theirs counted.
    package var taskCount: Int { members.reduce(1) { $0 + $1.taskCount } }

    /// About how much memory it takes until it is stored, in bytes.
    package var footprint: Int { 1024 * taskCount + source.footprint }

    /// The bytes of the arguments and variables of its largest command, `on_done` and the commands of members among them;
    /// 0 when there is none.
    package var largestCommand: Int {
        let own =
            switch action {
            case .command(let command), .shell(let command): command.size
            case .check(.command(let arguments, _)): arguments.size
            case .check, .verify, .sleep, .composite: 0
            }
        return members.reduce(max(own, onDone.size)) { max($0, $1.largestCommand) }
    }
}

extension CommandJob {
    fileprivate var size: Int {
        environment.reduce(arguments.size) { $0 + $1.key.text.utf8.count + $1.value.utf8.count + 2 }
    }
}

extension [String] {
    /// As execve(2) counts them: each with a NUL at its end.
    fileprivate var size: Int { reduce(0) { $0 + $1.utf8.count + 1 } }
}

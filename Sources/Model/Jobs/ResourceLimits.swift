/// What each process of a command may use of the machine (setrlimit(2)); `nil` for what the daemon may.
package struct ResourceLimits: Sendable, Hashable {
    /// Bytes of address space.
    package let memory: Int64?
    /// Time on a processor, in whole seconds.
    package let processorTime: Duration?
    /// Descriptors open at once.
    package let files: Int64?
    /// Processes of the daemon's user, all of them counted; no limit for root.
    package let processes: Int64?
    /// Bytes of any one file it writes, its own output included.
    package let fileSize: Int64?

    /// No limits of its own.
    package static let none = ResourceLimits()

    private init() {
        memory = nil
        processorTime = nil
        files = nil
        processes = nil
        fileSize = nil
    }
}

extension ResourceLimits {
    private static let keys = ["memory", "cpu_time", "files", "processes", "file_size"]

    /// The limits written in `field`: `{memory, cpu_time, files, processes, file_size}`, sizes in bytes.
    package init(field: Field) throws(InvalidInput) {
        var fields = try field.fields()
        try fields.allow(only: Self.keys)
        memory = try fields.take("memory")?.int(in: 1...Int64.max)
        let time = fields.take("cpu_time")
        processorTime = try time?.duration()
        if let time, let processorTime, processorTime < .seconds(1) { throw time.invalid("must be at least 1s") }
        files = try fields.take("files")?.int(in: 4...1_048_576)
        processes = try fields.take("processes")?.int(in: 1...4_194_304)
        fileSize = try fields.take("file_size")?.int(in: 0...Int64.max)
    }
}

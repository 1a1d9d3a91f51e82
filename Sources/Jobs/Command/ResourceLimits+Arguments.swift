internal import Model

extension ResourceLimits {
    /// The limits as options of the shim.
    var arguments: [String] {
        let all: [(name: String, value: Int64?)] = [
            ("memory", memory), ("cpu_time", processorTime.map { Int64($0.seconds.rounded(.up)) }), ("files", files),
            ("processes", processes), ("file_size", fileSize),
        ]
        return all.flatMap { limit in limit.value.map { ["-l", "\(limit.name)=\($0)"] } ?? [] }
    }
}

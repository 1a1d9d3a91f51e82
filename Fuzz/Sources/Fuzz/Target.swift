internal import Glibc

/// What bytes from anywhere are thrown at, and what has to hold for every one of them.
struct Target: Sendable {
    /// The name on the command line, and of the directory of its seeds.
    let name: String
    /// Ends the process when the promise does not hold for `bytes`.
    let check: @Sendable (_ bytes: [UInt8]) -> Void

    static let all = texts + jobs + scanners + records + replies
}

/// Ends the process, which is how libFuzzer learns of it, unless `holds`.
func require(_ holds: Bool, _ promise: @autoclosure () -> String) {
    guard !holds else { return }
    // An optimised build keeps no message of a precondition.
    let message = Array("broken: \(promise())\n".utf8)
    write(STDERR_FILENO, message, message.count)
    preconditionFailure("a promise is broken")
}

/// What `work` comes to, as a value that can be compared.
func result<Value, Failure>(_ work: () throws(Failure) -> Value) -> Result<Value, Failure> {
    Result { () throws(Failure) in try work() }
}

extension [UInt8] {
    /// The bytes as text, with U+FFFD where they are none.
    var text: String { String(decoding: self, as: UTF8.self) }

    /// The same bytes cut into pieces in several ways: not at all, everywhere, and at places that depend on them.
    var cuts: [[ArraySlice<UInt8>]] {
        [[self[...]], indices.map { self[$0...$0] }, piecesOfManyLengths]
    }

    private var piecesOfManyLengths: [ArraySlice<UInt8>] {
        // FNV-1a: the same cuts for the same bytes in every run, which Swift's own hashes do not promise.
        var hash = reduce(0xCBF2_9CE4_8422_2325 as UInt64) { ($0 ^ UInt64($1)) &* 0x0000_0100_0000_01B3 }
        var pieces: [ArraySlice<UInt8>] = []
        var rest = self[...]
        while !rest.isEmpty {
            pieces.append(rest.prefix(Int(hash % 9)))
            rest = rest.dropFirst(Int(hash % 9))
            hash = hash &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            hash ^= hash >> 33
        }
        return pieces
    }

    /// Whether `answer` is the same however the bytes are cut into pieces.
    func requireSameAnswer<Answer: Equatable>(_ what: String, _ answer: ([ArraySlice<UInt8>]) -> Answer) {
        let answers = cuts.map(answer)
        for other in answers.dropFirst() {
            require(other == answers[0], "\(what): \(answers[0]) whole, \(other) in pieces")
        }
    }
}

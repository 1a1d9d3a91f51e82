internal import Glibc
@testable internal import Jobs
internal import Model

extension Target {
    /// What other processes and systems tell, a message or a file at a time.
    static let records = [
        Target(name: "sip2") { bytes in
            requireSIP2ReadsBack(bytes.filter { $0 != SIP2Message.terminator && $0 < 0x80 }.text)
            for needsChecksum in [false, true] {
                guard let message = SIP2Message(received: bytes, needsChecksum: needsChecksum) else { continue }
                require(bytes.starts(with: message.bytes), "a message holds what came, and no more")
                require(message.sequence != nil || !needsChecksum, "a message with a checksum has a sequence number")
                guard let item = SIP2Item(message) else { continue }
                require(!item.barcode.utf8.contains(UInt8(ascii: "|")), "a field ends at its end: \(item.barcode)")
            }
        },
        Target(name: "exit-record") { bytes in
            let lines = bytes.text.split(separator: "\n")
            guard let record = ExitRecord(lines: lines) else { return }
            require(ExitRecord(lines: record.lines) == record, "\(record) is written \(record.lines)")
        },
        Target(name: "progress") { bytes in
            let lines = bytes.split(separator: UInt8(ascii: "\n")).suffix(Progress.maximumLines)
            let told = lines.compactMap { Progress(line: $0) }
            let latest = told.last
            let sum = Progress(of: bytes)
            let furthest = told.map(\.fraction).filter { $0 < 1 }.max() ?? 0
            require(sum?.message == latest?.message, "the latest line has the message")
            require(sum?.fraction ?? 0 == furthest, "\(String(describing: sum)) leads as far as any line but the end")
            guard let latest else { return }
            require(0...1 ~= latest.fraction && 0...100 ~= latest.completed, "\(latest) lies between none and all")
            require(latest.message?.isEmpty != true, "a message is not empty")
            require(Progress(json: latest.json) == latest, "\(latest) is written \(latest.json)")
        },
        Target(name: "visible") { bytes in
            let isSafe = bytes.text.shown.unicodeScalars.allSatisfy { !$0.isUnsafeToShow }
            require(isSafe, "\(bytes.text.shown) is safe to show")
            require(bytes.text.shown.shown == bytes.text.shown, "what is shown can be shown")
        },
    ]

    /// What is sent is what is received, with its sequence number.
    private static func requireSIP2ReadsBack(_ text: String) {
        for sequence in 0...9 {
            let sent = Array(SIP2Message.sent(text, sequence: sequence).dropLast())
            let received = SIP2Message(received: sent, needsChecksum: true)
            require(received?.bytes.text == text, "\(sent.text) is read as \(received?.bytes.text ?? "none")")
            require(received?.sequence == UInt8(ascii: "0") + UInt8(sequence), "\(sent.text) has number \(sequence)")
        }
    }
}

extension ExitRecord {
    /// The record as a shim writes it.
    fileprivate var lines: [Substring] {
        let how =
            switch status {
            case .exited(let code): "exit_code \(code)"
            case .killed(let signal): "signal \(signal)"
            case .notStarted(let step, let error): "error \(step) \(error)"
            }
        return [
            "pid \(pid)", how[...], "cancelled \(wasCancelled ? "yes" : "no")", "user_us \(userTime)",
            "system_us \(systemTime)", "max_rss_kib \(maximumResident)", "tree \(isTreeGone ? "gone" : "ending")",
        ]
    }
}

internal import Glibc
package import Model

extension AttemptDirectory {
    /// What the shim of a running attempt may be asked.
    package enum Order: String, Sendable {
        /// To end the command: TERM to all its processes, and KILL after the grace. Asked again, it sends TERM again.
        case terminate = "T"
        /// To kill all its processes at once.
        case kill = "K"
        /// To stop all its processes where they are.
        case pause = "S"
        /// To let them go on.
        case resume = "C"
        /// To end its standard input, where that was kept open.
        case endInput = "E"

        /// What does nearly the same to a shim that cannot be asked; what it then leaves is ended as a killed one's.
        fileprivate var signal: Int32? {
            switch self {
            case .terminate: SIGTERM
            case .kill: SIGKILL
            case .pause, .resume, .endInput: nil
            }
        }
    }

    /// Whether the shim can be asked anything but to end: the FIFO is there, and the command has not shut it for everybody.
    package var hasControl: Bool { controlFIFO != nil && access(control, R_OK | W_OK) == 0 }

    /// Asks the shim of this attempt, and nobody else, whatever became of its process number. Where the command has removed
    /// the FIFO, or put something else in its place, the process that the identity file names is sent a signal to end, with the
    /// command or without.
    ///
    /// - Returns: whether there was somebody to ask, or had been.
    @discardableResult
    package func send(_ order: Order) -> Bool {
        // Being open for reading too, this end can neither fail for want of a reader nor raise SIGPIPE.
        guard let control = try? Descriptor.opening(control, O_RDWR | O_NONBLOCK), control.isFIFO else {
            guard let signal = order.signal, let shim = ShimProcess(of: self) else { return false }
            return shim.send(signal)
        }
        // A full FIFO holds more requests than the shim can tell apart.
        try? control.write(order.rawValue, to: "control")
        // The kernel wakes it with that, unless it is only stopped now.
        wakeShim()
        return true
    }

    /// Has the command stand still or go on, as is noted of it: a daemon that died between an order and its note has left it
    /// otherwise. One that goes on as it should is sent nothing.
    package func restore(isPaused: Bool) {
        if isPaused {
            send(.pause)
        } else if isCommandStopped {
            send(.resume)
        }
    }

    /// Writes `bytes` to the standard input of a command that was started with it open.
    ///
    /// - Parameter isLast: whether it ends with them, once all of them are taken.
    /// - Returns: how many were taken: a pipe that the command does not read from is full at 64 KiB.
    /// - Throws: an exception when the input cannot be opened, or is to end and nobody can be asked to end it.
    package func write(input bytes: [UInt8], isLast: Bool) throws(ExceptionInfo) -> Int {
        guard !isLast || hasControl else { throw Self.cannotEnd }
        let input = try Descriptor.opening(input, O_RDWR | O_NONBLOCK)
        guard input.isFIFO else { throw .internalError("\(self.input) is no FIFO any more") }
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(input.number, $0.baseAddress, $0.count) }
            if count < 0 && errno == EINTR { continue }
            guard count > 0 else { break }
            rest = rest.dropFirst(count)
        }
        guard !isLast || !rest.isEmpty || send(.endInput) else { throw Self.cannotEnd }
        return bytes.count - rest.count
    }

    private static let cannotEnd = ExceptionInfo.internalError("the control FIFO is not there any more")
}

internal import Glibc

/// What is printed when Ctrl-C is pressed, before the signal ends the program as it always does.
///
/// A thread of its own waits for the signal, so that it is heard whatever the program does meanwhile.
final class InterruptNotice {
    private let words: String
    private let output: Output

    private init(_ words: String, _ output: Output) {
        self.words = words
        self.output = output
    }

    /// From now on Ctrl-C ends the program with `words`, a line that is safe to show, on `output`.
    ///
    /// Without a thread to spare it ends without them.
    static func prepare(_ words: String, on output: Output) {
        var interrupt = Self.interrupt
        pthread_sigmask(SIG_BLOCK, &interrupt, nil)
        let context = Unmanaged.passRetained(InterruptNotice(words, output))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<InterruptNotice>.fromOpaque(context).takeRetainedValue().wait()
                return nil
            }, context.toOpaque())
        if code == 0 {
            pthread_detach(thread)
        } else {
            context.release()
            pthread_sigmask(SIG_UNBLOCK, &interrupt, nil)
        }
    }

    private static var interrupt: sigset_t {
        var signals = sigset_t()
        sigemptyset(&signals)
        sigaddset(&signals, SIGINT)
        return signals
    }

    private func wait() {
        var interrupt = Self.interrupt
        var number: Int32 = 0
        while sigwait(&interrupt, &number) != 0 {}
        // When nobody can read it any more, there is nobody to tell.
        try? output.write("\r" + words + "\n")
        pthread_sigmask(SIG_UNBLOCK, &interrupt, nil)
        kill(getpid(), SIGINT)
    }
}

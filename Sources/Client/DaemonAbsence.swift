/// How long a command has been without a daemon, and what it does about that.
struct DaemonAbsence {
    /// What to do when there was no daemon.
    enum Step {
        /// Look for the next one, and tell the person first, where they are to be told.
        case lookAgain(isToBeTold: Bool)
        /// The time for the whole wait is over; the reason is why there was no daemon at first.
        case timeOut(ClientError)
        /// None has come for too long; the reason is why there was none at first.
        case giveUp(ClientError)
    }

    /// How long to do without a daemon before it is mentioned; whoever was listened to for longer has found another one.
    static let moment = Duration.seconds(1)

    /// How long to do without one at all.
    let limit: Duration
    /// When the whole wait is over; `nil` for never.
    let deadline: ContinuousClock.Instant?
    private var beginning: (since: ContinuousClock.Instant, reason: ClientError)?
    private var isTold = false

    /// There is a daemon, as far as is known.
    init(limit: Duration, deadline: ContinuousClock.Instant?) {
        self.limit = limit
        self.deadline = deadline
    }

    /// Whether there was none when last looked.
    var isLasting: Bool { beginning != nil }

    /// What to do after `error`, by which there was no daemon at `now`.
    ///
    /// - Parameter listenedSince: since when a daemon has listened before; `nil` when none was found.
    mutating func step(
        after error: ClientError, at now: ContinuousClock.Instant, listenedSince: ContinuousClock.Instant?
    ) -> Step {
        if let listenedSince, now - listenedSince > Self.moment { beginning = nil }
        let (since, reason) = beginning ?? (now, error)
        beginning = (since, reason)
        if let deadline, now >= deadline { return .timeOut(reason) }
        guard now - since < limit else { return .giveUp(reason) }
        guard now - since > Self.moment, !isTold else { return .lookAgain(isToBeTold: false) }
        isTold = true
        return .lookAgain(isToBeTold: true)
    }
}

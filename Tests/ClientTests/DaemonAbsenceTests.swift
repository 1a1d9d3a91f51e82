import Testing

@testable import Client

struct DaemonAbsenceTests {
    /// At `second` there was no daemon; since `listened`, where that is given, one had listened.
    typealias Look = (second: Double, listened: Double?, step: String)

    static let tables: [(deadline: Double?, looks: [Look])] = [
        // It is told once, and given up at the limit.
        (nil, [(10, 0, "look"), (10.5, nil, "look"), (11, nil, "look"), (11.1, nil, "tell"), (12, nil, "look")]),
        (nil, [(10, 0, "look"), (14.9, nil, "tell"), (15, nil, "give up: 10.0")]),
        // One that was found and went at once is no other; one that was listened to is.
        (nil, [(10, 0, "look"), (12, 11, "tell"), (15, 14.5, "give up: 10.0")]),
        (nil, [(10, 0, "look"), (14, 12, "look"), (18.9, nil, "tell"), (19, nil, "give up: 14.0")]),
        (nil, [(10, 0, "look"), (12, nil, "tell"), (14, 12.5, "look"), (16, nil, "look"), (19, nil, "give up: 14.0")]),
        // The end of the wait comes before the limit, and first where both come at once.
        (12, [(10, 0, "look"), (11.9, nil, "tell"), (12, nil, "time out: 10.0")]),
        (15, [(10, 0, "look"), (15, nil, "time out: 10.0")]),
        (10, [(10, 0, "time out: 10.0")]),
    ]

    @Test(arguments: tables)
    func isToldOnceAndEndsWithTheLimitOrTheWait(deadline: Double?, looks: [Look]) {
        let start = ContinuousClock.now
        func instant(_ second: Double) -> ContinuousClock.Instant { start + .milliseconds(Int(second * 1000)) }
        var absence = DaemonAbsence(limit: .seconds(5), deadline: deadline.map(instant))
        #expect(!absence.isLasting)
        for look in looks {
            let error = ClientError(code: .unreachable, message: "\(look.second)")
            let step = absence.step(after: error, at: instant(look.second), listenedSince: look.listened.map(instant))
            #expect(word(step) == look.step, "at \(look.second)")
            #expect(absence.isLasting)
        }
    }

    private func word(_ step: DaemonAbsence.Step) -> String {
        switch step {
        case .lookAgain(let isToBeTold): isToBeTold ? "tell" : "look"
        case .timeOut(let reason): "time out: \(reason.message)"
        case .giveUp(let reason): "give up: \(reason.message)"
        }
    }
}

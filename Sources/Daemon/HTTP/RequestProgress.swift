/// How far the requests and the answers of one connection have come: what the client owes, and what it may be told.
///
/// Pure: the handlers of the connection tell it what happens, in order.
struct RequestProgress {
    /// Something the client has begun to send and has to finish in time.
    enum Outstanding: Hashable {
        /// The head of its request of this number.
        case head(Int)
        case body(Int)

        /// How long it may take.
        var limit: Duration {
            switch self {
            case .head: .seconds(5)
            case .body: .seconds(30)
            }
        }
    }

    private enum Reading {
        case nothing
        case head
        case body
    }

    private var reading = Reading.nothing
    private var requests = 0
    /// How many requests have been taken and are not wholly answered.
    private var unanswered = 0
    private var answerHasBegun = false

    /// What the client owes. While it waits for an answer to an earlier request it owes nothing: nobody reads then.
    var outstanding: Outstanding? {
        switch reading {
        case .head where unanswered == 0: .head(requests)
        case .body where unanswered == 1: .body(requests)
        case .nothing, .head, .body: nil
        }
    }

    /// Whether a request that cannot be read may be answered here: nothing else is to be answered first.
    var mayRefuse: Bool {
        !answerHasBegun && unanswered == (reading == .body ? 1 : 0)
    }

    /// Whether a body is being read of a request that is the next to be answered, and no answer has begun.
    var maySendContinue: Bool { reading == .body && mayRefuse }

    /// Whether the request that is being answered has not been read to its end.
    var isAnsweringEarly: Bool { reading == .body && unanswered == 1 }

    /// Whether there are answers to requests before the one that is being read, or would be next.
    var isAnsweringEarlierOnes: Bool { unanswered > (reading == .body ? 1 : 0) }
}

extension RequestProgress {
    mutating func bytesArrived() {
        if reading == .nothing { reading = .head }
    }

    mutating func headArrived() {
        reading = .body
        requests += 1
        unanswered += 1
    }

    mutating func requestEnded() {
        reading = .nothing
    }

    mutating func answerBegan() {
        answerHasBegun = true
    }

    /// - Returns: whether the rest of the request is still to come, which then nobody will read.
    mutating func answerEnded() -> Bool {
        answerHasBegun = false
        unanswered -= 1
        return reading == .body && unanswered == 0
    }
}

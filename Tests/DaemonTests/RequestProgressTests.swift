import Testing

@testable import Daemon

/// What a client owes, moment by moment.
struct RequestProgressTests {
    @Test func aConnectionThatSaysNothingOwesNothing() {
        var progress = RequestProgress()
        #expect(progress.outstanding == nil && progress.mayRefuse && !progress.maySendContinue)
        progress.bytesArrived()
        #expect(progress.outstanding == .head(0))
        progress.headArrived()
        #expect(progress.outstanding == .body(1) && progress.mayRefuse && progress.maySendContinue)
        progress.requestEnded()
        #expect(progress.outstanding == nil && !progress.mayRefuse)
        progress.answerBegan()
        let isCutOff = progress.answerEnded()
        #expect(!isCutOff)
        #expect(progress.outstanding == nil && progress.mayRefuse)
        progress.bytesArrived()
        #expect(progress.outstanding == .head(1), "another one, with a time of its own")
    }

    @Test func whoWaitsForAnAnswerOwesNothingOfTheNextRequest() {
        var progress = RequestProgress()
        progress.headArrived()
        progress.requestEnded()
        progress.bytesArrived()
        #expect(progress.outstanding == nil && !progress.mayRefuse, "the first is to be answered first")
        progress.headArrived()
        #expect(progress.outstanding == nil && !progress.mayRefuse)
        progress.answerBegan()
        let isCutOff = progress.answerEnded()
        #expect(!isCutOff)
        #expect(progress.outstanding == .body(2) && progress.mayRefuse)
    }

    @Test func anAnswerBeforeTheEndOfItsRequestIsTheLast() {
        var progress = RequestProgress()
        progress.headArrived()
        progress.answerBegan()
        #expect(!progress.mayRefuse && !progress.maySendContinue && progress.isAnsweringEarly)
        let isCutOff = progress.answerEnded()
        #expect(isCutOff)
    }
}

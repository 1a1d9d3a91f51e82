import Model
import Testing

@testable import Engine

@Suite struct CompositeResultTests {
    @Test func resultsStandInTheOrderGiven() {
        #expect(
            CompositeResult.value(of: [.succeeded(2), .succeeded("b"), .succeeded(nil)], merge: false) == [2, "b", nil])
    }

    @Test func anExceptionStandsInItsSlotAsAValue() {
        let boom = ExceptionInfo(type: "Boom", message: "m", details: ["code": 3])
        let value = CompositeResult.value(
            of: [.failed(boom), .cancelled(.cancelled("why")), .succeeded(1)], merge: false)
        #expect(
            value == [
                ["exception": ["type": "Boom", "message": "m", "code": 3]],
                ["exception": ["type": "CancelledError", "message": "why"]], 1,
            ])
    }

    @Test func mergesObjectsLeftToRight() {
        let outcomes: [Outcome?] = [
            .succeeded(["main": 1, "x": 1]), .succeeded(["reserves": 2]), .succeeded(["x": 3]),
        ]
        // Compared as text, for the order of the keys is part of the promise.
        #expect(CompositeResult.value(of: outcomes, merge: true).text() == #"{"main":1,"x":3,"reserves":2}"#)
    }

    @Test func mergeLeavesOutWhatIsNoObject() {
        #expect(CompositeResult.value(of: [.succeeded(["a": 1]), .succeeded(7)], merge: true) == ["a": 1])
    }
}

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

    /// A name of a library may be composed in one system and not in another; no count may take another's place.
    @Test func mergesByCodeUnits() {
        let outcomes: [Outcome?] = [.succeeded(["Caf\u{E9}": 1]), .succeeded(["Cafe\u{301}": 2])]
        #expect(CompositeResult.value(of: outcomes, merge: true).objectValue?.map(\.value) == [1, 2])
    }

    @Test func mergeLeavesOutWhatIsNoObject() {
        #expect(CompositeResult.value(of: [.succeeded(["a": 1]), .succeeded(7)], merge: true) == ["a": 1])
    }

    @Test func aResultNobodyCouldReadAgainIsAFailure() {
        var deep: JSONValue = 0
        for _ in 0..<(JSONParser.maximumDepth - 1) { deep = [deep] }
        #expect(CompositeResult.outcome(of: [.succeeded(deep)], merge: false).exception?.type == "ResultTooLarge")
        let long = JSONValue.string(String(repeating: "x", count: 40 << 20))
        let outcome = CompositeResult.outcome(of: [.succeeded(long), .succeeded(long)], merge: false)
        #expect(outcome.exception?.type == "ResultTooLarge")
        #expect(CompositeResult.outcome(of: nil, merge: false).exception?.type == "ResultTooLarge")
        #expect(CompositeResult.outcome(of: [.succeeded(1)], merge: false) == .succeeded([1]))
    }
}

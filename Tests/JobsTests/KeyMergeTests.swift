import Model
import Testing

@testable import Jobs

@Suite struct KeyMergeTests {
    /// The merge of two rows: which keys it told, and where it said they were.
    private func merge(_ first: [String], _ second: [String]) throws -> [(key: String, place: KeyMerge.Place)] {
        var left = first.map { KeyEntry(key: $0, times: 1) }.makeIterator()
        var right = second.map { KeyEntry(key: $0, times: 2) }.makeIterator()
        var told: [(key: String, place: KeyMerge.Place)] = []
        try KeyMerge.walk({ left.next() }, { right.next() }) { told.append(($0.key, $1)) }
        return told
    }

    /// Every pair of rows of up to six keys.
    @Test func tellsEveryKeyOnceAndWhereItIs() throws {
        let keys = ["", "1", "10", "2", "e\u{301}", "\u{E9}"]
        func row(_ number: Int) -> [String] { keys.indices.filter { number >> $0 & 1 == 1 }.map { keys[$0] } }
        for left in 0..<1 << keys.count {
            for right in 0..<1 << keys.count {
                let told = try merge(row(left), row(right))
                let expected = keys.indices.compactMap { index -> (String, KeyMerge.Place)? in
                    switch (left >> index & 1, right >> index & 1) {
                    case (1, 0): (keys[index], .first)
                    case (0, 1): (keys[index], .second)
                    case (1, 1): (keys[index], .both)
                    default: nil
                    }
                }
                let isRight = told.elementsEqual(expected) {
                    Array($0.key.utf8) == Array($1.0.utf8) && $0.place == $1.1
                }
                #expect(isRight, "\(left) \(right): \(told)")
            }
        }
    }

    @Test(arguments: [(["b", "a"], ["c"]), (["a"], ["b", "b"]), (["a", "c", "b"], [])])
    func aRowThatIsNotInOrderIsRefused(_ first: [String], _ second: [String]) {
        #expect(throws: SourceError.self) { try merge(first, second) }
    }

    @Test func aRowThatFailsFailsTheMerge() {
        #expect(throws: TestFailure.self) {
            try KeyMerge.walk({ throw TestFailure("read") }, { nil }) { _, _ in }
        }
    }
}

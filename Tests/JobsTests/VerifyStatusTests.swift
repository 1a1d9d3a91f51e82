import Model
import Testing

@testable import Jobs

@Suite struct VerifyStatusTests {
    /// Every answer of a system, and what it comes to for a book that was not scanned, scanned once, scanned more often.
    private static let table: [(answer: ItemAnswer, statuses: [VerifyStatus])] = [
        (.known(.onShelf), [.notScanned, .okOnShelf, .scannedTwice]),
        (.known(.onLoan), [.okCheckedOut, .onShelfButCheckedOut, .onShelfButCheckedOut]),
        (.known(.inTransit), [.inTransit, .inTransit, .inTransit]),
        (.known(.lost), [.missing, .onShelfButLost, .onShelfButLost]),
        (.known(.missing), [.missing, .onShelfButLost, .onShelfButLost]),
        (.unknown, [.unknownBarcode, .unknownBarcode, .unknownBarcode]),
        (.unclear, [.unverifiable, .unverifiable, .unverifiable]),
    ]

    @Test func everyCombinationComesToOneStatus() {
        for (answer, statuses) in Self.table {
            let decided = [0, 1, 2, 7].map { VerifyStatus(scanned: $0, system: answer) }
            #expect(decided == statuses + statuses.suffix(1), "\(answer)")
        }
        let answers = Self.table.map(\.answer)
        #expect(Set(answers) == Set(ItemState.allCases.map(ItemAnswer.known) + [.unknown, .unclear]))
        #expect(Set(Self.table.flatMap(\.statuses)) == Set(VerifyStatus.allCases))
        #expect(VerifyStatus.allCases.count == 10)
    }

    @Test func onlyBooksThatAreWhereTheyShouldBeAreFine() {
        #expect(VerifyStatus.allCases.filter(\.isFine) == [.okOnShelf, .okCheckedOut])
    }

    @Test func eachBookIsVerifiedOnceInTheOrderOfTheShelf() throws {
        let items = try VerifyItem.all(scanned: ["c", "a", "x", "a", "x", "x"], expected: ["b", "a", "b"])
        #expect(
            items == [
                VerifyItem(barcode: "b", scannedTimes: 0), VerifyItem(barcode: "a", scannedTimes: 2),
                VerifyItem(barcode: "c", scannedTimes: 1), VerifyItem(barcode: "x", scannedTimes: 3),
            ])
        for item in items { #expect(VerifyItem(line: item.line) == item) }
        #expect(VerifyItem(line: "2 a b") == VerifyItem(barcode: "a b", scannedTimes: 2))
        for line in ["", "1", "1 ", "x a", "-1 a"] { #expect(VerifyItem(line: line) == nil) }
    }

    @Test func moreBooksThanOneVerificationHoldsAreRefused() {
        let barcodes = (0...VerifyItem.maximum).map(String.init)
        #expect { try VerifyItem.all(scanned: barcodes, expected: []) } throws: {
            ($0 as? SourceError)?.code == .tooLarge
        }
    }
}

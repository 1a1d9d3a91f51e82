import Glibc
import Model
import Testing

@testable import Jobs

/// The sample library that `Examples/library/make-library.sh` makes.
@Suite(.timeLimit(.minutes(1)))
struct CheckLibraryTests {
    private func make(in directory: CheckDirectory) async throws {
        let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let argv: JSONValue = [
            "/bin/sh", "-c", "/bin/sh \"$0\" \"$1\" && echo 1", .string("/\(root)/Examples/library/make-library.sh"),
            .string(directory.path),
        ]
        let report = try await check(["command": ["argv": argv]], in: CheckDirectory(path: "/"))
        #expect(report.count == 1, "\(report.message) \(report.outcome.exception?.details["stderr"] ?? "")")
    }

    private func sqlite(_ statement: String) -> JSONValue {
        ["sqlite": ["path": "../catalogue.sqlite", "sql": .string(statement)]]
    }

    private func file(_ path: String, _ format: String, _ key: String? = nil) -> JSONValue {
        ["file": ["path": .string(path), "format": .string(format), "key": JSONValue(key)]]
    }

    @Test func holdsWhatTheDemoCounts() async throws {
        try await withCheckDirectory { directory in
            try await make(in: directory)
            try await make(in: directory)
            let jobs = CheckDirectory(path: directory.file("jobs"))
            #expect(try await check(sqlite("SELECT count(*) FROM items"), in: jobs).count == 1247)
            #expect(try await check(sqlite("SELECT count(DISTINCT barcode) FROM items"), in: jobs).count == 1247)
            let reserves = try await check(file("../reserves.mrc", "marc"), in: jobs)
            #expect(reserves.count == 89)
            #expect(reserves.detail?["exact"] == true)
            for key in ["001", "020a", "100a", "245a", "852p", "952p"] {
                #expect(try await check(file("../reserves.mrc", "marc", key), in: jobs).count == 89, "\(key)")
            }
            let loans = try await check(file("../ill.csv", "csv", "barcode"), in: jobs)
            #expect(loans.count == 34)
            #expect(loans.detail?["without_key"] == 0)
            #expect(access(jobs.file("inventory.yaml"), R_OK) == 0)
            #expect(access(jobs.file("slow-inventory.yaml"), R_OK) == 0)
        }
    }
}

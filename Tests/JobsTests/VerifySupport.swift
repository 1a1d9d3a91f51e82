import FoundationEssentials
import Model
import Testing

@testable import Jobs

extension VerifyHandler {
    /// The handler of a verification as `body` writes it, whose files are in `directory`.
    static func verifying(_ body: JSONValue, in directory: CheckDirectory) throws -> VerifyHandler {
        guard case .verify(let job) = try Job(json: ["verify": body]).action else { throw TestFailure("no verify job") }
        return VerifyHandler(job, state: directory.path)
    }
}

extension CheckDirectory {
    /// The lines of the report.
    func report() throws -> [String] {
        let data = FileManager.default.contents(atPath: attempt.stdout) ?? Data()
        let text = String(decoding: data, as: UTF8.self)
        try #require(text.hasSuffix("\n"))
        return text.dropLast().split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }
}

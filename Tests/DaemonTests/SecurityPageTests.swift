import Glibc
import Model
import Testing

@testable import Daemon

/// What docs/security.md says is so.
struct SecurityPageTests {
    private static let repository = String(#filePath.dropLast("/Tests/DaemonTests/SecurityPageTests.swift".count))
    private let page: String

    init() throws {
        page = try Self.text(of: "docs/security.md")
    }

    @Test func theTableOfRoutesIsTheCodes() {
        let rows = Routes.listing.map { route in
            let marks = Roles.named.map { route.roles.contains($0.role) ? " x " : "   " }
            let path = route.path.replacing(/:([a-z]+)/) { "{\($0.output.1)}" }
            return "| `\(route.method) \(path)` |" + marks.joined(separator: "|") + "|"
        }
        let written = page.split(separator: "\n").filter { $0.contains(/^\| `[A-Z]+ \//) }.map(String.init)
        #expect(written == rows, "the table is to be:\n\(rows.joined(separator: "\n"))")
    }

    @Test func everyTestItNamesExists() throws {
        let tests = try sources(below: Self.repository + "/Tests").joined()
        let names = page.matches(of: /`([A-Z][A-Za-z]+Tests)(?:\.([a-z][A-Za-z0-9]+))?`/)
        #expect(names.count > 20)
        for name in names {
            #expect(tests.contains("struct \(name.output.1) {"), "\(name.output.0)")
            if let function = name.output.2 { #expect(tests.contains("func \(function)("), "\(name.output.0)") }
        }
    }

    private static func text(of file: String) throws -> String {
        String(decoding: try TextFile.read(repository + "/" + file, limit: 1 << 20), as: UTF8.self)
    }

    /// The texts of all Swift files below a directory.
    private func sources(below directory: String) throws -> [String] {
        guard let stream = opendir(directory) else { throw FileFailure(SystemError()) }
        defer { closedir(stream) }
        var texts: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            let path = directory + "/" + name
            if name.hasSuffix(".swift") {
                texts.append(String(decoding: try TextFile.read(path, limit: 1 << 20), as: UTF8.self))
            } else if entry.pointee.d_type == DT_DIR, !name.hasPrefix(".") {
                texts += try sources(below: path)
            }
        }
        return texts
    }
}

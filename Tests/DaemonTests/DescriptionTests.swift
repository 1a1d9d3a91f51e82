import Model
import Testing

@testable import Daemon

/// The description of the API and the table of its routes say the same.
struct DescriptionTests {
    private static let document =
        #filePath.split(separator: "/").dropLast(3).reduce("") { $0 + "/" + $1 } + "/docs/openapi.yaml"

    private func written() throws -> JSONValue {
        try YAMLDocument.value(TextFile.read(Self.document, limit: 1 << 20))
    }

    @Test func describesEveryRouteAndNoOther() throws {
        let paths = try #require(try written()["paths"]?.objectValue)
        var described: Set<String> = []
        for (path, operations) in paths {
            for method in operations.objectValue?.keys.filter({ $0 != "parameters" }) ?? [] {
                described.insert("\(method.uppercased()) \(path)")
            }
        }
        let routes = Routes.listing.map { route in
            let parts = route.path.split(separator: "/").map { $0.hasPrefix(":") ? "{\($0.dropFirst())}" : String($0) }
            return "\(route.method) /\(parts.joined(separator: "/"))"
        }
        #expect(described == Set(routes))
    }

    @Test func describesTheAnswersThatEveryRouteMayGive() throws {
        let paths = try #require(try written()["paths"]?.objectValue)
        for (path, operations) in paths {
            for (method, operation) in operations.objectValue ?? [:] where method != "parameters" {
                let answers = Set(operation["responses"]?.objectValue.map { Array($0.keys) } ?? [])
                #expect(answers.isSuperset(of: ["400", "403", "429", "500", "503"]), "\(method) \(path)")
                #expect(answers.contains("404") || !path.contains("{id}"), "\(method) \(path)")
                #expect(operation["requestBody"] == nil || answers.contains("413"), "\(method) \(path)")
            }
        }
    }

    @Test func isOfThisVersion() throws {
        #expect(try written()["info"]?["version"] == .string(Version.current))
    }

    @Test func isPartOfTheProgram() throws {
        #expect(try YAMLDocument.value(PackageResources.openapi_yaml) == written())
    }
}

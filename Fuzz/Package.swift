// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
    .unsafeFlags(["-sanitize=address,fuzzer", "-enable-testing"]),
]

// A package of its own, so that nobody who uses taskd builds it. What is fuzzed is seen by its coverage and needs nothing
// but itself, so the sources of the parsers are compiled here once more, and no other.
let package = Package(
    name: "fuzz",
    platforms: [.macOS(.v15)],
    dependencies: [
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
    ],
    targets: [
        .target(name: "Model", swiftSettings: settings),
        .target(
            name: "Jobs", dependencies: ["Model", .product(name: "GRDB", package: "GRDB.swift")],
            sources: [
                "Records/CSVHeader.swift", "Records/CSVScanner.swift", "Records/CSVSeparator.swift",
                "Support/CancellationFlag.swift", "Support/JSONPointer.swift",
                "Check/Keys/ISBN.swift", "Check/Keys/KeyCollector.swift", "Check/Keys/KeyKind+Normal.swift",
                "Check/Keys/KeyTally.swift", "Check/Keys/KeyWriter.swift", "Records/MARCKey.swift",
                "Records/MARCRecord.swift", "Records/MARCScanner.swift", "Records/MARCXMLRecord.swift",
                "Records/MARCXMLScanner.swift", "Support/RunBlocking.swift",
                "Check/NumberAnswer.swift", "Check/OAIPage.swift", "Records/RecordScanner.swift",
                "SIP2/SIP2Item.swift", "SIP2/SIP2Message.swift", "Check/SRUDocument.swift",
                "Check/SourceCount.swift", "Support/SourceError.swift", "Support/String+Excerpt.swift",
                "Web/IPAddress.swift", "XML/XMLAttributes.swift", "XML/XMLDocumentHandler.swift",
                "XML/XMLElement.swift",
                "XML/XMLReference.swift", "XML/XMLScanner.swift", "XML/XMLTag.swift",
                "Attempts/AttemptDirectory.swift", "Attempts/AttemptDirectory+Staging.swift",
                "Attempts/AttemptFile.swift", "Attempts/Descriptor.swift",
                "Attempts/ExitRecord.swift", "Attempts/stat+Looking.swift",
                "Command/Progress+Line.swift",
            ],
            swiftSettings: settings),
        .target(
            name: "Client", dependencies: ["Model"],
            sources: [
                "ClientError.swift", "ExitStatus.swift", "HTTP/HungUp.swift", "HTTP/LineBuffer.swift",
                "HTTP/ReplyParser.swift", "HTTP/ServerSentEvents.swift", "Terminal/DisplayWidth.swift",
                "Terminal/VisibleBytes.swift",
            ],
            swiftSettings: settings),
        .target(
            name: "Daemon", dependencies: ["Model", "Yams"],
            sources: ["Configuration/YAMLDocument.swift", "Configuration/YAMLPrecheck.swift"], swiftSettings: settings),
        .systemLibrary(name: "CFuzzer"),
        .executableTarget(
            name: "Fuzz", dependencies: ["CFuzzer", "Client", "Daemon", "Jobs", "Model"], swiftSettings: settings,
            linkerSettings: [.unsafeFlags(["-sanitize=address"])]),
    ]
)

// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .treatAllWarnings(as: .error),
]

let staticLink = ["-static-executable", "-Xlinker", "--gc-sections", "-Xlinker", "-s"]

let database = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")
let http: [Target.Dependency] = ["Hummingbird", "HummingbirdCore"].map { .product(name: $0, package: "hummingbird") }
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let yaml = Target.Dependency.product(name: "Yams", package: "Yams")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let tls = Target.Dependency.product(name: "NIOSSL", package: "swift-nio-ssl")
let nio: [Target.Dependency] = ["NIOCore", "NIOPosix", "NIOHTTP1"].map { .product(name: $0, package: "swift-nio") }

// Arrows only point down: a target lists exactly what docs/architecture.md lets it import.
let package = Package(
    name: "taskd",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "taskd", targets: ["Daemon"]),
        .executable(name: "taskctl", targets: ["Client"]),
        .executable(name: "taskd-shim", targets: ["Shim"]),
        .library(name: "Tasks", targets: ["Tasks"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
    ],
    targets: [
        .target(name: "Model", swiftSettings: settings),
        .target(name: "Tasks", swiftSettings: settings),
        .target(name: "Store", dependencies: ["Model", "CLinux", database, metrics], swiftSettings: settings),
        .target(
            name: "Jobs", dependencies: ["Model", "Tasks", "CLinux", database, subprocess, tls] + nio,
            swiftSettings: settings),
        .target(
            name: "Engine", dependencies: ["Store", "Jobs", "Tasks", "Model", logging, metrics], swiftSettings: settings
        ),
        .systemLibrary(name: "CLinux"),
        .executableTarget(
            name: "Daemon",
            dependencies: [
                "Engine", "Jobs", "Store", "Model", "CLinux", httpTypes, signals, logging, metrics, arguments, yaml,
            ] + http + nio,
            resources: [.embedInCode("Resources/openapi.yaml")],
            swiftSettings: settings,
            linkerSettings: [.unsafeFlags(["-Xlinker", "-s"], .when(configuration: .release))]),
        .executableTarget(
            name: "Shim",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror", "-Os"])],
            linkerSettings: [.unsafeFlags(staticLink, .when(configuration: .release))]),
        // Static and stripped: a command line is started thousands of times, and most of its time is the loader's.
        .executableTarget(
            name: "Client", dependencies: ["Model", arguments], swiftSettings: settings,
            linkerSettings: [.unsafeFlags(staticLink, .when(configuration: .release))]),
        .testTarget(name: "ModelTests", dependencies: ["Model"], swiftSettings: settings),
        .testTarget(name: "TasksTests", dependencies: ["Tasks"], swiftSettings: settings),
        .testTarget(name: "StoreTests", dependencies: ["Store", "Model", database], swiftSettings: settings),
        .testTarget(
            name: "JobsTests", dependencies: ["Jobs", "Model", "Tasks", database, tls] + nio, swiftSettings: settings),
        .testTarget(
            name: "EngineTests", dependencies: ["Engine", "Jobs", "Store", "Model", "Tasks", database, logging],
            swiftSettings: settings),
        .testTarget(
            name: "DaemonTests", dependencies: ["Daemon", "Model", "Store", logging, metrics], swiftSettings: settings),
        .testTarget(name: "ClientTests", dependencies: ["Client", "Model"], swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests", dependencies: ["Model", "Daemon", "Client", subprocess], swiftSettings: settings),
    ]
)

// The sanitizers look at what is below the daemon's socket, by these tests (scripts/sanitize.sh); whatever they do not need is
// left out.
if let tests = Context.environment["TASKD_SANITIZED"]?.split(separator: " ").map(String.init) {
    var needed = Set(tests)
    for target in package.targets.reversed() where needed.contains(target.name) {
        for case .byNameItem(let name, _) in target.dependencies { needed.insert(name) }
    }
    package.targets.removeAll { !needed.contains($0.name) }
    package.products = []
}

// swift-tools-version: 6.2
import PackageDescription

// A package of its own, so that nobody who uses taskd builds it.
let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "taskd", path: "..")],
    targets: [
        .executableTarget(
            name: "Scopes", dependencies: [.product(name: "Tasks", package: "taskd")],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
    ]
)

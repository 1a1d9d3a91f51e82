// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "asyncio-tour",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "taskd", path: "../..")],
    targets: [
        .executableTarget(
            name: "AsyncioTour", dependencies: [.product(name: "Tasks", package: "taskd")],
            swiftSettings: [.swiftLanguageMode(.v6), .treatAllWarnings(as: .error)])
    ]
)

internal import CFuzzer
internal import Glibc

/// Throws bytes at one target without end: `Fuzz TARGET [flags of libFuzzer] [corpus…]`. Without a target it lists them.
@main
struct Fuzz {
    /// The target that is named on the command line.
    private static let target = CommandLine.arguments.dropFirst().first.flatMap { name in
        Target.all.first { $0.name == name }
    }

    static func main() {
        guard target != nil else {
            for target in Target.all { print(target.name) }
            exit(CommandLine.arguments.count > 1 ? 2 : 0)
        }
        // Of the arguments libFuzzer gets all but the target's name.
        var count = CommandLine.argc - 1
        var arguments: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>? = CommandLine.unsafeArgv + 1
        let status = LLVMFuzzerRunDriver(&count, &arguments) { data, size in
            Fuzz.target?.check(Array(UnsafeBufferPointer(start: data, count: size)))
            return 0
        }
        exit(status)
    }
}

import Glibc

/// How hard the daemon is treated: hard enough for `make test` to notice a break, or as hard as the figures in
/// docs/reliability.md say (`make torture`).
enum Torture {
    /// How often something is done to the daemon.
    static func times(_ quick: Int, long: Int) -> Int {
        getenv("TASKD_TORTURE") == nil ? quick : long
    }

    /// Prints what was found, for whoever reads the figures.
    static func report(_ figures: String) {
        print("torture: \(figures)")
    }
}

/// Random numbers that are the same in every run (splitmix64, Steele, Lea and Flood, 2014).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

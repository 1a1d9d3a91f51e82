extension String {
    /// A number that is the same for the same text in every process: FNV-1a (draft-eastlake-fnv).
    var stableHash: UInt64 {
        utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
    }
}

extension UTF8 {
    /// What some programs put before a text to say that it is UTF-8.
    package static let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
}

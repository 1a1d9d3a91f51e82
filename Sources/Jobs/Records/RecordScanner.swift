/// Finds records in the bytes of a file, given piece by piece; where a piece ends means nothing.
///
/// The errors it throws do not name the file, which it does not know.
protocol RecordScanner: Sendable {
    /// Takes the keys of the records that count; `nil` when nobody asks for them.
    var keys: KeyCollector? { get set }

    /// Takes the next bytes of the file.
    mutating func scan(_ bytes: UnsafeRawBufferPointer) throws(SourceError)

    /// The count, once all `bytes` bytes have been taken.
    mutating func finish(bytes: Int) throws(SourceError) -> SourceCount
}

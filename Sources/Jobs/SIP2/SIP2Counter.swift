internal import Model

/// Counts how many of a list of barcodes a library system knows, and in which states they are.
struct SIP2Counter: SourceCounter {
    private let source: SIP2Source

    /// The counter that asks `source`.
    init(_ source: SIP2Source) {
        self.source = source
    }

    var method: String { "sip2" }

    func count(_ context: JobContext) async throws(SourceError) -> SourceCount {
        let barcodes = try await BarcodeFile.read(source.barcodes, context)
        var items = SIP2Items(source.access, context)
        let answer: Result<SourceCount, SourceError>
        do throws(SourceError) { answer = .success(try await count(barcodes, &items, context)) } catch {
            answer = .failure(error)
        }
        await items.close()
        return try answer.get()
    }

    private func count(
        _ barcodes: [String], _ items: inout SIP2Items, _ context: JobContext
    ) async throws(SourceError) -> SourceCount {
        var statuses: [String: Int64] = [:]
        var known: Int64 = 0
        for (index, barcode) in barcodes.enumerated() {
            // A system serves its desks too, which go before.
            if index > 0 { try await context.sleep(for: .seconds(1) / source.access.rate) }
            if let item = try await items.find(barcode) {
                known += 1
                statuses[item.status, default: 0] += 1
            }
            context.report(Progress(completed: Double(index + 1), total: Double(barcodes.count)))
        }
        var tally = JSONObject()
        for (status, number) in statuses.sorted(by: { $0.key < $1.key }) { tally[status] = .int(number) }
        let asked = Int64(barcodes.count)
        return try SourceCount(
            known, details: ["asked": .int(asked), "unknown": .int(asked - known), "statuses": .object(tally)])
    }
}

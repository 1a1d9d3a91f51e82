package import Model

/// Does a check job: asks one source how much it holds.
package struct CheckHandler: JobHandler {
    private let counter: any SourceCounter

    /// The handler of a check of `source`.
    ///
    /// - Parameter history: the path of the daemon's own database, which is not read as a file.
    package init(_ source: Source, history: String) {
        switch source {
        case .sqlite(let path, let statement): counter = SQLiteCounter(path: path, statement: statement)
        case .file(let path, let format, let key):
            counter = FileCounter(path: path, format: format, key: key, history: history)
        case .command(let arguments, let parse): counter = CommandCounter(arguments: arguments, parse: parse)
        case .sru(let source): counter = SRUCounter(source)
        case .oai(let source): counter = OAICounter(source)
        case .json(let source): counter = JSONCounter(source)
        case .sip2(let source): counter = SIP2Counter(source)
        }
    }

    /// Counts; the result is `{"<task name>": count}`, and a source that cannot be counted fails with `SourceError`.
    package func run(_ context: JobContext) async -> RunReport {
        var answer = Result<SourceCount, SourceError>.failure(.cancelled)
        let took = await context.clock.measure {
            guard !Task.isCancelled else { return }
            do throws(SourceError) { answer = .success(try await counter.count(context)) } catch {
                answer = .failure(error)
            }
        }
        var detail: JSONObject = [
            "method": .string(counter.method), "took_ms": .int(took.milliseconds),
            "checked_at": .string(Timestamp.now().description),
        ]
        switch answer {
        case .success(let count):
            detail["exact"] = .bool(count.isExact)
            detail.merge(count.details)
            return RunReport(.succeeded([context.name: .int(count.value)]), detail: detail)
        case .failure(let error):
            return RunReport(error.outcome(name: context.name), detail: detail)
        }
    }
}

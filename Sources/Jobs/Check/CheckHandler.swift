package import Model

/// Does a check job: asks one source how much it holds.
package struct CheckHandler: JobHandler {
    /// The keys that are kept beside the count.
    package struct Keys: Sendable {
        /// What they are.
        let kind: KeyKind
        /// The daemon's state directory, in which the attempts' directories are.
        let state: String

        /// Keys of `kind`, kept below `state`.
        package init(_ kind: KeyKind, state: String) {
            self.kind = kind
            self.state = state
        }
    }

    private enum Way {
        case counting(any SourceCounter)
        case keeping(Keys, any KeyedCounter)
    }

    private let way: Way

    /// The handler of a check of `source`.
    ///
    /// - Parameters:
    ///   - leash: what the program of a source that is one is run on.
    ///   - keys: the keys that are kept beside the count, of a source that gives such; `nil` for none.
    package init(_ source: Source, leash: Leash, keys: Keys? = nil) {
        func way(_ counter: some KeyedCounter) -> Way {
            keys.map { .keeping($0, counter) } ?? .counting(counter)
        }
        switch source {
        case .sqlite(let path, let statement, let keys):
            self.way = way(SQLiteCounter(path: path, statement: statement, keys: keys))
        case .file(let path, let format, let key):
            self.way = way(FileCounter(path: path, format: format, key: key))
        case .command(let arguments, let parse):
            self.way = .counting(CommandCounter(arguments: arguments, parse: parse, leash: leash))
        case .sru(let source): self.way = way(SRUCounter(source))
        case .oai(let source): self.way = way(OAICounter(source))
        case .json(let source): self.way = .counting(JSONCounter(source))
        case .sip2(let source): self.way = .counting(SIP2Counter(source))
        }
    }

    /// Counts; the result is `{"<task name>": count}`, and a source that cannot be counted fails with `SourceError`.
    ///
    /// Keys that cannot be had are told in the detail and leave the count as it is.
    package func run(_ context: JobContext) async -> RunReport {
        var answer = Result<(count: SourceCount, keys: JSONValue?), SourceError>.failure(.cancelled)
        let took = await context.clock.measure {
            guard !Task.isCancelled else { return }
            do throws(SourceError) { answer = .success(try await ask(context)) } catch { answer = .failure(error) }
        }
        var detail: JSONObject = [
            "method": .string(method), "took_ms": .int(took.milliseconds),
            "checked_at": .string(Timestamp.now().description),
        ]
        switch answer {
        case .success(let (count, keys)):
            detail["exact"] = .bool(count.isExact)
            detail.merge(count.details)
            if let keys { detail["keys"] = keys }
            return RunReport(.succeeded([context.name: .int(count.value)]), detail: detail)
        case .failure(let error):
            return RunReport(error.outcome(name: context.name), detail: detail)
        }
    }

    private var method: String {
        switch way {
        case .counting(let counter): counter.method
        case .keeping(_, let counter): counter.method
        }
    }

    private func ask(_ context: JobContext) async throws(SourceError) -> (count: SourceCount, keys: JSONValue?) {
        switch way {
        case .counting(let counter): return (try await counter.count(context), nil)
        case .keeping(let keys, let counter):
            let directory = AttemptDirectory(state: keys.state, task: context.taskID, attempt: context.attempt)
            let collector = try await runBlocking { _ throws(SourceError) in
                do throws(ExceptionInfo) { try directory.makeEmpty() } catch {
                    throw SourceError(.connect, "its keys cannot be kept: \(error.message)")
                }
                return try KeyCollector(keys.kind, path: directory.keys)
            }
            let (count, tally) = try await counter.count(context, keeping: collector)
            switch tally {
            case .success(let tally): return (count, tally.json(by: keys.kind))
            case .failure(let error):
                let exception = error.outcome(name: context.name).exception?.json ?? .null
                return (count, ["by": .string(keys.kind.rawValue), "exception": exception])
            }
        }
    }
}

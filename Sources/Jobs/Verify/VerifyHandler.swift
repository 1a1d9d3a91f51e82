package import Model

/// Verifies a stock, book by book, and keeps a report that says how far it has come, so that the next daemon goes on from
/// there. Nothing is changed in the system that it asks.
package struct VerifyHandler: JobHandler {
    /// After how many books the report is written to the disk.
    private static let booksBetweenFlushes = 50
    /// How many books in a row the system may give no answer for.
    private static let maximumFailures = 10
    /// How much longer it rests after each failure in a row.
    private static let restAfterFailure = Duration.milliseconds(500)

    private let job: VerifyJob
    private let state: String

    /// The handler of `job`, for a daemon whose state directory is `state`.
    package init(_ job: VerifyJob, state: String) {
        self.job = job
        self.state = state
    }

    /// Asks about every book; the result counts the statuses, and the report, which is the task's output, has every one.
    ///
    /// A book that the system gives no answer for is unverifiable; after several in a row it fails with `SourceError`.
    package func run(_ context: JobContext) async -> RunReport {
        await conduct(context) { files in
            let scanned = try await BarcodeFile.lines(job.scanned, context)
            var expected: [String] = []
            if let path = job.expected { expected = try await BarcodeFile.lines(path, context) }
            let items = try VerifyItem.all(scanned: scanned, expected: expected)
            try await files.begin(items)
            return (items, 0)
        }
    }

    /// Goes on with the first book that the report of an earlier daemon does not have.
    package func resume(_ context: JobContext) async -> RunReport? {
        let left: (items: [VerifyItem], done: Int)?
        do throws(ExceptionInfo) { left = try await files(context).takeUp(context.clock) } catch {
            return RunReport(.failed(error))
        }
        context.goesOn()
        guard let left else { return await run(context) }
        return await conduct(context) { _ in left }
    }

    private func files(_ context: JobContext) -> VerifyFiles {
        VerifyFiles(AttemptDirectory(state: state, task: context.taskID, attempt: context.attempt))
    }

    private func conduct(
        _ context: JobContext, _ begin: (VerifyFiles) async throws -> (items: [VerifyItem], done: Int)
    ) async -> RunReport {
        do {
            guard !Task.isCancelled else { throw SourceError.cancelled }
            let files = files(context)
            let (items, done) = try await begin(files)
            switch job.system {
            case .sip2(let access): try await verify(items, from: done, by: SIP2Items(access, context), files, context)
            case .json(let source): try await verify(items, from: done, by: JSONItems(source, context), files, context)
            }
            return RunReport(.succeeded(try await files.summary().json))
        } catch let error as SourceError {
            return RunReport(error.outcome(name: context.name))
        } catch let error as ExceptionInfo {
            return RunReport(.failed(error))
        } catch {
            return RunReport(.failed(.internalError("\(error)")))
        }
    }

    @_optimize(none)
    private func verify(
        _ items: [VerifyItem], from done: Int, by system: some ItemSystem, _ files: VerifyFiles, _ context: JobContext
    ) async throws {
        var system = system
        do { try await ask(&system, about: items, from: done, files, context) } catch {
            await system.close()
            throw error
        }
        await system.close()
    }

    // Optimized, it crashes the compiler of Swift 6.3.1 while that splits the coroutine; it waits for a server all the time.
    @_optimize(none)
    private func ask(
        _ system: inout some ItemSystem, about items: [VerifyItem], from done: Int, _ files: VerifyFiles,
        _ context: JobContext
    ) async throws {
        var failures = 0
        report(done, of: items.count, context)
        for (index, item) in items.enumerated().dropFirst(done) {
            // A system serves its desks too, which go before.
            if index > done {
                try await context.sleep(for: max(.seconds(1) / system.rate, Self.restAfterFailure * failures))
            }
            let answer: ItemReport
            do throws(SourceError) {
                answer = try await system.item(item.barcode)
                failures = 0
            } catch {
                failures += 1
                guard !error.endsVerification, failures < Self.maximumFailures else { throw error }
                answer = .unanswered(error)
            }
            let isLast = index + 1 == items.count
            try await files.add(
                VerifyRow(item, answer), isFlushed: isLast || (index + 1).isMultiple(of: Self.booksBetweenFlushes))
            report(index + 1, of: items.count, context)
        }
    }

    private func report(_ done: Int, of total: Int, _ context: JobContext) {
        context.report(Progress(completed: Double(done), total: Double(total), message: "\(done)/\(total)"))
    }
}

extension SourceError {
    /// Whether it says that no book can be asked about, and not only this one.
    fileprivate var endsVerification: Bool {
        switch code {
        case .config, .auth, .addressRefused, .redirectRefused, .cancelled: true
        case .dns, .connect, .tls, .timeout, .http, .tooLarge, .unexpectedDocument, .notXML, .notJSON, .diagnostic,
            .noCount, .inconsistent:
            false
        }
    }
}

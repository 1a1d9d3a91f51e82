internal import Model
internal import Store

extension Engine {
    /// The shortest time between two saves of one task's progress; reports in between are coalesced.
    private static let progressSaveInterval = Duration.milliseconds(100)

    /// Notes how far a task says that it has come, for itself and for the composites above it.
    func report(_ progress: Progress, of task: LiveTask) {
        note(task.advance(to: progress), of: task)
    }

    /// Notes that a task's progress has changed.
    func note(_ step: (change: Double, needsSaving: Bool), of task: LiveTask) {
        if step.needsSaving { unsavedProgress.continuation.yield(task) }
        advanceParents(of: task.record, by: step.change)
    }

    /// Notes that a member of composites has come further.
    ///
    /// - Parameter end: the member's place in completion order, when it is done.
    func advanceParents(of record: TaskRecord, by change: Double, end: Int64? = nil) {
        var change = change
        var end = end
        var member = record
        while let parent = live.parent(of: member),
            let (difference, needsSaving) = parent.advanceMembers(by: change, end: end)
        {
            if needsSaving { unsavedProgress.continuation.yield(parent) }
            (change, end, member) = (difference, nil, parent.record)
        }
    }

    /// Saves progress as it comes, coalesced: the latest is saved, and each task rests between two saves.
    func progressLoop() async {
        await withDiscardingTaskGroup { group in
            for await task in unsavedProgress.stream { group.addTask { await self.saveProgress(of: task) } }
        }
    }

    private func saveProgress(of task: LiveTask) async {
        do {
            while !Task.isCancelled, let progress = task.takeProgress() {
                var rest = Self.progressSaveInterval
                do {
                    try await store.record(progress, of: task.record, at: configuration.now())
                } catch let error as StoreError where error.code == .full || error.code == .busy {
                    guard live[task.record.id] === task else { return }
                    task.putBackProgress()
                    rest = Self.diskFullRetryInterval
                }
                try await configuration.clock.sleep(for: rest)
            }
        } catch is CancellationError {
            // The engine stops: the outcome says more than the last progress.
        } catch {
            failures.continuation.yield(error)
        }
    }
}

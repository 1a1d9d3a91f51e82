/// Carries the running task to the code it runs.
enum CurrentTask {
    @TaskLocal static var handle: (any AnyTask)?

    /// Tells Swift tasks apart; `nil` outside of any.
    static var identity: Int? {
        withUnsafeCurrentTask { $0?.hashValue }
    }
}

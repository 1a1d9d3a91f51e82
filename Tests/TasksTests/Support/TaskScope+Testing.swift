import Tasks
import Testing

/// The group error `body` throws; anything else is an issue.
func groupError<Value: Sendable>(of body: () async throws -> Value) async -> TaskGroupError? {
    do {
        _ = try await body()
        Issue.record("the scope threw nothing")
    } catch let error as TaskGroupError {
        return error
    } catch {
        Issue.record(error)
    }
    return nil
}

extension TaskScope {
    /// A member that waits to be cancelled and then fails.
    @discardableResult func spawn(failingWhenCancelled error: Boom, started: Gate) throws -> TaskHandle<Void> {
        try spawn {
            started.open()
            try? await Gate().pass()
            throw error
        }
    }
}

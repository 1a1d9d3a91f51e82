internal import Engine
internal import Hummingbird
internal import Model
internal import Store

// The one place where it is decided whether a caller may have a request answered.
extension Routes {
    /// Lets a request pass that is to a route for `roles`.
    ///
    /// - Parameter isAboutTask: whether the path names a task.
    /// - Throws: ``Problem`` 403 when the caller has none of the roles, or has one that is for other tasks; 404 when to the
    ///   caller there is no such task.
    func permit(_ context: ConnectionContext, _ roles: Roles, isAboutTask: Bool) async throws {
        guard let reach = context.caller.roles.reach(on: roles) else {
            throw Problem(
                status: 403, title: "Not permitted",
                detail: "this is for \(roles.union(.admin).names.joined(separator: " or ")), and user "
                    + "\(context.submitter?.uid ?? .max) is \(context.caller.roles.names.joined(separator: " and "))")
        }
        guard isAboutTask, reach == .ownTasks, let uid = context.submitter?.uid else { return }
        try await requireTasks([context.taskID()], of: uid, context.caller)
    }

    /// Refuses what names tasks that the caller does not see.
    ///
    /// - Throws: ``Problem`` 404 for the first of them.
    func requireVisible(_ ids: [TaskID], to caller: Caller) async throws {
        guard let owner = caller.seesOnly else { return }
        try await requireTasks(ids, of: owner, caller)
    }

    private func requireTasks(_ ids: [TaskID], of owner: UInt32, _ caller: Caller) async throws {
        guard let foreign = try await engine.store.firstForeign(to: owner, among: ids) else { return }
        // To who sees only their own, another's task is as good as none.
        guard caller.seesOnly == nil, let task = try await engine.store.task(foreign) else {
            throw EngineError(code: .unknownTask, message: "no task \(foreign)")
        }
        let submitter = task.submittedBy.map { "user \($0.uid)" } ?? "nobody known"
        throw Problem(
            status: 403, title: "Not permitted",
            detail: "task \(foreign) was submitted by \(submitter); only they and admin may do this to it")
    }
}

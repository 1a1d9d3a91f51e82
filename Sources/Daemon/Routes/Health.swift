internal import Engine
internal import Hummingbird
internal import Model
internal import Store

/// What `GET /v1/health` tells that does not change while the daemon runs.
struct Health: Sendable {
    let pid: Int32
    let startedAt: Timestamp
    let store: StoreSettings
}

extension Routes {
    /// `GET /v1/health`
    @Sendable func getHealth(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let settings = health.store
        var tasks = JSONObject()
        for (state, count) in try await engine.store.counts() { tasks[state.rawValue] = JSONValue(count) }
        return Reply.json([
            "status": .string(engine.isStopping ? "stopping" : "ok"), "version": .string(Version.current),
            "pid": JSONValue(health.pid), "started_at": .string(health.startedAt.description),
            "store": [
                "path": .string(engine.store.path), "sqlite": .string(settings.version),
                "journal_mode": .string(settings.journalMode), "synchronous": JSONValue(settings.synchronous),
            ],
            "tasks": .object(tasks), "max_running": JSONValue(engine.maximumRunning),
            "waited_for": JSONValue(engine.waitedFor), "connections": JSONValue(access.connections.count),
            "waiters": JSONValue(access.waiters.count),
        ])
    }
}

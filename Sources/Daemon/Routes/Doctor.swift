internal import Engine
internal import Hummingbird
internal import Model
internal import Store

extension Routes {
    /// `GET /v1/doctor`: whether the daemon and what it stands on are well → `{status, checks: [{name, status, …}]}`
    @Sendable func examine(_ request: Request, _ context: ConnectionContext) async throws -> Response {
        let queued = try await engine.store.counts().first { $0.state == .queued }?.count ?? 0
        let findings = [
            diagnosis.process(health, isStopping: engine.isStopping), diagnosis.sqlite(health.store),
            diagnosis.store(
                engine.store.size, schema: try await engine.store.schemaVersion(),
                misplacement: engine.store.misplacement),
            diagnosis.limits(
                running: engine.running.values.reduce(0, +), maximumRunning: engine.maximumRunning, queued: queued),
            await diagnosis.shim(), diagnosis.cgroup(), diagnosis.jobFiles(jobFiles),
            Finding(
                "adoption", .ok, "commands of the daemon before that were taken over at the start: \(engine.adopted)",
                facts: ["adopted": JSONValue(engine.adopted)]),
        ]
        return Reply.json((findings + diagnosis.systemd()).report)
    }
}

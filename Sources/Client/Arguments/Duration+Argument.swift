internal import ArgumentParser
internal import Model

extension Duration {
    /// The duration written in `argument`: `500ms`, `1m30s`, or seconds.
    ///
    /// - Throws: `ValidationError` saying how one is written.
    @Sendable static func argument(_ argument: String) throws -> Duration {
        if let duration = Duration(text: argument) { return duration }
        let isNegative = argument.hasPrefix("-") && Duration(text: String(argument.dropFirst())) != nil
        throw ValidationError(isNegative ? "it must not be negative" : "write 500ms, 2s, 1m30s, 2h or seconds")
    }

    /// Whole seconds where the duration has them, as in the JSON of a job.
    var jsonSeconds: JSONValue { .number(seconds) }
}

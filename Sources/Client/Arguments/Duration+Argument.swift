public import ArgumentParser
internal import Model

extension Duration: @retroactive ExpressibleByArgument {
    /// The duration written in `argument`: `500ms`, `1m30s`, or seconds.
    public init?(argument: String) {
        self.init(text: argument)
    }

    /// Whole seconds where the duration has them, as in the JSON of a job.
    var jsonSeconds: JSONValue { .number(seconds) }
}

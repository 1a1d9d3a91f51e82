package import Model

/// Why a task is not running; the reason nearest to being settled comes last.
package struct Explanation: Sendable {
    /// One thing a task waits for.
    package struct Reason: Sendable {
        /// In one word, for programs.
        let code: String
        /// In a sentence, for people, with what to do where something can be done.
        let message: String
        /// What the sentence speaks of.
        var facts: JSONObject = [:]
    }

    let id: TaskID
    let state: TaskState
    let reasons: [Reason]

    /// The explanation as the wire shows it.
    package var json: JSONValue {
        let reasons = reasons.map { reason in
            var object: JSONObject = ["reason": .string(reason.code), "message": .string(reason.message)]
            object.merge(reason.facts)
            return JSONValue.object(object)
        }
        return ["id": id.json, "state": .string(state.rawValue), "reasons": .array(reasons)]
    }
}

/// A task's number: assigned by the store, increasing, never reused.
package struct TaskID: Sendable, Hashable, Comparable, CustomStringConvertible {
    /// The number itself; at least 1 for every stored task.
    package let number: Int64

    /// The task numbered `number`.
    package init(_ number: Int64) {
        self.number = number
    }

    package static func < (left: TaskID, right: TaskID) -> Bool { left.number < right.number }

    /// The digits alone.
    package var description: String { String(number) }

    /// The number as JSON.
    package var json: JSONValue { .int(number) }
}

extension Field {
    /// The task number.
    package func taskID() throws(InvalidInput) -> TaskID {
        TaskID(try int(in: 1...Int64.max))
    }

    /// The list of task numbers, in the order given.
    package func taskIDs() throws(InvalidInput) -> [TaskID] {
        var ids: [TaskID] = []
        for field in try list() { ids.append(try field.taskID()) }
        return ids
    }
}

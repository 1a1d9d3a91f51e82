extension Sequence {
    /// The elements without repetitions of `id`, in the order of their first appearance.
    func uniqued(by id: (Element) -> TaskID) -> [Element] {
        var seen: Set<TaskID> = []
        return filter { seen.insert(id($0)).inserted }
    }
}

import Model
import Synchronization

/// What clients asked and were answered, all by one clock that ticks with every question and every answer: what was
/// answered before another question was asked, the answer to that question has to know.
final class Observations: Sendable {
    /// A task as an answer showed it.
    struct Sight: Sendable {
        let task: Int64
        /// When the question was asked, and when the answer came.
        let asked: Int
        let answered: Int
        /// The question, for a person.
        let question: String
        /// The task; `nil` when the answer was that there is none.
        let json: JSONValue?
    }

    /// A question that was asked at a tick of the clock.
    struct Question: Sendable {
        let asked: Int
        let words: String
    }

    private struct State: Sendable {
        var clock = 0
        var answers = 0
        var openQuestions = 0
        var clients = 0
        var isDown = false
        var sights: [Sight] = []
        var tasks: [Int64] = []
        /// When it was acknowledged that a task is to end.
        var cancelled: [Int64: Int] = [:]
        /// When tasks were first allowed to be removed.
        var firstPrune = Int.max
        var names: Set<String> = []
        var broken: [String] = []
        var waiters: [(holds: @Sendable (State) -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    }

    private let state = Mutex(State())

    var answers: Int { state.withLock(\.answers) }
    /// What clients were told about tasks, in the order of the answers.
    var sights: [Sight] { state.withLock(\.sights) }
    /// When it was acknowledged that a task is to end.
    var cancelled: [Int64: Int] { state.withLock(\.cancelled) }
    /// When tasks were first allowed to be removed.
    var firstPrune: Int { state.withLock(\.firstPrune) }
    /// The names of all tasks that were asked for.
    var names: Set<String> { state.withLock(\.names) }
    /// Answers that are wrong whatever else was answered.
    var broken: [String] { state.withLock(\.broken) }
}

// MARK: - Clients

extension Observations {
    /// A client begins; the number of clients is how many questions may be open at once.
    func enter() {
        change { $0.clients += 1 }
    }

    /// A client has asked its last question.
    func leave() {
        change { $0.clients -= 1 }
    }

    /// One of the tasks known, or `nil` before the first.
    func anyTask(using generator: inout SeededGenerator) -> Int64? {
        let tasks = state.withLock { $0.tasks.suffix(40) }
        return tasks.randomElement(using: &generator)
    }

    /// Notes that a question is asked now.
    func ask(_ words: String, name: String? = nil, isPrune: Bool = false) -> Question {
        change { state in
            state.clock += 1
            state.openQuestions += 1
            if let name { state.names.insert(name) }
            if isPrune { state.firstPrune = min(state.firstPrune, state.clock) }
            return Question(asked: state.clock, words: words)
        }
    }

    /// Notes that a question is answered now, or never will be: then `tasks` is empty.
    ///
    /// - Parameters:
    ///   - tasks: the tasks that the answer shows.
    ///   - gone: the task of which it says that there is none.
    ///   - cancelled: the task of which it says that it is to end.
    func answer(_ question: Question, tasks: [JSONValue] = [], gone: Int64? = nil, cancelled: Int64? = nil) {
        change { state in
            state.clock += 1
            state.answers += 1
            state.openQuestions -= 1
            let (asked, answered, words) = (question.asked, state.clock, question.words)
            for task in tasks {
                guard let id = task["id"]?.intValue else { continue }
                state.sights.append(Sight(task: id, asked: asked, answered: answered, question: words, json: task))
                if task["parent_id"] == .null, !state.tasks.contains(id) { state.tasks.append(id) }
            }
            if let gone {
                state.sights.append(Sight(task: gone, asked: asked, answered: answered, question: words, json: nil))
                state.tasks.removeAll { $0 == gone }
            }
            if let cancelled { state.cancelled[cancelled] = min(state.cancelled[cancelled] ?? .max, answered) }
        }
    }

    /// Notes an answer that is wrong by itself.
    func note(broken: String) {
        change { $0.broken.append(broken) }
    }
}

// MARK: - The nemesis

extension Observations {
    /// The daemon is about to die, or has been started again.
    func setDown(_ isDown: Bool) {
        change { $0.isDown = isDown }
    }

    /// Returns when the daemon is there again.
    func untilUp() async {
        await until { !$0.isDown }
    }

    /// Returns when `count` questions have had their ends, or nobody asks any more; answers whether anybody does.
    func untilAnswers(_ count: Int) async -> Bool {
        await until { $0.answers >= count || $0.clients == 0 }
        return state.withLock { $0.clients > 0 }
    }

    /// Returns when every client waits for an answer.
    func untilAllAsk() async {
        await until { $0.openQuestions >= $0.clients }
    }

    private func until(_ holds: @escaping @Sendable (State) -> Bool) async {
        await withCheckedContinuation { continuation in
            change { $0.waiters.append((holds, continuation)) }
        }
    }

    private func change<Value: Sendable>(_ change: @Sendable (inout State) -> Value) -> Value {
        let (value, ready) = state.withLock { state in
            let value = change(&state)
            let snapshot = state
            let ready = state.waiters.filter { $0.holds(snapshot) }
            if !ready.isEmpty { state.waiters.removeAll { $0.holds(snapshot) } }
            return (value, ready.map(\.continuation))
        }
        for continuation in ready { continuation.resume() }
        return value
    }
}

import GRDB
import GRDBSQLite
import Model
import Testing

@testable import Store

@Suite struct QueryTests {
    /// Six tasks: three queued, one held, one running, one done.
    private func fill(_ bench: StoreBench) async throws {
        try await bench.submit(job("count main", ["labels": ["lib": "main", "x": "1"]]), at: at(0))
        try await bench.submit(gather([job("inner", ["queue": "q"])]), at: at(10))
        try await bench.submit(job("count law", ["labels": ["lib": "law"], "hold": true]), at: at(20))
        try await bench.submit(["shell": "true", "name": "a[b]*", "queue": "q"], at: at(30))
        try await bench.submit(job("last", ["hold": true]), at: at(40))
        try await bench.claimComposites(at: at(41))
        _ = try await bench.store.claim(limit: 1, running: [:], at: at(41))
        try await bench.finish(1, .succeeded(1), at: at(42))
    }

    private static let queries: [(query: [(name: String, value: String)], ids: [Int64])] = [
        ([], [1, 2, 3, 4, 5, 6]),
        ([("state", "held")], [4, 6]),
        ([("state", "succeeded,running")], [1, 2]),
        ([("name", "count*")], [1, 4]),
        ([("name", "count ma?n")], [1]),
        ([("name", "count")], []),
        ([("name", "a[[]b]*")], [5]),
        ([("kind", "gather")], [2]),
        ([("kind", "shell")], [5]),
        ([("queue", "q")], [3, 5]),
        ([("parent_id", "2")], [3]),
        ([("parent_id", "1")], []),
        ([("label", "lib:law")], [4]),
        ([("label", "lib:none")], []),
        ([("since", at(20).description)], [4, 5, 6]),
        ([("until", at(20).description)], [1, 2, 3]),
        ([("since", at(10).description), ("until", at(30).description)], [2, 3, 4]),
        ([("order", "desc")], [6, 5, 4, 3, 2, 1]),
        ([("cursor", "4")], [5, 6]),
        ([("cursor", "4"), ("order", "desc")], [3, 2, 1]),
        ([("state", "held"), ("name", "count*")], [4]),
        ([("name", "'; DROP TABLE tasks; --")], []),
    ]

    /// Beyond some number of tasks a period is looked for in another way.
    @Test(arguments: [10_100, 50])
    func aPeriodHoldsTheSameHoweverManyTasksItHas(count: Int) async throws {
        try await withStore { bench in
            try await bench.submit(job("before"), at: at(0))
            let wish = try Job(json: job("within"))
            _ = try await bench.store.submit(
                [Job](repeating: wish, count: count), directory: nil, by: nil, at: at(10))
            try await bench.submit(job("after"), at: at(20))
            var filter = TaskFilter()
            (filter.since, filter.until) = (at(10), at(20))
            for order in [TaskFilter.Order.ascending, .descending] {
                filter.order = order
                let found = try await bench.store.tasks(filter).tasks
                #expect(Set(found.map(\.name)) == ["within"])
                #expect(found.first?.id.number == (order == .ascending ? 2 : Int64(count + 1)))
            }
        }
    }

    @Test func aFilterLetsThroughWhatItSays() async throws {
        try await withStore { bench in
            try await fill(bench)
            for (query, ids) in Self.queries {
                let found = try await bench.store.tasks(TaskFilter(query: query)).tasks.map(\.id.number)
                #expect(found == ids, "\(query)")
            }
        }
    }

    /// Else each new filter would take memory for as long as the store is open.
    @Test func theStatementOfAFilterIsNotKept() async throws {
        try await withStore { bench in
            func statements() async throws -> Int {
                try await bench.store.pool.read { db in
                    var (count, statement) = (0, sqlite3_next_stmt(db.sqliteConnection, nil))
                    while statement != nil {
                        count += 1
                        statement = sqlite3_next_stmt(db.sqliteConnection, statement)
                    }
                    return count
                }
            }
            var filter = TaskFilter()
            _ = try await bench.store.tasks(filter)
            let before = try await statements()
            for number in 0..<8 {
                filter.labels.append(TaskFilter.Label(key: "\(number)", value: ""))
                _ = try await bench.store.tasks(filter)
            }
            #expect(try await statements() == before)
        }
    }

    @Test func aFilterHasSoManyLabelsAtMost() throws {
        let most = TaskFilter.maximumLabels
        func filter(_ count: Int) throws -> TaskFilter {
            try TaskFilter(query: (0..<count).map { ("label", "\($0):x") })
        }
        #expect(try filter(most).labels.count == most)
        #expect(throws: InvalidInput.self) { try filter(most + 1) }
    }

    @Test(arguments: ["asc", "desc"], [1, 2, 9])
    func pagesInTheOrderOfTheirEndsMeet(order: String, limit: Int) async throws {
        try await withStore { bench in
            for name in ["a", "b", "c", "d"] { try await bench.submit(job(name)) }
            _ = try await bench.claim()
            for id in [3, 1, 4] as [Int64] { try await bench.finish(id, .succeeded(1)) }
            for states in [
                [], [(name: "state", value: "succeeded")], [(name: "state", value: "succeeded,failed,cancelled")],
            ] {
                var query = states + [("sort", "done"), ("order", order), ("limit", "\(limit)")]
                var seen: [Int64] = []
                while true {
                    let (tasks, next) = try await bench.store.tasks(TaskFilter(query: query))
                    seen += tasks.map(\.id.number)
                    guard let next else { break }
                    query.removeAll { $0.name == "cursor" }
                    query.append(("cursor", "\(next)"))
                }
                #expect(seen == (order == "asc" ? [3, 1, 4] : [4, 1, 3]))
            }
        }
    }

    @Test(arguments: TaskFilter.Order.allCases, [1, 2, 3, 6, 7])
    func pagesMeetWithoutGapOrRepetition(order: TaskFilter.Order, limit: Int) async throws {
        try await withStore { bench in
            try await fill(bench)
            var filter = TaskFilter()
            filter.order = order
            filter.limit = limit
            var seen: [Int64] = []
            var pages = 0
            repeat {
                let (tasks, next) = try await bench.store.tasks(filter)
                #expect(tasks.count <= limit)
                seen += tasks.map(\.id.number)
                filter.cursor = next
                pages += 1
            } while filter.cursor != nil && pages < 10
            #expect(seen == (order == .ascending ? Array(1...6) : (1...6).reversed()))
            #expect(pages == (6 + limit - 1) / limit)
        }
    }

    @Test func everyStateIsCounted() async throws {
        try await withStore { bench in
            try await fill(bench)
            let counts = try await bench.store.counts()
            #expect(counts.map(\.state) == TaskState.allCases)
            #expect(counts.map(\.count) == [2, 2, 1, 1, 0, 0])
        }
    }

    @Test func statesComeInTheOrderAskedAndAnUnknownTaskIsNamed() async throws {
        try await withStore { bench in
            try await fill(bench)
            #expect(try await bench.store.states([4, 1, 2].map { TaskID($0) }) == [.held, .succeeded, .running])
            let error = await #expect(throws: UnknownTask.self) {
                _ = try await bench.store.states([TaskID(3), TaskID(88)])
            }
            #expect(error?.id == TaskID(88))
            #expect(try await bench.store.task(TaskID(88)) == nil)
        }
    }

    @Test func eventsAreReadOnFromWhereOneStood() async throws {
        try await withStore { bench in
            try await fill(bench)
            let all = try await bench.store.eventPage(after: 0).events
            #expect(all.map(\.sequence) == Array(1...Int64(all.count)))
            #expect(try await bench.store.eventPage(after: 4).events == Array(all.dropFirst(4)))
            #expect(
                try await bench.store.eventPage(after: 0, taskID: TaskID(1)).events.map(\.type) == [
                    "submitted", "started", "succeeded",
                ])
            #expect(all[0].json["at"] == .string(at(0).description))
        }
    }

    @Test func aPageOfEventsHoldsWhatFitsAndOneAtLeast() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"), job("b"), job("c"), by: 7)
            _ = try await bench.claim()
            let message = String(repeating: "x", count: EventPage.byteLimit / 2 + 1)
            for id in 1...3 {
                try await bench.finish(Int64(id), .failed(ExceptionInfo(type: "Large", message: message)))
            }
            for (task, owner, sizes): (TaskID?, UInt32?, [Int]) in [
                (nil, nil, [8, 1]), (nil, 7, [8, 1]), (TaskID(3), nil, [3]), (nil, 8, [0]),
            ] {
                var (after, found, mayBeMore): (Int64, [Int], Bool) = (0, [], true)
                while mayBeMore {
                    let page = try await bench.store.eventPage(after: after, taskID: task, owner: owner)
                    found.append(page.events.count)
                    (after, mayBeMore) = (page.last, page.mayBeMore)
                }
                #expect(found == sizes)
            }
        }
    }

    @Test func aPageHoldsWhatFitsAndOneAtLeast() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"), job("b"), job("c"))
            _ = try await bench.claim()
            let result = JSONValue.string(String(repeating: "x", count: 5000))
            for id in 1...3 { try await bench.finish(Int64(id), .succeeded(result)) }
            let ids = [3, 1, 2].map { TaskID($0) }
            for (bytes, count) in [(1, 1), (5000, 1), (8000, 2), (100_000, 3)] {
                let (tasks, rest) = try await bench.store.tasks(ids[...], within: bytes)
                #expect(tasks.map(\.id) == Array(ids.prefix(count)) && rest == ids.dropFirst(count))
            }
            let (known, rest) = try await bench.store.tasks([TaskID(9), TaskID(1), TaskID(8)], within: 100_000)
            #expect(known.map(\.id) == [TaskID(1)] && rest.isEmpty)
        }
    }

    @Test(arguments: ["asc", "desc"])
    func pagesThatAreCutShortLeadOnToAllOfThem(order: String) async throws {
        try await withStore { bench in
            try await bench.submit(job("a"), job("b"), job("other"), job("c"))
            _ = try await bench.claim()
            let result = JSONValue.string(String(repeating: "x", count: Store.pageLimit / 2 + 1))
            for id in [1, 2, 4] as [Int64] { try await bench.finish(id, .succeeded(result)) }
            var (pages, cursor): ([[Int64]], Int64?) = ([], nil)
            repeat {
                var query = [(name: "state", value: "succeeded"), (name: "order", value: order)]
                if let cursor { query.append((name: "cursor", value: cursor.description)) }
                let (tasks, next) = try await bench.store.tasks(TaskFilter(query: query))
                pages.append(tasks.map(\.id.number))
                cursor = next
            } while cursor != nil
            #expect(pages == (order == "asc" ? [[1, 2], [4]] : [[4, 2], [1]]))
        }
    }
}

import GRDB
import Model
import Testing

@testable import Store

/// The queries that run for every task go straight to the rows they want, however many others there are.
struct PlanTests {
    static let hot: [(sql: String, index: String)] = [
        (Store.queueHead, "tasks_ready"),
        (Store.queueHeadWithSlots, "tasks_ready"),
        (Store.readyComposites, "tasks_ready_composites"),
        (Store.wakeSleepers, "tasks_asleep"),
        (Store.nextSleeper, "tasks_asleep"),
        (Store.ahead, "tasks_ready"),
        (Store.readyByQueue, "tasks_ready"),
        (Store.doomedDependents, "dependencies USING PRIMARY KEY"),
        (Store.doomedMembers, "tasks_state"),
        (Store.doomedEarlierMembers, "tasks_state"),
        (Store.satisfiedDependents, "dependencies USING PRIMARY KEY"),
        (Transition.dependents, "dependencies_after"),
        (Transition.composite, "composite USING INTEGER PRIMARY KEY"),
        (TaskCounter.Counts.byState, "tasks_state"),
        (Store.youngestBeyond, "tasks_done"),
        (Store.eventsWithOwner, "events USING INTEGER PRIMARY KEY"),
        (Insertion.dropSatisfied, "dependencies USING PRIMARY KEY"),
        (Insertion.firstBroken, "dependencies USING PRIMARY KEY"),
        (Store.readyQueues, "tasks_ready"),
        (Store.nextHooks, "tasks USING INTEGER PRIMARY KEY"),
    ]

    /// Of two things that are asked for, the rarer leads, whichever it is.
    @Test func aListBeginsWithWhatFewTasksHave() async throws {
        try await withStore { bench in
            try await bench.execute(
                """
                INSERT INTO tasks (name, kind, state, is_composite, job, shield, queue, priority, max_attempts, submitted_at)
                SELECT 'x', iif(value = 1, 'sleep', 'command'), iif(value = 2, 'held', 'queued'), 0, '{}', 0, 'default', 0, 1, '2026-01-01T00:00:00.000Z'
                FROM (WITH RECURSIVE numbers (value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM numbers LIMIT 60000)
                    SELECT value FROM numbers)
                """)
            var rareKind = TaskFilter(), rareState = TaskFilter(), severalStates = TaskFilter()
            (rareKind.states, rareKind.kind) = ([.queued], .sleep)
            (rareState.states, rareState.kind) = ([.held], .command)
            (severalStates.states, severalStates.queue) = ([.held, .running], "default")
            #expect(try await bench.plan(of: rareKind) == "SEARCH tasks USING INDEX tasks_kind (kind=?)")
            #expect(try await bench.plan(of: rareState) == "SEARCH tasks USING INDEX tasks_state (state=?)")
            #expect(try await bench.plan(of: severalStates).hasPrefix("SEARCH tasks USING INTEGER PRIMARY KEY"))
            var longPeriod = TaskFilter()
            longPeriod.since = Timestamp(milliseconds: 0)
            #expect(try await bench.plan(of: longPeriod) == "SCAN tasks")
            var ends = TaskFilter(), rareEnds = TaskFilter(), manyEnds = TaskFilter()
            (ends.sort, ends.states) = (.done, [.succeeded, .failed, .cancelled])
            (rareEnds.sort, rareEnds.kind) = (.done, .sleep)
            (manyEnds.sort, manyEnds.kind) = (.done, .command)
            #expect(try await bench.plan(of: ends) == "SEARCH tasks USING INDEX tasks_done (done_seq>?)")
            #expect(try await bench.plan(of: manyEnds) == "SEARCH tasks USING INDEX tasks_done (done_seq>?)")
            #expect(try await bench.plan(of: rareEnds) == "SEARCH tasks USING INDEX tasks_kind (kind=?)")
            for filter in [rareKind, rareState, severalStates] {
                #expect(try await bench.store.tasks(filter).tasks.count == 1)
            }
        }
    }

    @Test(arguments: hot)
    func needsNoScanAndNoSorting(sql: String, index: String) async throws {
        try await withStore { bench in
            let plan = try await bench.store.pool.read { db in
                let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN " + sql)
                statement.setUncheckedArguments(StatementArguments())
                return try Row.fetchAll(statement)
                    .map { $0["detail"] as String }.joined(separator: "; ")
            }
            #expect(plan.contains(index), "\(plan)")
            // A scan of an index that holds nothing but what is wanted, in the order wanted, is none.
            let other = plan.replacing("COVERING ", with: "").replacing("SCAN tasks USING INDEX \(index)", with: "")
                .replacing("SCAN (subquery", with: "").replacing("SCAN json_each", with: "")
                .replacing("SCAN CONSTANT ROW", with: "").replacing("SCAN ready", with: "")
                .replacing("SCAN hooks", with: "")
            #expect(!other.contains("SCAN"), "\(plan)")
            #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
        }
    }
}

extension StoreBench {
    fileprivate func plan(of filter: TaskFilter) async throws -> String {
        try await store.pool.read { db in
            let (sql, arguments) = try filter.condition(db)
            let statement =
                "EXPLAIN QUERY PLAN SELECT \(TaskRecord.columns) FROM tasks WHERE \(sql) ORDER BY \(filter.ordering) LIMIT 10"
            // How tasks are found stands first, and what is looked up for each of them after it.
            return try Row.fetchOne(db, sql: statement, arguments: arguments)?["detail"] ?? ""
        }
    }
}

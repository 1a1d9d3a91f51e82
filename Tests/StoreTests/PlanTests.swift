import GRDB
import Model
import Testing

@testable import Store

/// The queries that run for every task go straight to the rows they want, however many others there are.
struct PlanTests {
    static let hot: [(sql: String, index: String)] = [
        (Store.queueHead, "tasks_ready"),
        (Store.queueHeadWithRoom, "tasks_ready"),
        (Store.readyComposites, "tasks_ready_composites"),
        (Store.wakeSleepers, "tasks_asleep"),
        (Store.nextSleeper, "tasks_asleep"),
        (Store.ahead, "tasks_ready"),
        (Store.readyByQueue, "tasks_ready"),
        (Store.openByState, "tasks_state"),
        (Store.youngestBeyond, "tasks_done"),
        (Store.eventsWithOwner, "events USING INTEGER PRIMARY KEY"),
    ]

    @Test func tasksOfOneNameAreFoundByItAmongAllThatAreDone() async throws {
        try await withStore { bench in
            var filter = TaskFilter()
            (filter.states, filter.name) = ([.succeeded, .failed, .cancelled], "nightly")
            let condition = filter.condition
            let plan = try await bench.store.pool.read { db in
                try Row.fetchAll(
                    db, sql: "EXPLAIN QUERY PLAN SELECT id FROM tasks WHERE \(condition.sql) ORDER BY id LIMIT 10",
                    arguments: condition.arguments
                ).map { $0["detail"] as String }.joined(separator: "; ")
            }
            #expect(plan == "SEARCH tasks USING INDEX tasks_name (name=?)")
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
            #expect(!other.contains("SCAN"), "\(plan)")
            #expect(!plan.contains("TEMP B-TREE"), "\(plan)")
        }
    }
}

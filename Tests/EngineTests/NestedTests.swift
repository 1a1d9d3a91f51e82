import Model
import Store
import Testing

@testable import Engine

@Suite(.timeLimit(.minutes(1))) struct NestedTests {
    @Test func compositesAreMembersLikeAnyOther() async throws {
        try await withBench { bench in
            let inner = composite("sequence", [job("b"), job("c")])
            let id = try await bench.submit(composite("gather", [job("a"), inner, composite("race", [job("d")])]))
            for (name, value) in [("d", 4), ("a", 1), ("b", 2), ("c", 3)] as [(String, JSONValue)] {
                try await bench.end(name, .succeeded(value))
            }
            #expect(try await bench.done(id).result == [1, [2, 3], 4])
        }
    }

    @Test func cancellingTheOutermostReachesTheInnermost() async throws {
        try await withBench { bench in
            let inner = composite("task_group", [job("deep"), job("late", ["delay": 60])])
            let id = try await bench.submit(composite("gather", [composite("sequence", [inner, job("never")])]))
            await bench.stage.started("deep")
            _ = try await bench.engine.cancel(id, message: "all of it", force: false)
            #expect(try await bench.done(id).state == .cancelled)
            for name in ["deep", "late", "never", "task_group", "sequence"] {
                #expect(try await bench.task(name).state == .cancelled, "\(name)")
            }
            #expect(try await bench.task("deep").cancelMessage == "all of it")
            #expect(bench.stage.order == ["deep"])
        }
    }

    @Test func aGroupInAGroupFailsWithNestedGroups() async throws {
        try await withBench { bench in
            var inner = composite("task_group", [job("a")]).objectValue ?? [:]
            inner["name"] = "inner"
            let id = try await bench.submit(composite("task_group", [.object(inner)]))
            try await bench.end("a", .boom())
            let outer = try #require(try await bench.done(id).exception)
            let nested = outer.details["exceptions"]?.arrayValue?.first
            #expect(nested?["type"] == "ExceptionGroup")
            #expect(nested?["exceptions"] == [["type": "Boom", "message": "boom"]])
        }
    }

    @Test func aShieldedCompositeIsOutOfReachWithAllItsMembers() async throws {
        try await withBench { bench in
            let safe = composite("sequence", [job("a"), job("b")], ["shield": true])
            let id = try await bench.submit(composite("gather", [safe, job("c")]))
            await bench.stage.started("a")
            await bench.stage.started("c")
            _ = try await bench.engine.cancel(id, message: nil, force: false)
            #expect(try await bench.done(id).state == .cancelled)
            try await bench.end("a", .succeeded(1))
            try await bench.end("b", .succeeded(2))
            #expect(try await bench.done("sequence").result == [1, 2])
        }
    }

    @Test func membersRunAfterEachOtherOnlyAsTheirCompositesLetThem() async throws {
        try await withBench(maximumRunning: 1) { bench in
            // A composite takes no slot, or this would never end.
            let id = try await bench.submit(composite("gather", [composite("sequence", [job("a")]), job("b")]))
            bench.stage.end("a", .succeeded(1))
            bench.stage.end("b", .succeeded(2))
            #expect(try await bench.done(id).result == [[1], 2])
            #expect(bench.stage.peak == 1)
        }
    }
}

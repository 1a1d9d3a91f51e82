import Foundation
import Glibc
@testable import Jobs
import Model
import Testing

/// What a shim that was killed leaves is found by the variable that its processes have, and nothing else is.
extension CommandTests.AdoptionTests {
    @Test func whatAKilledShimLeavesIsFoundByADaemonWithAnotherSocket() async throws {
        try await withCommandBench { bench in
            try await abandon([Self.stubborn], in: bench)
            try killShim(of: bench)
            let next = try CommandWorkbench(adopting: bench.directory, mark: bench.mark, socket: "/elsewhere.sock")
            #expect(try await next.resume()?.outcome.exceptionType == "Lost")
            #expect(bench.survivors() == [])
        }
    }

    @Test func whoseDirectoryWasRemovedIsFoundByADaemonWithAnotherSocket() async throws {
        try await withCommandBench { bench in
            try await abandon([Self.stubborn], in: bench)
            try FileManager.default.removeItem(atPath: bench.attempt().path)
            let next = try CommandWorkbench(
                adopting: bench.directory, mark: bench.mark, isOfSameBoot: true, socket: "/elsewhere.sock")
            let report = try await next.resume(#"{"shell": "echo ran >>witness"}"#)
            #expect(report?.outcome.exceptionType == "Lost", "\(String(describing: report))")
            #expect(bench.survivors() == [])
            #expect(bench.text("witness") == "")
        }
    }

    @Test func whatAnotherDaemonWithTheSameSocketHasLeftIsLeftAlone() async throws {
        try await withCommandBench(socket: "/the.sock") { bench in
            try await withCommandBench(socket: "/the.sock") { other in
                try await abandon([Self.stubborn], in: bench)
                try await abandon([Self.stubborn], in: other)
                try await endKilled(bench)
                #expect(other.survivors() != [])
                try await endKilled(other)
            }
        }
    }

    /// A history that was restored gives numbers out again, and the commands of before may run on.
    @Test func whatHadTheNumberBeforeIsLeftAlone() async throws {
        try await withCommandBench { bench in
            let (tasks, aside) = (bench.directory + "/tasks", bench.directory + "/aside")
            // What is older than the shim is left alone anyhow.
            try await abandon([Self.stubborn], in: bench, startedAt: 2)
            try FileManager.default.moveItem(atPath: tasks, toPath: aside)
            try await abandon([Self.stubborn], in: bench, startedAt: 1)
            try killShim(of: bench)
            try FileManager.default.moveItem(atPath: tasks, toPath: bench.directory + "/before")
            try FileManager.default.moveItem(atPath: aside, toPath: tasks)
            try killShim(of: bench)
            #expect(try await bench.resume(startedAt: 2)?.outcome.exceptionType == "Lost")
            #expect(bench.survivors() != [])
            try FileManager.default.removeItem(atPath: tasks)
            try FileManager.default.moveItem(atPath: bench.directory + "/before", toPath: tasks)
            #expect(try await bench.resume(startedAt: 1)?.outcome.exceptionType == "Lost")
            #expect(bench.survivors() == [])
        }
    }

    private func endKilled(_ bench: CommandWorkbench) async throws {
        try killShim(of: bench)
        #expect(try await bench.resume()?.outcome.exceptionType == "Lost")
        #expect(bench.survivors() == [])
    }
}

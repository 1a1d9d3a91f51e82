import Model
import Testing

@Suite(.timeLimit(.minutes(1)))
struct GatherTests {
    static let library = #"{"main":1247,"reserves":89,"interlibrary":34}"#

    @Test func countsTheLibraryInTheOrderOfTheJob() async throws {
        try await withLibrary { daemon, jobs in
            let reply = try await daemon.taskctl("submit", "-f", jobs + "/inventory.yaml", "--wait")
            #expect(reply.status == 0, "\(reply.stderr)")
            #expect(try JSONParser.parse(reply.stdout).text() == Self.library)
        }
    }

    @Test func countsTheLibraryFromJSONWithAbsolutePaths() async throws {
        try await withLibrary { daemon, jobs in
            let library = String(jobs.dropLast("/jobs".count))
            let job: JSONValue = [
                "gather": [
                    [
                        "name": "main",
                        "check": [
                            "sqlite": [
                                "path": .string(library + "/catalogue.sqlite"), "sql": "SELECT count(*) FROM items",
                            ]
                        ],
                    ],
                    [
                        "name": "reserves",
                        "check": ["file": ["path": .string(library + "/reserves.mrc"), "format": "marc"]],
                    ],
                    [
                        "name": "interlibrary",
                        "check": ["file": ["path": .string(library + "/ill.csv"), "format": "csv", "key": "barcode"]],
                    ],
                ], "merge": true,
            ]
            let task = try await daemon.run(job)
            #expect(task["result"]?.text() == Self.library, "\(task["exception"]?.text() ?? "")")
            #expect(task["progress"]?["completed"] == 3)
            #expect(task["progress"]?["fraction"]?.doubleValue == 1)
        }
    }

    @Test func asksItsMembersAtOnce() async throws {
        try await withDaemon { daemon in
            let nap: JSONValue = ["sleep": "1s"]
            let task = try await daemon.run(["gather": [nap, nap, nap]])
            let instants = ["started_at", "finished_at"].compactMap {
                task[$0]?.stringValue.flatMap(Timestamp.init(text:))
            }
            let took = try #require(instants.last) - #require(instants.first)
            #expect(task["state"] == "succeeded")
            #expect(took >= .seconds(1) && took < .seconds(2), "took \(took)")
        }
    }

    @Test func failsWithItsFirstFailureWhileTheOthersRunOn() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit([
                "gather": [["sleep": 0, "raises": ["type": "Boom", "message": "no"]], ["sleep": "1h"]]
            ])
            let task = try await daemon.done(id)
            #expect(task["exception"]?["type"] == "Boom")
            let members = try await daemon.http("GET", "/v1/tasks?parent_id=\(id)").json["tasks"]?.arrayValue
            #expect(members?.map { $0["state"] } == ["failed", "running"])
        }
    }

    @Test func returnsExceptionsInTheirPlaces() async throws {
        try await withDaemon { daemon in
            let task = try await daemon.run([
                "gather": [["sleep": 0, "returns": 1], ["sleep": 0, "raises": ["type": "Boom", "message": "no"]]],
                "return_exceptions": true,
            ])
            #expect(task["state"] == "succeeded")
            #expect(task["result"]?.arrayValue?.first == 1)
            #expect(task["result"]?.arrayValue?.last?["exception"]?["type"] == "Boom")
        }
    }

    @Test func aTaskGroupCancelsTheOthersAndNamesEveryFailure() async throws {
        try await withDaemon { daemon in
            let id = try await daemon.submit([
                "task_group": [["sleep": 0, "raises": ["type": "Boom", "message": "no"]], ["sleep": "1h"]]
            ])
            let task = try await daemon.done(id)
            #expect(task["exception"]?["type"] == "ExceptionGroup")
            #expect(task["exception"]?["exceptions"]?.arrayValue?.map { $0["type"] } == ["Boom"])
            let members = try await daemon.http("GET", "/v1/tasks?parent_id=\(id)").json["tasks"]?.arrayValue
            #expect(members?.map { $0["state"] } == ["failed", "cancelled"])
        }
    }

    @Test func aRaceHasTheFirstResultAndASequenceAll() async throws {
        try await withDaemon { daemon in
            let race = try await daemon.run(["race": [["sleep": "1h"], ["sleep": 0, "returns": "won"]]])
            #expect(race["result"] == "won")
            let sequence = try await daemon.run([
                "sequence": [["sleep": 0, "returns": 1], ["sleep": 0, "returns": 2]]
            ])
            #expect(sequence["result"] == [1, 2])
        }
    }

    /// Runs `test` with the example library: `jobs` is the directory of its job files.
    private func withLibrary(_ test: (LiveDaemon, _ jobs: String) async throws -> Void) async throws {
        try await withDaemon { daemon in
            let library = daemon.directory.path + "/library"
            let made = try await Program.run(Program.repository + "/Examples/library/make-library.sh", [library])
            #expect(made.status == 0, "\(made.stderr)")
            try await test(daemon, library + "/jobs")
        }
    }
}

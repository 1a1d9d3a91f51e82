import GRDB
import Model
import Testing

@testable import Store

@Suite struct SubmitTests {
    @Test func aTaskIsAsItsJobSays() async throws {
        try await withStore { bench in
            let modifiers: JSONObject = [
                "queue": "q", "priority": 7, "timeout": "1m30s", "shield": true, "retry": ["attempts": 4],
                "labels": ["team": "cat"], "key": "k",
            ]
            let wish = try Job(json: job("a", modifiers))
            let submitter = Submitter(uid: 1000, gid: 100, pid: 42)
            let submission = try await bench.store.submit([wish], directory: "/srv", by: submitter, at: at(3))
                .submissions[0]
            let task = submission.task
            #expect(submission.isNew)
            #expect(task.state == .queued)
            #expect(task.queue == "q" && task.priority == 7 && task.timeout == .seconds(90) && task.shield)
            #expect(task.maxAttempts == 4 && task.attempt == 0)
            #expect(task.labels == ["team": "cat"])
            #expect(task.key == "k")
            #expect(task.submittedAt == at(3))
            #expect(task.submittedBy == submitter)
            #expect(task.directory == "/srv")
            #expect(task.job == job("a", modifiers))
            #expect(task.startedAt == nil && task.finishedAt == nil && task.doneSequence == nil)
            #expect(try await bench.events(of: 1) == ["submitted"])
        }
    }

    @Test func anUnnamedTaskIsNamedAfterItsNumber() async throws {
        try await withStore { (bench) async throws in
            #expect(try await bench.submit(["sleep": 1], ["sleep": 1]).map(\.name) == ["Task-1", "Task-2"])
        }
    }

    @Test func aListIsSubmittedWholeOrNotAtAll() async throws {
        try await withStore { (bench) async throws in
            let error = await #expect(throws: UnknownTask.self) {
                try await bench.submit(job("a"), gather([job("b")]), job("c", ["after": [77]]))
            }
            #expect(error?.id == TaskID(77))
            #expect(try await bench.rows("SELECT * FROM tasks").isEmpty)
            #expect(try await bench.rows("SELECT * FROM events").isEmpty)
            #expect(try await bench.submit(job("a")).map(\.id) == [TaskID(1)])
        }
    }

    @Test func aTaskCannotRunAfterItselfOrALaterOne() async throws {
        try await withStore { (bench) async throws in
            await #expect(throws: UnknownTask.self) { try await bench.submit(job("a", ["after": [1]])) }
            await #expect(throws: UnknownTask.self) { try await bench.submit(job("a", ["after": [2]]), job("b")) }
        }
    }

    @Test func membersFollowTheirCompositeInOrder() async throws {
        try await withStore { bench in
            try await bench.submit(gather([job("a"), gather([job("b")], ["name": "inner"]), job("c")]))
            #expect(try await bench.store.children(of: TaskID(1)) == [2, 3, 5].map { TaskID($0) })
            #expect(try await bench.store.children(of: TaskID(3)) == [TaskID(4)])
            #expect(try await bench.task(4).waitingFor == ["parent": 3])
            #expect(try await bench.claim() == [])
        }
    }

    @Test func aKeyNamesTheFirstTaskForEver() async throws {
        try await withStore { bench in
            let wish = try Job(json: job("a", ["key": "k"]))
            let twice = try await bench.store.submit([wish, wish], directory: nil, by: nil, at: at(0)).submissions
            #expect(twice.map(\.isNew) == [true, false])
            #expect(twice[0].task == twice[1].task)
            _ = try await bench.claim()
            try await bench.finish(1, .succeeded(1))
            let later = try await bench.store.submit([wish], directory: nil, by: nil, at: at(9)).submissions[0]
            #expect(!later.isNew)
            #expect(later.task.result == 1)
            #expect(try await bench.rows("SELECT id FROM tasks").count == 1)
        }
    }

    @Test func submittersOfOneKeyAtOnceGetOneTask() async throws {
        try await withStore { bench in
            let wish = try Job(json: job("a", ["key": "k"]))
            let submissions = try await withThrowingTaskGroup(of: Submission.self) { group in
                for _ in 0..<40 {
                    group.addTask {
                        try await bench.store.submit([wish], directory: nil, by: nil, at: at(0)).submissions[0]
                    }
                }
                return try await group.reduce(into: [Submission]()) { $0.append($1) }
            }
            #expect(submissions.count { $0.isNew } == 1)
            #expect(Set(submissions.map(\.task.id)) == [TaskID(1)])
        }
    }
}

@Suite struct DependencyTests {
    @Test func aSatisfiedDependencyHoldsNothingUp() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"))
            _ = try await bench.claim()
            try await bench.finish(1, .succeeded(nil))
            #expect(try await bench.submit(job("b", ["after": [1]]))[0].waitingFor == nil)
            #expect(try await bench.claim() == ["b"])
        }
    }

    @Test func theLastOfSeveralOpensTheGate() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"), job("b"), job("c", ["after": [2, 1, 2]]))
            #expect(try await bench.task(3).waitingFor == ["after": [1, 2]])
            #expect(try await bench.claim() == ["a", "b"])
            try await bench.finish(2, .succeeded(nil))
            #expect(try await bench.task(3).waitingFor == ["after": [1]])
            #expect(try await bench.claim() == [])
            try await bench.finish(1, .succeeded(nil))
            #expect(try await bench.task(3).waitingFor == nil)
            #expect(try await bench.claim() == ["c"])
        }
    }

    @Test(arguments: [(Outcome.failed(.boom), TaskState.failed), (.cancelled(.cancelled(nil)), .cancelled)])
    func aBrokenDependencyFailsTheTaskAsItIsSubmitted(outcome: Outcome, state: TaskState) async throws {
        try await withStore { bench in
            try await bench.submit(job("a"))
            _ = try await bench.claim()
            try await bench.finish(1, outcome)
            let wish = try Job(json: job("b", ["after": [1]]))
            let (submissions, ended) = try await bench.store.submit([wish], directory: nil, by: nil, at: at(5))
            #expect(submissions[0].task.state == .failed)
            #expect(submissions[0].task.exception == .dependencyFailed(TaskID(1), state: state))
            #expect(ended.map(\.id) == [TaskID(2)])
        }
    }

    @Test func aFailureRunsDownTheWholeChainInOneCommit() async throws {
        try await withStore { bench in
            try await bench.submit(
                job("a"), job("b", ["after": [1]]), gather([job("m")], ["after": [2]]), job("d", ["after": [3]]),
                job("e"))
            _ = try await bench.claim()
            let ended = try await bench.finish(1, .failed(.boom))
            #expect(ended.map(\.name) == ["a", "b", "gather", "m", "d"])
            #expect(ended.map(\.state) == [.failed, .failed, .failed, .cancelled, .failed])
            #expect(ended.compactMap(\.doneSequence) == ended.compactMap(\.doneSequence).sorted())
            #expect(try await bench.task(6).state == .running)
            #expect(try await bench.rows("SELECT * FROM dependencies WHERE after_id = 99").isEmpty)
        }
    }

    @Test func aDelayStillCountsOnceTheDependenciesAreMet() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"), job("b", ["after": [1], "delay": 60]))
            _ = try await bench.claim()
            try await bench.finish(1, .succeeded(nil), at: at(2))
            #expect(try await bench.task(2).waitingFor == ["delay": .string(at(60).description)])
            try await bench.store.wake(at: at(60))
            #expect(try await bench.claim(at: at(61)) == ["b"])
        }
    }
}

extension SubmitTests {
    /// What a submission answers is made of the job, and not read back: it has to be what stands in the file.
    @Test func theAnswerIsWhatStandsInTheFile() async throws {
        let wishes: [JSONValue] = [
            ["sleep": 1], ["sleep": 1.5, "timeout": 0.25, "labels": ["a": "b"], "key": "k", "priority": -3],
            ["shell": "x", "hold": true, "name": "n", "queue": "q", "shield": true, "retry": 4, "delay": "1h"],
            ["gather": [["sleep": 0]], "delay": "1h"], ["sleep": 0, "after": [1]], ["sleep": 0, "key": "k"],
        ]
        try await withStore { bench in
            let submitter = Submitter(uid: 7, gid: 8, pid: 9)
            let jobs = try wishes.map { try Job(json: $0) }
            let answer = try await bench.store.submit(jobs, directory: "/srv", by: submitter, at: at(1))
            #expect(answer.submissions.count == wishes.count)
            for submission in answer.submissions {
                let stored = try await bench.task(submission.task.id.number)
                #expect(submission.task == stored)
                #expect(submission.task.json().text() == stored.json().text())
            }
        }
    }

    /// Else a task that runs after ten thousand others is written ten thousand times.
    @Test func aTaskIsWrittenOnlyWhenTheLastThatItRunsAfterHasSucceeded() async throws {
        try await withStore { bench in
            try await bench.submit(job("a"), job("b"), job("c"), job("d", ["after": [1, 2, 3]]))
            _ = try await bench.claim()
            try await bench.execute(
                """
                CREATE TEMP TABLE written (id INTEGER);
                CREATE TEMP TRIGGER written AFTER UPDATE ON tasks WHEN new.id = 4 BEGIN
                    INSERT INTO written VALUES (new.id);
                END
                """)
            func written() async throws -> Int? {
                try await bench.store.pool.writeWithoutTransaction { db in
                    try Int.fetchOne(db, sql: "SELECT count(*) FROM written")
                }
            }
            for (id, rest) in [(2, [1, 3]), (1, [3])] as [(Int64, JSONValue)] {
                try await bench.finish(id, .succeeded(nil))
                #expect(try await bench.task(4).waitingFor == ["after": rest])
                #expect(try await written() == 0)
            }
            try await bench.finish(3, .succeeded(nil))
            #expect(try await bench.task(4).waitingFor == nil)
            #expect(try await written() == 1)
        }
    }
}

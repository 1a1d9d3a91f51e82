import Model
import Testing

@testable import Daemon

struct JobFilesTests {
    @Test func knowsJobsByTheNamesOfTheirFiles() throws {
        try withDirectory { directory in
            try write("sleep: 1\n", to: directory + "/rest.yaml")
            try write(#"{"shell": "date"}"#, to: directory + "/clock.json")
            try write("not a job", to: directory + "/README.txt")
            let files = JobFiles(directory: directory)
            #expect(files.all.map(\.name) == ["clock", "rest"])
            #expect(try files["rest"]?.job.get() == ["sleep": 1])
        }
    }

    @Test func keepsABrokenFileWithWhatIsWrongWithIt() throws {
        try withDirectory { directory in
            try write("gather: [{sleep: -1}]\n", to: directory + "/broken.yaml")
            let entry = try #require(JobFiles(directory: directory)["broken"])
            let error = #expect(throws: InvalidInput.self) { try entry.job.get() }
            #expect(error?.path == "gather[0].sleep")
        }
    }

    @Test func readsAgainWhenAsked() throws {
        try withDirectory { directory in
            let files = JobFiles(directory: directory)
            #expect(files.all.isEmpty)
            try write("sleep: 1\n", to: directory + "/rest.yml")
            files.reload()
            #expect(files["rest"] != nil)
        }
    }

    @Test func theTemplateOfAnInventoryCanBeSubmitted() throws {
        let root = String(#filePath.dropLast("/Tests/DaemonTests/JobFilesTests.swift".count))
        let files = JobFiles(directory: root + "/Examples/library")
        #expect(files.problems.isEmpty)
        let job = try Job(json: #require(files["inventory-template"]).job.get())
        let kinds = job.members.compactMap { if case .check(let source) = $0.action { source.name } else { nil } }
        #expect(Set(kinds) == ["sqlite", "file", "command", "sru", "oai", "json", "sip2"])
    }

    @Test func doesWithoutItsDirectory() {
        #expect(JobFiles(directory: "/nowhere/at/all").all.isEmpty)
    }
}

import Glibc
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

    @Test func namesAreComparedByTheirCodeUnits() throws {
        try withDirectory { directory in
            try write("sleep: 1\n", to: directory + "/\u{E9}.yaml")
            try write("sleep: 2\n", to: directory + "/e\u{301}.yaml")
            let files = JobFiles(directory: directory)
            #expect(try files["\u{E9}"]?.job.get() == ["sleep": 1])
            #expect(try files["e\u{301}"]?.job.get() == ["sleep": 2])
            #expect(files.problems.isEmpty)
        }
    }

    /// What is too large for YAML may be written as JSON.
    @Test func readsJSONAsJSON() throws {
        try withDirectory { directory in
            let text = #"{"sleep": 1, "returns": "\#(String(repeating: "x", count: YAMLDocument.maximumSize))"}"#
            try write(text, to: directory + "/large.json")
            try write(text, to: directory + "/large.yaml")
            let jobs = JobFiles(directory: directory).all.map { try? $0.job.get() }
            #expect(jobs == [try JSONParser.parse(text), nil])
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

    @Test func missesADirectoryThatSomebodyNamed() throws {
        try withDirectory { directory in
            let missing = directory + "/jobs"
            #expect(JobFiles(directory: missing).problems == [])
            #expect(
                JobFiles(directory: missing, isExpected: true).problems == ["\(missing): No such file or directory"])
            try write("", to: missing)
            #expect(JobFiles(directory: missing).problems == ["\(missing): Not a directory"])
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
        let template = try TextFile.read(root + "/Examples/library/inventory-template.yaml", limit: 1 << 20)
        try withDirectory { directory in
            try write(String(decoding: template, as: UTF8.self), to: directory + "/template.yaml")
            let files = JobFiles(directory: directory)
            #expect(files.problems.isEmpty)
            let job = try Job(json: #require(files["template"]).job.get())
            let kinds = job.members.compactMap { if case .check(let source) = $0.action { source.name } else { nil } }
            #expect(Set(kinds) == ["sqlite", "file", "command", "sru", "oai", "json", "sip2"])
        }
    }

    @Test(arguments: [0o620, 0o602] as [mode_t])
    func refusesAFileThatOthersMayWrite(mode: mode_t) throws {
        try withDirectory { directory in
            let path = directory + "/rest.yaml"
            try write("sleep: 1\n", to: path)
            let files = JobFiles(directory: directory)
            #expect(files.problems == [])
            chmod(path, mode)
            files.reload()
            let problem = try #require(files.problems.first)
            #expect(problem.hasPrefix(path) && problem.contains("chmod go-w"))
            #expect(throws: InvalidInput.self) { try files["rest"]?.job.get() }
        }
    }

    @Test(.enabled(if: getuid() == 0, "needs root, to give a file away"))
    func refusesAFileOfAnotherUser() throws {
        try withDirectory { directory in
            try write("sleep: 1\n", to: directory + "/rest.yaml")
            chown(directory + "/rest.yaml", 65_534, 65_534)
            let problem = try #require(JobFiles(directory: directory).problems.first)
            #expect(problem.contains("belongs to user 65534"))
        }
    }

    @Test func doesWithoutItsDirectory() {
        #expect(JobFiles(directory: "/nowhere/at/all").all.isEmpty)
    }
}

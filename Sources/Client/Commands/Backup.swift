internal import ArgumentParser
internal import Model

struct Backup: ClientCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Back up the history to a file while the daemon runs, and verify the copy; print its size.",
        discussion: "The daemon writes the file, so its user has to be allowed to. A file that is there already stays.")

    @Argument(help: "The file to make.", completion: .file()) var file: String
    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard !file.isEmpty else { throw ValidationError("the file's name must not be empty") }
    }

    func run(_ session: Session) throws -> ExitStatus {
        let path = try file.path(from: SubmittedFile.currentDirectory())
        let reply = try session.client.json(Request(.post, "v1", "backup", json: ["path": .string(path)]))
        let (bytes, tasks) = (reply["bytes"] ?? .null, reply["tasks"] ?? .null)
        try session.answer(reply, or: ["\(bytes.text()) bytes, \(tasks.text()) tasks"])
        return .success
    }
}

internal import Glibc
internal import Model
internal import Synchronization

/// The jobs known by name: the files of one directory, read at the start and again on SIGHUP.
///
/// What stands in them is run as the daemon's user, so none counts that somebody else had a hand in.
final class JobFiles: Sendable {
    /// One job file, with its job or what is wrong with it.
    struct Entry: Sendable {
        let name: String
        let path: String
        /// The job as it was written, or why it cannot be submitted.
        var job: Result<JSONValue, InvalidInput>
    }

    /// Where the files are, and where their relative paths start.
    let directory: String
    private let isExpected: Bool
    private let entries: Mutex<[Entry]>

    /// Reads the job files in `directory`, which need not exist.
    ///
    /// - Parameter isExpected: whether somebody has named the directory, so that it is a problem if it is not there.
    init(directory: String, isExpected: Bool = false) {
        self.directory = directory
        self.isExpected = isExpected
        entries = Mutex(Self.read(directory))
    }

    /// Reads the files again.
    func reload() {
        let fresh = Self.read(directory)
        entries.withLock { $0 = fresh }
    }

    /// All job files by name.
    var all: [Entry] { entries.withLock { $0 } }

    /// What is wrong with the files: a directory that cannot be read, jobs that cannot be submitted, names given twice.
    var problems: [String] {
        let entries = all
        if entries.isEmpty {
            guard let stream = opendir(directory) else {
                return errno != ENOENT || isExpected ? ["\(directory): \(SystemError())"] : []
            }
            closedir(stream)
        }
        return entries.compactMap { entry in
            guard case .failure(let error) = entry.job else { return nil }
            return "\(entry.path): \(error)"
        }
    }

    /// The job file called `name`.
    subscript(name: String) -> Entry? {
        all.first { $0.name.isExactly(name) }
    }
}

extension JobFiles {
    private static let suffixes = [".yaml", ".yml", ".json"]

    private static func read(_ directory: String) -> [Entry] {
        var entries: [Entry] = []
        for file in DirectoryListing.names(at: directory) ?? [] {
            guard !file.hasPrefix("."), let suffix = suffixes.first(where: file.hasSuffix) else { continue }
            let path = directory + "/" + file
            entries.append(Entry(name: String(file.dropLast(suffix.count)), path: path, job: job(at: path)))
        }
        entries.sort { ($0.name, $0.path) < ($1.name, $1.path) }
        for (entry, next) in zip(entries, entries.indices.dropFirst()) where entry.name.isExactly(entries[next].name) {
            let message = "is hidden by \(entry.path), which has the same name"
            entries[next].job = .failure(InvalidInput(code: .field, path: "", message: message))
        }
        return entries
    }

    private static func job(at path: String) -> Result<JSONValue, InvalidInput> {
        do {
            let bytes = try TextFile.read(path, limit: 8 << 20, isTrusted: true)
            let value =
                try path.hasSuffix(".json")
                ? JSONParser.parse(bytes, allowsByteOrderMark: true) : YAMLDocument.value(bytes)
            _ = try Job(json: value)
            return .success(value)
        } catch let error as InvalidInput {
            return .failure(error)
        } catch {
            return .failure(InvalidInput(code: .syntax, path: "", message: "\(error)"))
        }
    }
}

internal import Glibc
internal import Jobs
internal import Model
internal import Store

/// Looks at what the daemon stands on, and says what is not well and what to do about it.
struct Diagnosis: Sendable {
    let configuration: Configuration

    /// A diagnosis of the daemon that was told `configuration`.
    init(_ configuration: Configuration) {
        self.configuration = configuration
    }
}

// MARK: - The daemon

extension Diagnosis {
    /// The process, and whether its program is still the one that is installed.
    func process(_ health: Health, isStopping: Bool) -> Finding {
        let uptime = Timestamp.now() - health.startedAt
        let program = "/proc/self/exe".linkTarget ?? ""
        // How the kernel writes a program whose file was removed or replaced (proc(5)).
        let isReplaced = program.hasSuffix(" (deleted)")
        return Finding(
            "daemon", isReplaced || isStopping ? .warn : .ok,
            "taskd \(Version.current), pid \(health.pid), up \(Int(uptime.seconds)) s"
                + (isStopping ? ", stopping" : isReplaced ? "; its program was replaced since it was started" : ""),
            advice: isStopping
                ? "ask again in a moment"
                : isReplaced ? "restart it to run the program that is installed now; running commands go on" : nil,
            facts: [
                "version": .string(Version.current), "pid": JSONValue(health.pid),
                "uptime_s": .int(Int64(uptime.seconds)), "program": .string(program), "replaced": .bool(isReplaced),
            ])
    }

    /// How close the daemon is to what it may use.
    ///
    /// - Parameter maximumRunning: how many tasks may run at once.
    func limits(running: Int, maximumRunning: Int, queued: Int) -> Finding {
        let process = ProcessFacts()
        let open = process.openDescriptors ?? 0
        let limit = Int(clamping: process.descriptorLimit)
        let isScarce = open > limit / 5 * 4 || maximumRunning < configuration.maximumRunning
        return Finding(
            "limits", isScarce ? .warn : .ok,
            "\(open) of \(limit) descriptors open; \(running) of \(maximumRunning) tasks run, \(queued) are queued",
            advice: isScarce
                ? "raise LimitNOFILE of the service; with too few, fewer clients connect and fewer tasks run at once"
                : nil,
            facts: [
                "descriptors": JSONValue(process.openDescriptors), "max_descriptors": JSONValue(limit),
                "running": JSONValue(running), "max_running": JSONValue(maximumRunning), "queued": JSONValue(queued),
                "resident_bytes": JSONValue(process.residentBytes),
            ])
    }

    /// The job files, and which of them cannot be used.
    func jobFiles(_ files: JobFiles) -> Finding {
        let problems = files.problems
        let (all, directory) = (files.all.count, files.directory)
        return Finding(
            "job_files", problems.isEmpty ? .ok : .warn,
            "\(all) job files in \(directory)" + problems.map { "; \($0)" }.joined(),
            advice: problems.isEmpty ? nil : "mend them and send SIGHUP to the daemon, or it does not know these jobs",
            facts: [
                "directory": .string(directory), "files": JSONValue(all),
                "problems": .array(problems.map(JSONValue.string)),
            ])
    }

    /// What systemd does for the daemon; nothing where it did not start it.
    func systemd() -> [Finding] {
        let environment = Configuration.environment()
        guard environment["INVOCATION_ID"] != nil else { return [] }
        let watchdog = environment["WATCHDOG_USEC"].flatMap { Int64($0) }
        let isActivated = environment["LISTEN_FDS"] != nil
        let words = [
            watchdog.map { "watchdog every \($0 / 1_000_000) s" } ?? "no watchdog",
            isActivated ? "its socket is systemd's" : "its socket is its own",
        ]
        return [
            Finding(
                "systemd", .ok, "a service of systemd: " + words.joined(separator: ", "),
                facts: ["watchdog_us": JSONValue(watchdog), "socket_activated": .bool(isActivated)])
        ]
    }
}

// MARK: - What commands run under

extension Diagnosis {
    /// The program that commands run under, and whether it can hide the state directory from them.
    func shim() async -> Finding {
        do throws(DaemonError) {
            let path = try Shim.path(given: configuration.shimPath)
            do throws(ExceptionInfo) {
                return Self.finding(try await ShimFacts(askedAt: path), path)
            } catch {
                return Finding(
                    "shim", .warn, "\(path) \(error.message)", advice: "install the shim that belongs to this taskd",
                    facts: ["path": .string(path)])
            }
        } catch {
            return Finding(
                "shim", .fail, error.message, advice: "install taskd-shim beside taskd: no command can be started")
        }
    }

    private static func finding(_ shim: ShimFacts, _ path: String) -> Finding {
        let isSame = shim.version == Version.current
        let hides = shim.landlock >= 3 && shim.forbidsNewPrivileges
        return Finding(
            "shim", isSame ? .ok : .warn,
            "\(path), version \(shim.version); "
                + (hides
                    ? "commands may be kept out of the state directory"
                    : "commands are not kept out of the state directory"),
            advice: isSame ? nil : "install the shim of version \(Version.current), which belongs to this taskd",
            facts: [
                "path": .string(path), "version": .string(shim.version), "landlock": JSONValue(shim.landlock),
                "no_new_privs": .bool(shim.forbidsNewPrivileges),
            ])
    }

    /// Whether commands get control groups of their own.
    func cgroup() -> Finding {
        guard let cgroup = Executor.delegatedCgroup() else {
            return Finding(
                "cgroup", .ok, "no control group was delegated: process groups and a subreaper keep commands together",
                facts: ["path": .null])
        }
        return Finding(
            "cgroup", .ok, "each command has a control group below \(cgroup)", facts: ["path": .string(cgroup)])
    }
}

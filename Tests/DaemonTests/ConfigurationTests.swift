import Glibc
import Logging
import Model
import Testing

@testable import Daemon

struct ConfigurationTests {
    private let home = ["HOME": "/home/ada"]

    @Test func takesTheFlagBeforeTheVariableBeforeTheFileBeforeTheDefault() throws {
        try withDirectory { directory in
            let file = directory + "/taskd.yaml"
            try write("max_running: 3\nlog_level: debug\nstate_dir: /srv/file\n", to: file)
            let environment = ["HOME": "/home/ada", "TASKD_MAX_RUNNING": "5", "TASKD_STATE_DIR": "/srv/variable"]
            let configuration = try Configuration.resolve(
                flags: [.config: file, .maximumRunning: "7"], environment: environment)
            #expect(configuration.maximumRunning == 7)
            #expect(configuration.stateDirectory == "/srv/variable")
            #expect(configuration.logLevel == .debug)
        }
    }

    @Test func findsItsDirectoriesAsSystemdAndTheDesktopNameThem() throws {
        let byHome = try Configuration.resolve(flags: [:], environment: home)
        #expect(byHome.stateDirectory == "/home/ada/.local/state/taskd")
        #expect(byHome.socketPath == "/home/ada/.local/state/taskd/taskd.sock")
        #expect(byHome.jobsDirectory == "/home/ada/.local/state/taskd/jobs")
        let desktop = ["XDG_STATE_HOME": "/x/state", "XDG_RUNTIME_DIR": "/run/user/7"]
        let byDesktop = try Configuration.resolve(flags: [:], environment: desktop)
        #expect(byDesktop.stateDirectory == "/x/state/taskd")
        #expect(byDesktop.socketPath == "/run/user/7/taskd/taskd.sock")
        let systemd = ["STATE_DIRECTORY": "/var/lib/taskd", "RUNTIME_DIRECTORY": "/run/taskd", "HOME": "/root"]
        let bySystemd = try Configuration.resolve(flags: [:], environment: systemd)
        let several = try Configuration.resolve(
            flags: [:],
            environment: ["STATE_DIRECTORY": "/var/lib/taskd:/var/lib/other", "RUNTIME_DIRECTORY": "/run/taskd:/run/x"])
        #expect(several.stateDirectory == "/var/lib/taskd" && several.socketPath == "/run/taskd/taskd.sock")
        let relative = ["HOME": "/home/ada", "XDG_STATE_HOME": "state", "XDG_RUNTIME_DIR": "./run"]
        let withoutRelative = try Configuration.resolve(flags: [:], environment: relative)
        #expect(withoutRelative.stateDirectory == byHome.stateDirectory)
        #expect(withoutRelative.socketPath == byHome.socketPath)
        #expect(bySystemd.storePath == "/var/lib/taskd/history.sqlite")
        #expect(bySystemd.socketPath == "/run/taskd/taskd.sock")
    }

    @Test(arguments: [
        (Configuration.Setting.maximumRunning, "0", "max_running"), (.maximumRunning, "many", "max_running"),
        (.logLevel, "loud", "log_level: \"loud\" is not one of: trace, "), (.logFormat, "xml", "log_format: "),
        (.onStop, "wait", "on_stop: \"wait\" is not one of: leave, cancel"), (.stopLimit, "soon", "stop_limit"),
        (.keepAge, "old", "keep_age"), (.keepCount, "-1", "keep_count: must"), (.keepBytes, "all", "keep_bytes: "),
        (.socket, "/" + String(repeating: "s", count: 107), "socket"), (.stateDirectory, "~/taskd", "~/taskd"),
    ])
    func refusesAWrongSettingByName(setting: Configuration.Setting, value: String, name: String) {
        let error = #expect(throws: DaemonError.self) {
            try Configuration.resolve(flags: [setting: value], environment: home)
        }
        #expect(error?.code == .usage)
        #expect(error?.message.hasPrefix(name) == true)
    }

    @Test(arguments: [("TASKD_ROLES", "[]", "roles: expected"), ("TASKD_LIMITS", "{", "limits: not JSON")])
    func namesAWrongObjectOnce(variable: String, value: String, beginning: String) {
        let error = #expect(throws: DaemonError.self) {
            try Configuration.resolve(flags: [:], environment: home.merging([variable: value]) { $1 })
        }
        #expect(error?.message.hasPrefix(beginning) == true, "\(error?.message ?? "")")
    }

    @Test(arguments: ["colour: red\n", "- a list\n", "max_running: [\n", "config: other.yaml\n"])
    func refusesAFileItDoesNotUnderstandNamingIt(text: String) throws {
        try withDirectory { directory in
            let file = directory + "/taskd.yaml"
            try write(text, to: file)
            let error = #expect(throws: DaemonError.self) {
                try Configuration.resolve(flags: [.config: file], environment: home)
            }
            #expect(error?.message.hasPrefix(file) == true)
        }
    }

    @Test func refusesAMissingFileAndADirectory() throws {
        try withDirectory { directory in
            for path in [directory, directory + "/none.yaml"] {
                let error = #expect(throws: DaemonError.self) {
                    try Configuration.resolve(flags: [.config: path], environment: home)
                }
                #expect(error?.message.hasPrefix(path) == true)
            }
        }
    }

    @Test func takesRolesAndLimitsFromTheFileAndFromVariables() throws {
        try withDirectory { directory in
            let file = directory + "/taskd.yaml"
            try write("roles:\n  read: {users: [7]}\nlimits: {running: 3}\n", to: file)
            let byFile = try Configuration.resolve(flags: [.config: file], environment: home)
            #expect(byFile.grants?.roles(of: 7, in: []) == .read)
            #expect(byFile.limits.running == 3)
            let environment = [
                "HOME": "/", "TASKD_ROLES": #"{"own": {"groups": [8]}}"#, "TASKD_LIMITS": #"{"waiters": 1}"#,
            ]
            let byVariable = try Configuration.resolve(flags: [.config: file], environment: environment)
            #expect(byVariable.grants?.roles(of: 7, in: [8]) == .own)
            #expect(byVariable.limits.waiters == 1)
        }
    }

    /// Who may write it decides what runs as whom.
    @Test(arguments: [0o620 as mode_t, 0o602, 0o666])
    func refusesAFileThatOthersMayWrite(mode: mode_t) throws {
        try withDirectory { directory in
            let file = directory + "/taskd.yaml"
            try write("max_running: 3\n", to: file)
            #expect(try Configuration.resolve(flags: [.config: file], environment: home).maximumRunning == 3)
            chmod(file, mode)
            let error = #expect(throws: DaemonError.self) {
                try Configuration.resolve(flags: [.config: file], environment: home)
            }
            #expect(error?.message.hasPrefix(file) == true && error?.message.contains("chmod go-w") == true)
        }
    }

    @Test(.enabled(if: getuid() == 0, "needs root, to give a file away"))
    func refusesAFileOfAnotherUser() throws {
        try withDirectory { directory in
            let file = directory + "/taskd.yaml"
            try write("max_running: 3\n", to: file)
            chown(file, 65_534, 65_534)
            let error = #expect(throws: DaemonError.self) {
                try Configuration.resolve(flags: [.config: file], environment: home)
            }
            #expect(error?.message.contains("belongs to user 65534") == true)
        }
    }

    @Test func needsSomewhereToKeepItsState() {
        #expect(throws: DaemonError.self) { try Configuration.resolve(flags: [:], environment: [:]) }
    }
}

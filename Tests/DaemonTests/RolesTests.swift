import Model
import Testing

@testable import Daemon

struct RolesTests {
    static let reaches: [(caller: Roles, route: Roles, reach: Roles.Reach?)] = [
        (.admin, .admin, .everyTask), (.admin, [], .everyTask), (.admin, .own, .everyTask),
        (.read, [.read, .own], .everyTask), (.read, .own, nil), (.read, .submit, nil), (.read, .admin, nil),
        (.own, [.read, .own], .ownTasks), (.own, .own, .ownTasks), (.own, .submit, nil), (.own, .admin, nil),
        ([.submit, .own], .submit, .ownTasks), ([.submit, .own], [.read, .own], .ownTasks),
        ([.submit, .own], [.read, .submit], .ownTasks), ([.read, .own], [.read, .own], .everyTask),
        ([.read, .own], .own, .ownTasks), ([], [.read, .own], nil), ([], [], nil), (.read, [], nil),
    ]

    @Test(arguments: reaches)
    func reachWhatTheirRouteAllows(caller: Roles, route: Roles, reach: Roles.Reach?) {
        #expect(caller.reach(on: route) == reach)
    }

    @Test func noRouteIsForNobody() {
        for route in Routes.listing {
            #expect(route.roles != .admin || Self.adminRoutes.contains(route.path), "\(route)")
        }
    }

    /// What concerns everybody's tasks, or writes a file as the daemon's user.
    private static let adminRoutes = ["/v1/prune", "/v1/backup", "/v1/queues/:name"]

    @Test func userAndGroupsAddUp() throws {
        let grants = try Grants(
            field: Field([
                "admin": ["users": ["daemon"]], "submit": ["groups": [77]],
                "read": ["users": [5], "groups": ["daemon"]],
                "own": .null,
            ]))
        #expect(grants.roles(of: 0, in: []) == .admin, "root does everything")
        #expect(grants.roles(of: 1, in: []) == .admin, "daemon is user 1 of every Debian")
        #expect(grants.roles(of: 5, in: [6, 77]) == [.read, .submit, .own])
        #expect(grants.roles(of: 6, in: [1]) == .read)
        #expect(grants.roles(of: 6, in: [6]) == [])
        #expect(Grants().granting(submitTo: 9).roles(of: 6, in: [9]) == [.submit, .own])
        #expect(Grants().granting(submitTo: nil).roles(of: 6, in: [9]) == [])
    }

    @Test(arguments: [
        (#"{"boss": {}}"#, "boss"), (#"{"read": {"user": []}}"#, "roles.read.user"), (#"{"read": []}"#, "roles.read"),
        (#"{"read": {"users": ["nobody-of-that-name"]}}"#, "roles.read.users[0]"),
        (#"{"read": {"users": [-1]}}"#, "roles.read.users[0]"),
        (#"{"read": {"groups": [4294967295]}}"#, "roles.read.groups[0]"), ("[", "JSON"),
    ])
    func refusesRolesItDoesNotUnderstand(text: String, names: String) {
        let error = #expect(throws: DaemonError.self) { try configuration("TASKD_ROLES", text) }
        #expect(error?.code == .usage)
        #expect(error?.message.contains(names) == true, "\(error?.message ?? "")")
    }

    @Test func limitsHaveDefaultsAndBounds() throws {
        let limits = try configuration("TASKD_LIMITS", #"{"running": 3, "job_bytes": 7}"#).limits
        #expect(limits.running == 3 && limits.jobBytes == 7 && limits.unfinished == UserLimits().unfinished)
        for text in [#"{"running": 0}"#, #"{"fun": 1}"#, #"{"running": "many"}"#, "3"] {
            #expect(throws: DaemonError.self) { try configuration("TASKD_LIMITS", text) }
        }
    }

    private func configuration(_ variable: String, _ value: String) throws -> Configuration {
        try Configuration.resolve(flags: [:], environment: ["HOME": "/", variable: value])
    }

    @Test func aPlaceIsFreeWhenItsLeaseGoes() throws {
        let quota = UserQuota(capacity: 3)
        var held = [try quota.take(1, limit: 2), try quota.take(1, limit: 2)]
        #expect(throws: UserQuota.Refusal.userIsFull) { try quota.take(1, limit: 2) }
        held.append(try quota.take(2, limit: 2))
        #expect(throws: UserQuota.Refusal.allAreTaken) { try quota.take(3, limit: 2) }
        held.removeFirst()
        held.append(try quota.take(1, limit: 2))
        #expect(quota.count == 3)
        held = []
        #expect(quota.count == 0)
    }
}

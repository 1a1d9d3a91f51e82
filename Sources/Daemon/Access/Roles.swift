/// What a caller may do, and whom a route is for.
struct Roles: OptionSet, Sendable, Hashable {
    let rawValue: UInt8

    /// Sees every task, its events and its output, and changes nothing.
    static let read = Roles(rawValue: 1)
    /// Sees and steers the tasks that the caller has submitted; to others' there is nothing.
    static let own = Roles(rawValue: 2)
    /// Submits tasks.
    static let submit = Roles(rawValue: 4)
    /// Does everything, and to every task. No route has to name it.
    static let admin = Roles(rawValue: 8)

    /// Each role by the name that settings and documents give it.
    static let named: [(name: String, role: Roles)] = [
        ("read", .read), ("own", .own), ("submit", .submit), ("admin", .admin),
    ]

    /// The names of the roles.
    var names: [String] { Self.named.filter { contains($0.role) }.map(\.name) }
}

extension Roles {
    /// Which tasks a request is about.
    enum Reach: Sendable, Hashable {
        case everyTask
        case ownTasks
    }

    /// How far a caller with these roles gets on a route for `route`; `nil` for not at all.
    func reach(on route: Roles) -> Reach? {
        if contains(.admin) || contains(.read) && route.contains(.read) { return .everyTask }
        return isDisjoint(with: route) ? nil : .ownTasks
    }
}

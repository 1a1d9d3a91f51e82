/// Who submitted a task, as the kernel says (`SO_PEERCRED`, unix(7)); never what the client claims.
package struct Submitter: Sendable, Hashable {
    /// User id.
    package let uid: UInt32
    /// Group id.
    package let gid: UInt32
    /// Process id at the time of connecting; for display, never for decisions.
    package let pid: Int32

    /// A submitter known by its credentials.
    package init(uid: UInt32, gid: UInt32, pid: Int32) {
        self.uid = uid
        self.gid = gid
        self.pid = pid
    }

    /// The credentials as they stand in a task.
    package var json: JSONValue {
        ["uid": .int(Int64(uid)), "gid": .int(Int64(gid)), "pid": .int(Int64(pid))]
    }
}

internal import Hummingbird
internal import Logging
internal import Model
internal import NIOCore

/// What a route knows of a request beyond the request itself.
struct ConnectionContext: RequestContext {
    /// What a context is made from.
    struct Source: RequestContextSource {
        let logger: Logger
        let caller: Caller
    }

    /// The largest body that a request may have at all, in bytes: one that submits, or writes to a command.
    static let maximumBody = 8 << 20
    /// The largest of one that waits: as many tasks as one may name take less, with 19 digits each.
    static let maximumWait = 2 << 20
    /// The largest of any other, which says what is to be done in a few words.
    static let maximumOrder = 64 << 10

    var coreContext: CoreRequestContextStorage
    /// Who is at the other end, and what they may do.
    let caller: Caller
    /// The query's values by name, once the route is known.
    var query: [String: Field] = [:]

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        caller = source.caller
    }

    /// Who is at the other end, as the kernel says.
    var submitter: Submitter? { caller.submitter }

    var maxUploadSize: Int { Self.maximumBody }
}

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

    /// The largest body a request may have, in bytes.
    static let maximumBody = 8 << 20

    var coreContext: CoreRequestContextStorage
    /// Who is at the other end, and what they may do.
    let caller: Caller

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        caller = source.caller
    }

    /// Who is at the other end, as the kernel says.
    var submitter: Submitter? { caller.submitter }

    var maxUploadSize: Int { Self.maximumBody }
}

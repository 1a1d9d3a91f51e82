internal import Hummingbird
internal import Logging
internal import Model
internal import NIOCore

/// What a route knows of a request beyond the request itself.
struct ConnectionContext: RequestContext {
    /// What a context is made from.
    struct Source: RequestContextSource {
        let logger: Logger
        let submitter: Submitter?
    }

    /// The largest body a request may have, in bytes.
    static let maximumBody = 8 << 20

    var coreContext: CoreRequestContextStorage
    /// Who is at the other end, as the kernel says.
    let submitter: Submitter?

    init(source: Source) {
        coreContext = CoreRequestContextStorage(source: source)
        submitter = source.submitter
    }

    var maxUploadSize: Int { Self.maximumBody }
}

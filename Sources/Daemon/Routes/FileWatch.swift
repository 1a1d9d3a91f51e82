internal import Dispatch
internal import Glibc

/// Tells when a file is written to, pushed by the kernel (inotify(7)).
struct FileWatch {
    private let source: any DispatchSourceRead

    /// Watches the file at `path`; `nil` when it cannot be watched, because it is not there or no watch is left.
    init?(path: String, _ changed: @escaping @Sendable () -> Void) {
        let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard descriptor >= 0 else { return nil }
        guard inotify_add_watch(descriptor, path, UInt32(IN_MODIFY)) >= 0 else {
            close(descriptor)
            return nil
        }
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: .global())
        source.setEventHandler {
            var events = [UInt8](repeating: 0, count: 4096)
            while Glibc.read(descriptor, &events, events.count) > 0 {}
            changed()
        }
        source.setCancelHandler { close(descriptor) }
        source.activate()
    }

    /// Ends the watch.
    func cancel() {
        source.cancel()
    }
}

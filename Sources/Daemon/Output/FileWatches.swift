// A source may be cancelled from any thread; its type does not say so.
@preconcurrency internal import Dispatch
internal import Glibc
internal import Synchronization

/// Tells when files are made, written to or removed, pushed by the kernel (inotify(7)).
///
/// A user may have no more than 128 inotify instances, so one serves all readers, and an idle daemon has none. A file that is
/// not there yet is waited for at the nearest directory above it.
final class FileWatches: Sendable {
    private struct Watch {
        /// The file that somebody wants to know of.
        let path: String
        /// What is watched: the file, or a directory above it; negative for nothing.
        var number: Int32 = -1
        let changed: AsyncStream<Void>.Continuation
    }

    private struct State {
        var instance: Instance?
        var watches: [Int: Watch] = [:]
        var lastKey = 0
    }

    private static let interest = UInt32(IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF)
    private static let moves = UInt32(IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)
    /// How often a file is looked at that the kernel does not tell of.
    private static let pollInterval = Duration.seconds(1)

    private let state = Mutex(State())

    /// An element whenever the file at `path`, absolute, may have changed; changes between two looks count as one.
    ///
    /// The watch begins before this returns and ends with the stream. When the user has no watch left, there is an element
    /// every second.
    func changes(of path: String) -> AsyncStream<Void> {
        let (changes, changed) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
        let key: Int? = state.withLock { state in
            if state.instance == nil { state.instance = Instance { [weak self] in self?.attend(to: $0) } }
            state.lastKey += 1
            state.watches[state.lastKey] = Watch(path: path, changed: changed)
            return place(state.lastKey, in: &state) ? state.lastKey : nil
        }
        if let key {
            changed.onTermination = { [weak self] _ in self?.remove(key) }
        } else {
            Self.poll(changed)
        }
        return changes
    }

    private static func poll(_ changed: AsyncStream<Void>.Continuation) {
        let polling = Task {
            while (try? await Task.sleep(for: pollInterval)) != nil {
                if case .terminated = changed.yield() { return }
            }
        }
        changed.onTermination = { _ in polling.cancel() }
    }

    private func remove(_ key: Int) {
        state.withLock { state in
            guard let watch = state.watches.removeValue(forKey: key) else { return }
            unwatch(watch.number, in: state)
            if state.watches.isEmpty { state.instance = nil }
        }
    }

    private func unwatch(_ number: Int32, in state: State) {
        guard number >= 0, !state.watches.values.contains(where: { $0.number == number }) else { return }
        state.instance?.remove(number)
    }

    /// Watches the file, or else the nearest directory above it.
    ///
    /// - Returns: whether it could; otherwise the watch is removed.
    private func place(_ key: Int, in state: inout State) -> Bool {
        guard let watch = state.watches[key] else { return false }
        let number = state.instance?.add(nearest: watch.path, Self.interest) ?? -1
        state.watches[key]?.number = number
        if watch.number != number { unwatch(watch.number, in: state) }
        if number < 0 { state.watches[key] = nil }
        return number >= 0
    }

    private func attend(to event: inotify_event) {
        let (changed, unwatched) = state.withLock { state in
            // The kernel's queue was full: any of them may have changed.
            let isOverflow = event.mask & UInt32(IN_Q_OVERFLOW) != 0
            let concerned = state.watches.filter { isOverflow || $0.value.number == event.wd }
            let hasMoved = isOverflow || event.mask & Self.moves != 0
            let unwatched = concerned.filter { hasMoved && !place($0.key, in: &state) }
            return (concerned.values.map(\.changed), unwatched.values.map(\.changed))
        }
        for changed in changed { changed.yield() }
        for changed in unwatched { Self.poll(changed) }
    }
}

/// An inotify instance, closed with the value.
private final class Instance: Sendable {
    private let descriptor: Int32
    private let source: any DispatchSourceRead

    /// An instance that calls `heard` with each event, on a queue of its own; `nil` when the user has none left.
    init?(_ heard: @escaping @Sendable (inotify_event) -> Void) {
        let descriptor = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard descriptor >= 0 else { return nil }
        self.descriptor = descriptor
        source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: DispatchQueue(label: "taskd.files"))
        source.setEventHandler { Self.readEvents(from: descriptor, heard) }
        source.setCancelHandler { close(descriptor) }
        source.activate()
    }

    deinit {
        source.cancel()
    }

    func remove(_ number: Int32) {
        inotify_rm_watch(descriptor, number)
    }

    /// Watches the file at `path`, or the nearest directory above it that is there.
    ///
    /// - Returns: the number of the watch; negative when there is none left, or one may not look there.
    func add(nearest path: String, _ interest: UInt32) -> Int32 {
        let number = inotify_add_watch(descriptor, path, interest)
        if number >= 0 || errno != ENOENT { return number }
        guard let slash = path.lastIndex(of: "/"), slash > path.startIndex else { return -1 }
        let above = add(nearest: String(path[..<slash]), interest)
        // It may have been made between the two calls; what is made from now on, the watch above tells of.
        guard above >= 0, access(path, F_OK) == 0 else { return above }
        return inotify_add_watch(descriptor, path, interest)
    }

    private static func readEvents(from descriptor: Int32, _ heard: (inotify_event) -> Void) {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        while case let count = read(descriptor, &buffer, buffer.count), count > 0 {
            buffer.withUnsafeBytes { bytes in
                var offset = 0
                while offset + MemoryLayout<inotify_event>.size <= count {
                    let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                    offset += MemoryLayout<inotify_event>.size + Int(event.len)
                    heard(event)
                }
            }
        }
    }
}

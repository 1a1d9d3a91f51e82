internal import CLinux

/// The settings of the C library's allocator.
enum Allocator {
    /// Keeps a daemon that has been busy as small as one that has not.
    ///
    /// By default every thread keeps memory of its own that nobody else reuses, and the size from which memory goes back
    /// to the system grows with use (mallopt(3)). With two arenas and a fixed size, 10,000 finished tasks leave 8 MiB less.
    /// Much below 1 MiB, answers of usual size are mapped and unmapped page by page, which costs a fifth of the processor.
    static func keepSmall() {
        mallopt(M_ARENA_MAX, 2)
        mallopt(M_MMAP_THRESHOLD, 1 << 20)
        mallopt(M_TRIM_THRESHOLD, 1 << 20)
    }
}

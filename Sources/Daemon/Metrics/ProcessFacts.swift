internal import Glibc
internal import Model
// Where timeval stands when the standard library is linked statically.
internal import SwiftOverlayShims

/// What the kernel tells of this process (proc(5), getrusage(2)).
struct ProcessFacts: Sendable {
    /// Bytes of memory that are in RAM; `nil` when the kernel does not tell.
    let residentBytes: Int64?
    /// Descriptors that are open; `nil` when they cannot be counted.
    let openDescriptors: Int?
    /// How many may be.
    let descriptorLimit: UInt64
    /// Seconds on a processor, in the process's own code and in the kernel for it.
    let processorSeconds: Double

    /// The facts as they are now.
    init() {
        residentBytes = Self.residentPages().map { $0 * Int64(sysconf(Int32(_SC_PAGESIZE))) }
        openDescriptors = Self.entries(of: "/proc/self/fd").map { max($0 - 1, 0) }
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        descriptorLimit = UInt64(limit.rlim_cur)
        var usage = rusage()
        getrusage(RUSAGE_SELF.rawValue, &usage)
        processorSeconds = [usage.ru_utime, usage.ru_stime].reduce(0) {
            $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6
        }
    }

    private static func residentPages() -> Int64? {
        guard let bytes = try? TextFile.read("/proc/self/statm", limit: 4096) else { return nil }
        return String(decoding: bytes, as: UTF8.self).split(separator: " ").dropFirst().first.flatMap { Int64($0) }
    }

    /// How many entries a directory has, but for itself and its parent.
    private static func entries(of path: String) -> Int? { DirectoryListing.names(at: path)?.count }
}

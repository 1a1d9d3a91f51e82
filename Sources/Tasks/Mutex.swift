#if THREAD_SANITIZER
internal import Glibc

/// The lock of builds for ThreadSanitizer, which sees the C library's locks and not those of `Synchronization`: that
/// library is not instrumented, and every access to a value it guards is reported as a race. `make sanitize` sets the
/// condition.
struct Mutex<Value>: ~Copyable, @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let value = UnsafeMutablePointer<Value>.allocate(capacity: 1)

    init(_ initialValue: consuming sending Value) {
        pthread_mutex_init(lock, nil)
        value.initialize(to: initialValue)
    }

    deinit {
        value.deinitialize(count: 1)
        value.deallocate()
        pthread_mutex_destroy(lock)
        lock.deallocate()
    }

    borrowing func withLock<Answer, Failure>(
        _ body: (inout sending Value) throws(Failure) -> sending Answer
    ) throws(Failure) -> sending Answer {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        return try body(&value.pointee)
    }
}
#else
internal import Synchronization

typealias Mutex = Synchronization.Mutex
#endif

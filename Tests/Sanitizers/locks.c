// Tells ThreadSanitizer of the locks of Swift's Synchronization library.
//
// The fast path of a Mutex is compiled into our code, where the sanitizer sees it. The slow one is in a library that was
// not built for it: a lock handed over there would look like none, and what it guards like a race. Linked into the
// program, these functions stand before the library's, and say what those do. Their names are Swift's for
// _MutexHandle._lockSlow(UInt32), ._tryLockSlow() and ._unlockSlow(), in swift's stdlib/public/Synchronization/Mutex.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

// sanitizer/tsan_interface.h
void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define SWIFT __attribute__((swiftcall))
#define SELF __attribute__((swift_context)) void *handle

#define LOCK "$s15Synchronization12_MutexHandleV9_lockSlowyys6UInt32VF"
#define TRY_LOCK "$s15Synchronization12_MutexHandleV12_tryLockSlowSbyF"
#define UNLOCK "$s15Synchronization12_MutexHandleV11_unlockSlowyyF"

SWIFT void lock_slow(uint32_t thread, SELF) __asm__(LOCK);
SWIFT bool try_lock_slow(SELF) __asm__(TRY_LOCK);
SWIFT void unlock_slow(SELF) __asm__(UNLOCK);

static void *original(const char *name) {
    void *function = dlsym(RTLD_NEXT, name);
    if (!function) abort();
    return function;
}

SWIFT void lock_slow(uint32_t thread, SELF) {
    static SWIFT void (*next)(uint32_t, SELF);
    if (!next) next = original(LOCK);
    next(thread, handle);
    __tsan_acquire(handle);
}

SWIFT bool try_lock_slow(SELF) {
    static SWIFT bool (*next)(SELF);
    if (!next) next = original(TRY_LOCK);
    bool locked = next(handle);
    if (locked) __tsan_acquire(handle);
    return locked;
}

SWIFT void unlock_slow(SELF) {
    static SWIFT void (*next)(SELF);
    if (!next) next = original(UNLOCK);
    __tsan_release(handle);
    next(handle);
}

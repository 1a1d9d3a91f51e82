/* What the Glibc module leaves out: the allocator's settings, mallopt(3), functions of variable arguments, and of Linux alone. */
#include <linux/falloc.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* Keeps other processes of the same user out of this one's memory, variables and descriptors (PR_SET_DUMPABLE, prctl(2));
 * its own look into /proc/self is not affected. Answers 0, or -1 with errno. */
static inline int hide_process(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/* Takes the room on the disk for the first `length` bytes of `file`, which is not made longer (fallocate(2)). Answers 0, or
 * -1 with errno. */
static inline int hold_room(int file, long length) {
    return (int)syscall(SYS_fallocate, file, FALLOC_FL_KEEP_SIZE, 0L, length);
}

/* A descriptor for the process `number`, by which no other is meant once that one is gone (pidfd_open(2)). Answers it, or -1
 * with errno. */
static inline int open_process(int number) { return (int)syscall(SYS_pidfd_open, number, 0); }

/* Sends `signal` to the process of such a descriptor. Answers 0, or -1 with errno. */
static inline int signal_process(int process, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, process, signal, (void *)0, 0);
}

/* A descriptor from which a read returns when the system's clock is set: it then fails with ECANCELED (timerfd_create(2)).
 * Answers it, or -1 with errno. */
static inline int watch_clock(void) {
    const struct itimerspec never = {.it_value.tv_sec = INT64_MAX};
    const int timer = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC);
    if (timer >= 0 && timerfd_settime(timer, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, (void *)0) < 0) {
        close(timer);
        return -1;
    }
    return timer;
}

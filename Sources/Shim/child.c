#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static void fail(int failed, const char *step) {
    struct failure failure = {.number = errno};
    strncpy(failure.step, step, sizeof failure.step - 1);
    if (write(failed, &failure, sizeof failure) < 0) _exit(126);
    _exit(127);
}

void signals_reset(void) {
    // Not with signal(3), which keeps two numbers for the C library's threads; they may be ignored all the same.
    const struct { void *handler; unsigned long flags; void *restorer; unsigned long mask; } plain = {0};
    for (int number = 1; number < NSIG; number++) syscall(SYS_rt_sigaction, number, &plain, NULL, sizeof plain.mask);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

// A daemon that asked the kernel to spare it did not ask for its commands.
static void forget_memory_privilege(void) {
    char text[16] = "";
    int file = open("/proc/self/oom_score_adj", O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    if (read(file, text, sizeof text - 1) > 0 && text[0] == '-' && pwrite(file, "0", 1, 0) < 0) {}
    close(file);
}

// As execvp(3) searches, with the command's own PATH, and without its habit of feeding anything unknown to a shell.
static void execute(char **arguments) {
    const char *name = arguments[0];
    if (strchr(name, '/')) {
        execve(name, arguments, environ);
        return;
    }
    const char *path = getenv("PATH");
    bool denied = false;
    char full[4200];
    errno = ENOENT;
    for (const char *part = path ? path : "/usr/bin:/bin"; part; part = *part ? part + 1 : NULL) {
        size_t length = strcspn(part, ":");
        int written = snprintf(full, sizeof full, "%.*s%s%s", (int)length, part, length ? "/" : "", name);
        if (written > 0 && written < (int)sizeof full) execve(full, arguments, environ);
        else errno = ENAMETOOLONG;
        if (errno == EACCES) denied = true;
        else if (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG) return;
        part += length;
    }
    errno = denied ? EACCES : ENOENT;
}

// The daemon raises its own limit for its clients. A program that uses select(2) must not inherit that; one that wants
// more raises it itself, up to the hard limit.
static void limit_open_files(void) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur <= FD_SETSIZE) return;
    limit.rlim_cur = FD_SETSIZE;
    setrlimit(RLIMIT_NOFILE, &limit);
}

// What the daemon is allowed and its commands are not.
void child_forget(void) {
    prctl(PR_SET_DUMPABLE, 1);
    forget_memory_privilege();
    limit_open_files();
}

// Returns only when it cannot, with errno.
void child_execute(char **arguments) {
    signals_reset();
    execute(arguments);
}

// From here on we are killed with our parent, who may be gone already and have told us before to go on.
void child_tie(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) _exit(127);
}

void child_start(const struct options *options, bool hide_state, int go, int failed, int progress) {
    char released;
    if (read(go, &released, 1) != 1) _exit(127);
    child_forget();
    if (setsid() < 0) fail(failed, "session");
    if (dup2(progress, JOB_PROGRESS_FD) < 0) fail(failed, "progress");
    if (options->priority && setpriority(PRIO_PROCESS, 0, options->priority) < 0) fail(failed, "nice");
    umask(options->mask);
    if (chdir(options->working) < 0) fail(failed, "cwd");
    if (hide_state && !hide(options->hidden, options->directory)) fail(failed, "landlock");
    for (int i = 0; i < options->limit_count; i++) {
        struct rlimit limit = {options->limits[i].value, options->limits[i].value};
        // XCPU first, which says why, and KILL a second later, where we may.
        struct rlimit later = {limit.rlim_cur, limit.rlim_max + 1};
        if (options->limits[i].resource == RLIMIT_CPU && setrlimit(RLIMIT_CPU, &later) == 0) continue;
        if (setrlimit(options->limits[i].resource, &limit) < 0) fail(failed, "rlimits");
    }
    child_execute(options->arguments);
    fail(failed, "exec");
}

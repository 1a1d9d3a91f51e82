#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

// Why nothing was run: a zero byte, which tells it from what a program says, the step and its errno.
static int fail(const char *step) {
    dprintf(STDERR_FILENO, "%c%s %d\n", 0, step, errno);
    return 127;
}

static bool take_number(const char *text, int64_t least, int64_t most, int64_t *number) {
    char *end;
    errno = 0;
    *number = strtoll(text, &end, 10);
    return errno == 0 && end != text && !*end && *number >= least && *number <= most;
}

// The program leads a group and a session of its own, and is gone should we be killed.
static pid_t start(const char *hidden, char **arguments) {
    pid_t parent = getpid(), pid = fork();
    if (pid != 0) return pid;
    child_tie(parent);
    setsid();
    child_forget();
    char working[4200];
    if (!getcwd(working, sizeof working)) _exit(fail("cwd"));
    if (hide_possible(hidden, working) && !hide(hidden, NULL)) _exit(fail("landlock"));
    child_execute(arguments);
    _exit(fail("exec"));
}

// As the program ended, so that whoever waits for us sees it.
static int end_as(int status) {
    if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
    signals_reset();
    raise(WTERMSIG(status));
    return 128 + WTERMSIG(status);
}

// Runs a program that must not outlive `owner`, who started us, and of which nothing must outlive it. TERM ends it and all
// that it has started, within the grace. What is in `hidden` is none of its business.
int leash(const char *owner, const char *grace, const char *hidden, char **arguments) {
    int64_t parent, milliseconds;
    if (!take_number(owner, 1, INT32_MAX, &parent) || !take_number(grace, 0, INT64_MAX / 2, &milliseconds)) return 64;
    tree_own();
    int life = process_open((pid_t)parent);
    if (life < 0) return fail("watch");
    // What is no parent of ours any more may be another process of its number.
    if (getppid() != (pid_t)parent) return 127;
    sigset_t heard;
    sigemptyset(&heard);
    sigaddset(&heard, SIGCHLD);
    sigaddset(&heard, SIGTERM);
    int signals = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
    if (signals < 0) return fail("listen");
    struct tree tree = {.pid = start(hidden, arguments), .grace = milliseconds};
    if (tree.pid < 0) return fail("fork");
    tree.pidfd = process_open(tree.pid);
    // Whoever reads what it writes is to see its end, and not ours.
    for (int stream = 0; stream < 3; stream++) close(stream);
    struct pollfd polls[2] = {{.fd = signals, .events = POLLIN}, {.fd = life, .events = POLLIN}};
    while (tree_reap(&tree)) {
        if (tree.has_ended) tree.is_killing = true;
        // What we may not kill, or what sleeps in the kernel, is not waited for.
        if (tree.has_ended && tree.rounds > TREE_PATIENCE) break;
        tree_advance(&tree);
        poll(polls, 2, tree_timeout(&tree));
        struct signalfd_siginfo information;
        while (read(signals, &information, sizeof information) == sizeof information) {
            if (information.ssi_signo == SIGTERM) tree_end(&tree);
        }
        if (!polls[1].revents) continue;
        tree.is_killing = true;
        polls[1].fd = -1;
    }
    return end_as(tree.status);
}

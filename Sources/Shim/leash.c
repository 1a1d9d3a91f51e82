#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

static void run(char **arguments) {
    signals_reset();
    execv(arguments[0], arguments);
    dprintf(STDERR_FILENO, "%s\n", strerror(errno));
    _exit(127);
}

// As the program ended, so that whoever waits for us sees it.
static int end_as(int status) {
    if (!WIFSIGNALED(status)) return WEXITSTATUS(status);
    const struct rlimit no_core = {0, 0};
    setrlimit(RLIMIT_CORE, &no_core);
    signals_reset();
    raise(WTERMSIG(status));
    return 128 + WTERMSIG(status);
}

// Runs a program that must not outlive `owner`, who started us, and of which nothing must outlive it. Signals are sent to
// our group, which is the program's too, and mean the program alone.
int leash(pid_t owner, char **arguments) {
    sigset_t all, ended;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    signal(SIGCHLD, SIG_DFL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    int life = process_open(owner);
    // What is no parent of ours any more may be another process of its number.
    if (life < 0 || getppid() != owner) return 75;
    sigemptyset(&ended);
    sigaddset(&ended, SIGCHLD);
    int signals = signalfd(-1, &ended, SFD_CLOEXEC | SFD_NONBLOCK);
    pid_t program = fork();
    if (program < 0) return 71;
    if (program == 0) run(arguments);
    // Whoever reads what it writes is to see its end, and not ours.
    for (int stream = 0; stream < 3; stream++) close(stream);
    int status = 0;
    bool is_over = false;
    struct pollfd polls[2] = {{.fd = signals, .events = POLLIN}, {.fd = life, .events = POLLIN}};
    for (;;) {
        int other;
        pid_t pid;
        while ((pid = waitpid(-1, &other, WNOHANG)) > 0) {
            if (pid != program) continue;
            status = other;
            is_over = true;
        }
        if (pid < 0) return end_as(status);
        if (is_over) tree_signal(SIGKILL);
        poll(polls, 2, is_over ? 5 : -1);
        struct signalfd_siginfo information;
        while (read(signals, &information, sizeof information) == sizeof information) {}
        if (!polls[1].revents) continue;
        is_over = true;
        polls[1].fd = -1;
    }
}

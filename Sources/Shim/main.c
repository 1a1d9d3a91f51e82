#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *name;
    int resource;
} resources[] = {
    {"memory", RLIMIT_AS},       {"cpu_time", RLIMIT_CPU},    {"files", RLIMIT_NOFILE},
    {"processes", RLIMIT_NPROC}, {"file_size", RLIMIT_FSIZE},
};

// The command while it runs.
struct run {
    const struct options *options;
    bool is_hidden;
    struct tree tree;
    struct ending ending;
};

static bool take_limit(struct options *options, const char *text) {
    const char *value = strchr(text, '=');
    if (!value || options->limit_count == MAX_LIMITS) return false;
    for (size_t i = 0; i < sizeof resources / sizeof *resources; i++) {
        if (strncmp(text, resources[i].name, (size_t)(value - text)) != 0) continue;
        options->limits[options->limit_count].resource = resources[i].resource;
        options->limits[options->limit_count++].value = strtoull(value + 1, NULL, 10);
        return true;
    }
    return false;
}

static bool parse(int count, char **arguments, struct options *options) {
    for (int option; (option = getopt(count, arguments, "+d:g:w:c:h:o:n:l:m:r:")) != -1;) {
        switch (option) {
        case 'd': options->directory = optarg; break;
        case 'g': options->grace = strtoll(optarg, NULL, 10); break;
        case 'w': options->working = optarg; break;
        case 'c': options->cgroup = optarg; break;
        case 'h': options->hidden = optarg; break;
        case 'o': options->output = strtoll(optarg, NULL, 10); break;
        case 'm':
            if (!*optarg || optarg[strspn(optarg, "01234567")]) return false;
            options->mask = (mode_t)strtoul(optarg, NULL, 8);
            break;
        case 'n': options->priority = (int)strtol(optarg, NULL, 10); break;
        case 'r': options->mark = strtoull(optarg, NULL, 10); break;
        case 'l':
            if (!take_limit(options, optarg)) return false;
            break;
        default: return false;
        }
    }
    options->arguments = arguments + optind;
    return options->directory && options->working && options->arguments[0];
}

// From here on nothing the daemon's end could bring reaches us: no terminal, no signal, no descriptor.
static void detach(void) {
    tree_own();
    setsid();
    syscall(SYS_close_range, PROGRESS_FD + 1, ~0U, 0);
    fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
    fcntl(PROGRESS_FD, F_SETFD, FD_CLOEXEC);
    // With each order the kernel says CONT to us, should the command have stopped us.
    fcntl(CONTROL_FD, F_SETOWN, getpid());
    fcntl(CONTROL_FD, F_SETSIG, SIGCONT);
    fcntl(CONTROL_FD, F_SETFL, O_NONBLOCK | O_ASYNC);
    fcntl(PROGRESS_FD, F_SETFL, O_NONBLOCK);
    if (chdir("/") < 0) {}
}

// The command waits before exec until it is written down who it is.
static bool start(struct run *run, int *failed, int *progress) {
    int go[2], failing[2], lines[2];
    if (pipe2(go, O_CLOEXEC) < 0 || pipe2(failing, O_CLOEXEC) < 0 || pipe2(lines, O_CLOEXEC) < 0) return false;
    const struct options *options = run->options;
    run->is_hidden = options->hidden && hide_possible(options->hidden, options->working);
    pid_t self = getpid(), pid = fork();
    if (pid < 0) return false;
    if (pid == 0) {
        child_tie(self);
        close(go[1]);
        child_start(options, run->is_hidden, go[0], failing[1], lines[1]);
    }
    close(go[0]);
    close(failing[1]);
    close(lines[1]);
    fcntl(lines[0], F_SETFL, O_NONBLOCK);
    *failed = failing[0];
    *progress = lines[0];
    run->ending.pid = run->tree.pid = pid;
    run->tree.pidfd = process_open(pid);
    if (options->cgroup && cgroup_enter(options->cgroup, pid)) run->tree.cgroup = options->cgroup;
    bool released = identity_name(pid, run->tree.cgroup, run->is_hidden) && write(go[1], "", 1) == 1;
    int reason = errno;
    close(go[1]);
    if (!released) run->ending.failure = (struct failure){.step = "identity", .number = reason};
    return true;
}

static void obey(struct run *run) {
    char orders[64];
    ssize_t count = read(CONTROL_FD, orders, sizeof orders);
    for (ssize_t i = 0; i < count; i++) {
        switch (orders[i]) {
        case 'T':
            if (!run->tree.has_ended) run->ending.cancelled = true;
            tree_end(&run->tree);
            break;
        case 'K':
            if (!run->tree.has_ended) run->ending.cancelled = true;
            run->tree.is_killing = true;
            break;
        // What is being ended is not stopped again: it has its grace to clean up.
        case 'S': if (!run->tree.is_ending && !run->tree.is_killing) tree_stop(); break;
        case 'C': tree_signal(SIGCONT); break;
        case 'E': input_end(); break;
        default: break;
        }
    }
}

// Whether processes of the command are left.
static bool is_left(struct run *run) {
    bool left = tree_reap(&run->tree);
    run->ending.status = run->tree.status;
    return left;
}

static int next_timeout(const struct run *run) {
    int tree = tree_timeout(&run->tree), output = output_timeout();
    if (tree < 0) return output;
    // While it is killed, nothing else matters.
    return output < 0 || run->tree.is_killing || tree < output ? tree : output;
}

static void take_failure(struct run *run, struct pollfd *failed) {
    if (read(failed->fd, &run->ending.failure, sizeof run->ending.failure) <= 0) {}
    close(failed->fd);
    failed->fd = -1;
}

static void take_signals(struct run *run, int signals) {
    struct signalfd_siginfo information;
    while (read(signals, &information, sizeof information) == sizeof information) {
        if (information.ssi_signo == SIGTERM) tree_end(&run->tree);
        if (information.ssi_signo == SIGIO) output_changed();
    }
}

// What the events of one wait ask for.
static void attend(struct run *run, struct pollfd polls[4]) {
    if (polls[0].revents) take_signals(run, polls[0].fd);
    if (polls[1].revents) obey(run);
    if (polls[2].revents & POLLIN) progress_forward(polls[2].fd);
    else if (polls[2].revents) polls[2].fd = -1;
    if (polls[3].revents) take_failure(run, &polls[3]);
    if (output_timeout() == 0) output_trim();
}

// Returns when the last process of the tree is gone.
static void wait_for_end(struct run *run, int signals, int failed, int progress) {
    struct pollfd polls[4] = {
        {.fd = signals, .events = POLLIN}, {.fd = CONTROL_FD, .events = POLLIN},
        {.fd = progress, .events = POLLIN}, {.fd = failed, .events = POLLIN},
    };
    output_watch(run->options->directory, run->options->output);
    bool has_announced = false;
    while (is_left(run)) {
        if (run->tree.has_ended && !has_announced) {
            // What is left gets the grace too; should we be killed meanwhile, the outcome is known already.
            has_announced = true;
            exit_write(&run->ending);
            if (!run->tree.is_ending) tree_end(&run->tree);
        }
        tree_advance(&run->tree);
        poll(polls, 4, next_timeout(run));
        attend(run, polls);
    }
    if (polls[3].fd >= 0) take_failure(run, &polls[3]);
    progress_finish(progress);
    output_trim();
}

int main(int count, char **arguments) {
    if (count == 5 && strcmp(arguments[1], "recover") == 0) {
        return recover(arguments[2], arguments[3], strtoull(arguments[4], NULL, 10));
    }
    if (count == 2 && strcmp(arguments[1], "about") == 0) return about();
    if (count > 5 && strcmp(arguments[1], "leash") == 0) {
        return leash(arguments[2], arguments[3], arguments[4], arguments + 5);
    }
    struct options options = {.mask = umask(077)};
    if (!parse(count, arguments, &options)) {
        fputs("usage: taskd-shim -d DIRECTORY -w DIRECTORY [-g MS] [-o BYTES] [-n NICE] [-m UMASK] [-l LIMIT=N] [-c CGROUP] "
              "[-h DIRECTORY] [-r MARK] -- PROGRAM [ARGUMENT...]\n       taskd-shim recover PARENT DIRECTORY MARK\n"
              "       taskd-shim leash PARENT GRACE-MS HIDDEN PROGRAM [ARGUMENT...]\n       taskd-shim about\n", stderr);
        return 64;
    }
    detach();
    if (options.mark) mark_take(options.mark);
    if (!records_open(options.directory) || !identity_open()) return 74;
    sigset_t heard;
    sigemptyset(&heard);
    sigaddset(&heard, SIGCHLD);
    sigaddset(&heard, SIGTERM);
    sigaddset(&heard, SIGIO);
    int signals = signalfd(-1, &heard, SFD_CLOEXEC | SFD_NONBLOCK);
    struct run run = {.options = &options, .tree = {.pidfd = -1, .grace = options.grace}};
    int failed = -1, progress = -1;
    if (signals < 0) run.ending.failure = (struct failure){.step = "signals", .number = errno};
    else if (!input_keep(options.directory)) run.ending.failure = (struct failure){.step = "input", .number = errno};
    else if (start(&run, &failed, &progress)) wait_for_end(&run, signals, failed, progress);
    else run.ending.failure = (struct failure){.step = "fork", .number = errno};
    if (run.tree.cgroup) cgroup_remove(run.tree.cgroup);
    run.ending.gone = true;
    return exit_write(&run.ending) ? 0 : 74;
}

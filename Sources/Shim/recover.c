#define _GNU_SOURCE
#include "shim.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// What forks and ends all the time is missed by most passes over /proc: it is gone when so many in a row find nothing.
#define EMPTY_PASSES 20

struct search {
    pid_t owner;                // who started us
    struct process shim, child;
    rlim_t mark;
    size_t found;
};

// What a real-time process may take of a processor without a rest is limited for no program that we run, and every program
// may read of each other what that limit is. Where ours is lower already, there is no mark.
void mark_take(rlim_t number) {
    struct rlimit limit = {number, number};
    setrlimit(RLIMIT_RTTIME, &limit);
}

static bool is_marked(pid_t pid, rlim_t mark) {
    char path[64], block[4096];
    snprintf(path, sizeof path, "/proc/%d/limits", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t count = read(file, block, sizeof block - 1);
    close(file);
    if (count <= 0) return false;
    block[count] = 0;
    static const char name[] = "Max realtime timeout";
    const char *line = strstr(block, name);
    unsigned long long hard;
    // The soft limit is the program's own.
    return line && sscanf(line + sizeof name - 1, "%*s %llu", &hard) == 1 && hard == mark;
}

static void end(const struct process *process, void *context) {
    struct search *search = context;
    if (process->pid == getpid()) return;
    int pidfd = process_open(process->pid);
    if (pidfd < 0) return;
    struct process current = {0};
    // Nothing older than the shim can be of its tree.
    bool is_same = process_read(process->pid, &current) && current.start == process->start
        && current.start >= search->shim.start;
    bool is_shim = current.pid == search->shim.pid && current.start == search->shim.start;
    bool is_child = current.pid == search->child.pid && current.start == search->child.start;
    bool is_meant = is_same && (is_shim || is_child || is_marked(process->pid, search->mark));
    struct pollfd ended = {.fd = pidfd, .events = POLLIN};
    // Once its daemon is gone, another may have run the same attempt anew.
    if (is_meant && poll(&ended, 1, 0) == 0 && getppid() == search->owner) {
        // One that has gained another user's rights, as sudo does, is out of reach.
        if (process_send(pidfd, SIGKILL, 0) == 0) {
            search->found++;
            poll(&ended, 1, 1000);
        }
    }
    close(pidfd);
}

// A shim that is still there has been stopped by what it is to end, which it alone knows all of. What is dead it does not reap:
// so there is a number of rounds, enough to outrun what forks.
static void end_below(const struct process *shim) {
    struct process current;
    for (int round = 0; round < 20 && process_read(shim->pid, &current) && current.start == shim->start; round++) {
        tree_signal_below(shim, SIGKILL);
        poll(NULL, 0, 5);
    }
}

// Without its shim a tree has no reaper that knows it: it is found by its cgroup and by its mark. Of nobody but `owner`,
// who started us, is it the business.
int recover(const char *owner, const char *directory, rlim_t mark) {
    char path[4200], line[4200], boot[64], then[64] = "", cgroup[4200] = "";
    struct search search = {.owner = (pid_t)strtol(owner, NULL, 10), .mark = mark};
    if (getppid() != search.owner) return 127;
    snprintf(path, sizeof path, "%s/identity", directory);
    // What a command has put in its place is not waited for.
    int identity = open(path, O_RDONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    FILE *file = identity < 0 ? NULL : fdopen(identity, "r");
    while (file && fgets(line, sizeof line, file)) {
        sscanf(line, "boot_id %63s", then);
        sscanf(line, "shim %d %llu", &search.shim.pid, &search.shim.start);
        sscanf(line, "child %d %llu", &search.child.pid, &search.child.start);
        sscanf(line, "cgroup %4199[^\n]", cgroup);
    }
    if (file) fclose(file);
    boot_id(boot);
    // Where the directory was removed under the command, there is the mark alone to go by.
    if (then[0] && strcmp(boot, then) != 0) return 0;
    if (then[0]) end_below(&search.shim);
    if (cgroup[0]) cgroup_remove(cgroup);
    bool has_found = false;
    for (int empty = 0; empty < EMPTY_PASSES; empty++) {
        search.found = 0;
        each_process(end, &search);
        if (search.found) {
            has_found = true;
            empty = -1;
        }
        poll(NULL, 0, 1);
    }
    return has_found;
}

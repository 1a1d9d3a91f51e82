#define _GNU_SOURCE
#include "shim.h"

#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000LL + time.tv_nsec / 1000000;
}

// From here on no signal but KILL ends us, no process of our user looks into us, and whatever our descendants abandon
// becomes our child.
void tree_own(void) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    // Ignored by the daemon, they would not reach a signalfd, and a child's status would be thrown away.
    signal(SIGCHLD, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGIO, SIG_DFL);
    prctl(PR_SET_CHILD_SUBREAPER, 1);
    prctl(PR_SET_DUMPABLE, 0);
}

// Whether processes of the tree are left. ECHILD is proof of the contrary: whatever loses its parent becomes our child.
bool tree_reap(struct tree *tree) {
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
        if (pid != tree->pid) continue;
        tree->has_ended = true;
        tree->status = status;
    }
    return pid == 0;
}

// Asking again sends TERM again; it does not put off the KILL.
void tree_end(struct tree *tree) {
    if (tree->is_killing) return;
    if (!tree->is_ending) tree->deadline = now() + tree->grace;
    tree->is_ending = true;
    tree_signal(SIGTERM);
}

// Kills what is left when the grace is over, once each time.
void tree_advance(struct tree *tree) {
    if (tree->is_ending && now() >= tree->deadline) tree->is_killing = true;
    if (!tree->is_killing) return;
    if (tree->cgroup) cgroup_kill(tree->cgroup);
    process_send(tree->pidfd, SIGKILL, SIGNAL_GROUP);
    tree_signal(SIGKILL);
    tree->rounds++;
}

// The milliseconds until there is more to do, -1 for none.
int tree_timeout(const struct tree *tree) {
    // A process that cannot be killed at once, as one asleep in the kernel, is not worth a busy loop.
    if (tree->is_killing) return tree->rounds < 50 ? 0 : tree->rounds < TREE_PATIENCE ? 5 : 100;
    if (!tree->is_ending) return -1;
    int64_t left = tree->deadline - now();
    return left < 0 ? 0 : left > 3600000 ? 3600000 : (int)left;
}

#define _GNU_SOURCE
#include "shim.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

bool process_read(pid_t pid, struct process *process) {
    char path[64], text[1024];
    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return false;
    ssize_t count = read(file, text, sizeof text - 1);
    close(file);
    if (count <= 0) return false;
    text[count] = 0;
    // The name stands in parentheses and may hold some itself: what follows the last one is safe to read.
    const char *rest = strrchr(text, ')');
    *process = (struct process){.pid = pid};
    return rest && sscanf(rest + 1, " %c %d %d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d %*d %llu",
                          &process->state, &process->parent, &process->group, &process->start) == 4;
}

// By number, as the C library may be older than the calls.
int process_open(pid_t pid) { return (int)syscall(SYS_pidfd_open, pid, 0); }

int process_send(int pidfd, int number, unsigned flags) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, flags);
}

void each_process(void (*visit)(const struct process *, void *), void *context) {
    DIR *directory = opendir("/proc");
    if (!directory) return;
    for (struct dirent *entry; (entry = readdir(directory));) {
        struct process process;
        pid_t pid = (pid_t)strtol(entry->d_name, NULL, 10);
        if (pid > 0 && process_read(pid, &process)) visit(&process, context);
    }
    closedir(directory);
}

struct table {
    struct process *rows;
    size_t count, room;
    pid_t root;             // whose descendants are meant
};

static void append(const struct process *process, void *context) {
    struct table *table = context;
    if (table->count == table->room) {
        size_t room = table->room ? table->room * 2 : 256;
        struct process *rows = realloc(table->rows, room * sizeof *rows);
        if (!rows) return;
        table->rows = rows;
        table->room = room;
    }
    table->rows[table->count++] = *process;
}

static int by_pid(const void *left, const void *right) {
    return ((const struct process *)left)->pid - ((const struct process *)right)->pid;
}

static const struct process *row_of(const struct table *table, pid_t pid) {
    struct process wanted = {.pid = pid};
    return bsearch(&wanted, table->rows, table->count, sizeof wanted, by_pid);
}

static bool is_inside(const struct table *table, pid_t pid) {
    if (pid == table->root) return true;
    const struct process *found = row_of(table, pid);
    return found && found->inside;
}

// Whether what has the number `pid` now is what was seen inside: it may have been given again meanwhile.
static bool is_still_inside(const struct table *table, pid_t pid) {
    if (pid == getpid()) return is_inside(table, pid);
    const struct process *seen = row_of(table, pid);
    struct process current;
    return seen && is_inside(table, pid) && process_read(pid, &current) && current.start == seen->start;
}

static void mark_descendants(struct table *table) {
    qsort(table->rows, table->count, sizeof *table->rows, by_pid);
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < table->count; i++) {
            struct process *row = &table->rows[i];
            if (!row->inside && is_inside(table, row->parent)) row->inside = changed = true;
        }
    }
}

// Sends to the process that `seen` describes, or to nobody: once the pidfd is open, what /proc then says is true of the
// process behind it, or that process is dead and the signal goes nowhere.
static void signal_one(const struct table *table, const struct process *seen, int number) {
    int pidfd = process_open(seen->pid);
    if (pidfd < 0) return;
    struct process current;
    if (process_read(seen->pid, &current) && current.start == seen->start && is_still_inside(table, current.parent)) {
        process_send(pidfd, number, 0);
        if (number == SIGTERM) process_send(pidfd, SIGCONT, 0);
        // A whole group dies in one step, which a loop of forks cannot outrun. A group never reaches out of the tree,
        // because its session began in the tree.
        if (number == SIGKILL && current.group == current.pid) process_send(pidfd, number, SIGNAL_GROUP);
    }
    close(pidfd);
}

void tree_signal(int number) {
    struct process self = {.pid = getpid()};
    tree_signal_below(&self, number);
}

// Stops all of the tree. What is forked while the others are being stopped is in no table yet: so until none has run.
void tree_stop(void) {
    struct process self = {.pid = getpid()};
    for (int round = 0; round < 50 && tree_signal_below(&self, SIGSTOP); round++) poll(NULL, 0, 1);
}

// Signals every descendant of `shim`, and answers whether one of them was running. All of them are known by their parents: it
// is the reaper of whatever they abandon.
bool tree_signal_below(const struct process *shim, int number) {
    struct table table = {.root = shim->pid};
    bool has_run = false;
    each_process(append, &table);
    mark_descendants(&table);
    const struct process *seen = row_of(&table, shim->pid);
    // It has ended, and its number been given again, before it was looked at.
    if (shim->pid != getpid() && (!seen || seen->start != shim->start)) table.count = 0;
    for (size_t i = 0; i < table.count; i++) {
        if (!table.rows[i].inside) continue;
        signal_one(&table, &table.rows[i], number);
        has_run = has_run || !strchr("TtZX", table.rows[i].state);
    }
    free(table.rows);
    return has_run;
}

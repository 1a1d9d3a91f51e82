#define _GNU_SOURCE
#include "shim.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

// A hole ends on a border that every file system's blocks share, so that what is cut is given back whole.
#define BORDER ((off_t)65536)
#define REST 100                // milliseconds between looks at a file that grows
#define REST_UNWATCHED 1000     // the same where inotify has no room for us

static int64_t limit;
static int64_t due;             // when to look next; 0 for when the kernel tells of a write
static int notify = -1;
static char paths[2][4200];
static off_t cut[3];            // where the hole in descriptor 1 and 2 ends

// One event is asked for, not one for each write: a command that prints a lot must not keep the shim busy.
static void arm(void) {
    for (int i = 0; i < 2; i++) inotify_add_watch(notify, paths[i], IN_MODIFY | IN_ONESHOT);
}

int output_watch(const char *directory, int64_t bytes) {
    limit = bytes;
    if (!limit) return -1;
    snprintf(paths[0], sizeof paths[0], "%s/stdout", directory);
    snprintf(paths[1], sizeof paths[1], "%s/stderr", directory);
    notify = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    if (notify >= 0) arm();
    else due = now() + REST_UNWATCHED;
    return notify;
}

// Milliseconds until the next look; -1 when none is due.
int output_timeout(void) {
    if (!due) return -1;
    int64_t left = due - now();
    return left > 0 ? (int)left : 0;
}

void output_changed(void) {
    char events[4096];
    while (read(notify, events, sizeof events) > 0) {}
    if (!due) due = now() + REST;
}

static void trim(int file) {
    struct stat status;
    if (fstat(file, &status) < 0 || !S_ISREG(status.st_mode) || status.st_size <= limit + limit / 4) return;
    off_t half = limit / 2;
    off_t start = cut[file] ? cut[file] : (half + BORDER - 1) / BORDER * BORDER;
    off_t end = (status.st_size - half) / BORDER * BORDER;
    if (end > start && fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, end - start) == 0) {
        cut[file] = end;
    }
}

// The command goes on appending: its offsets stay true, and the file takes no more room than the limit.
void output_trim(void) {
    if (!limit) return;
    due = notify >= 0 ? 0 : now() + REST_UNWATCHED;
    if (notify >= 0) arm();
    trim(STDOUT_FILENO);
    trim(STDERR_FILENO);
}

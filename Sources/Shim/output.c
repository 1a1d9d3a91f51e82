#define _GNU_SOURCE
#include "shim.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

// A hole ends on a border that every file system's blocks share, so that what is cut is given back whole.
#define BORDER ((off_t)65536)
#define REST 100                // milliseconds between looks at a file that grows
#define REST_IN_FLOOD 10        // the same while it grows fast
#define REST_UNTOLD 1000        // the same where the kernel does not tell of writes

static int64_t limit;
static int64_t due;             // when to look next; 0 for when the kernel tells of a write
static int directory = -1;
static off_t cut[3];            // where the hole in descriptor 1 and 2 ends
static off_t seen;              // how long both were together at the last look
static int rest = REST_IN_FLOOD;

// One SIGIO for the next write, not one for each: a command that prints a lot must not keep the shim busy. This is
// dnotify (fcntl(2), F_NOTIFY) because inotify allows a user 128 instances in all, which are not ours to use up.
static void arm(void) {
    if (fcntl(directory, F_NOTIFY, DN_MODIFY) < 0) due = now() + REST_UNTOLD;
}

void output_watch(const char *path, int64_t bytes) {
    limit = bytes;
    if (!limit) return;
    directory = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    arm();
}

// Milliseconds until the next look; -1 when none is due.
int output_timeout(void) {
    if (!due) return -1;
    int64_t left = due - now();
    return left > 0 ? (int)left : 0;
}

void output_changed(void) {
    if (!due) due = now() + rest;
}

static off_t trim(int file) {
    struct stat status;
    if (fstat(file, &status) < 0 || !S_ISREG(status.st_mode)) return 0;
    // The command may have truncated it since.
    if (status.st_size < cut[file]) cut[file] = 0;
    if (status.st_size <= limit + limit / 4) return status.st_size;
    off_t half = limit / 2;
    off_t start = cut[file] ? cut[file] : (half + BORDER - 1) / BORDER * BORDER;
    off_t end = (status.st_size - half) / BORDER * BORDER;
    if (end > start && fallocate(file, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, start, end - start) == 0) {
        cut[file] = end;
    }
    return status.st_size;
}

// The command goes on appending: its offsets stay true, and the file takes no more room than the limit.
void output_trim(void) {
    if (!limit) return;
    due = 0;
    arm();
    off_t length = trim(STDOUT_FILENO) + trim(STDERR_FILENO);
    rest = length - seen > limit / 16 * rest / REST ? REST_IN_FLOOD : REST;
    seen = length;
}

#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static int directory_fd = -1;
static int exit_fd = -1;
static int identity_fd = -1;

// The room for the exit record is taken at the start, so that a disk filled by the command cannot cost its outcome.
bool records_open(const char *directory) {
    directory_fd = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (directory_fd < 0) return false;
    exit_fd = openat(directory_fd, "exit.new", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (exit_fd < 0) return false;
    fallocate(exit_fd, 0, 0, 4096);
    return true;
}

// The command may have removed the file meanwhile, or put something else in its place: then another is made.
static bool exit_open(void) {
    struct stat ours, there;
    if (exit_fd >= 0) {
        bool is_there = fstat(exit_fd, &ours) == 0
            && fstatat(directory_fd, "exit.new", &there, AT_SYMLINK_NOFOLLOW) == 0
            && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
        if (is_there) return true;
        close(exit_fd);
    }
    if (unlinkat(directory_fd, "exit.new", 0) != 0 && errno == EISDIR)
        renameat(directory_fd, "exit.new", directory_fd, "exit.away");
    exit_fd = openat(directory_fd, "exit.new", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    return exit_fd >= 0;
}

static bool write_all(int file, const char *text, size_t length) {
    return pwrite(file, text, length, 0) == (ssize_t)length && ftruncate(file, (off_t)length) == 0;
}

void boot_id(char text[64]) {
    int file = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
    ssize_t count = file < 0 ? 0 : read(file, text, 63);
    if (file >= 0) close(file);
    text[count > 0 ? count : 0] = 0;
    text[strcspn(text, "\n")] = 0;
}

// Written with one call each time, so that no line is ever there in part. No fsync: after a power cut the boot id is
// another one and nothing of the tree is left.
static bool identity_add(const char *text, int length, int room) {
    return length > 0 && length < room && write(identity_fd, text, (size_t)length) == length;
}

bool identity_open(void) {
    char boot[64], text[256];
    struct process self;
    boot_id(boot);
    identity_fd = openat(directory_fd, "identity", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (identity_fd < 0 || !process_read(getpid(), &self)) return false;
    int length = snprintf(text, sizeof text, "boot_id %s\nshim %d %llu\n", boot, self.pid, self.start);
    return identity_add(text, length, sizeof text);
}

bool identity_name(pid_t child, const char *cgroup, bool hidden) {
    char text[4200];
    struct process other;
    if (!process_read(child, &other)) return false;
    int length = snprintf(text, sizeof text, "%s%s%schild %d %llu\nstate_hidden %s\n", cgroup ? "cgroup " : "",
                          cgroup ? cgroup : "", cgroup ? "\n" : "", child, other.start, hidden ? "yes" : "no");
    bool done = identity_add(text, length, sizeof text);
    close(identity_fd);
    return done;
}

static int outcome_text(char *text, size_t room, const struct ending *ending) {
    if (ending->failure.number) {
        return snprintf(text, room, "error %s %d\n", ending->failure.step, ending->failure.number);
    }
    if (WIFSIGNALED(ending->status)) return snprintf(text, room, "signal %d\n", WTERMSIG(ending->status));
    return snprintf(text, room, "exit_code %d\n", WEXITSTATUS(ending->status));
}

// Durable before it is visible, and visible for good: write, fsync, rename, fsync of the directory.
bool exit_write(const struct ending *ending) {
    char text[1024];
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    int length = snprintf(text, sizeof text, "pid %d\n", ending->pid);
    length += outcome_text(text + length, sizeof text - (size_t)length, ending);
    length += snprintf(
        text + length, sizeof text - (size_t)length,
        "cancelled %s\nuser_us %lld\nsystem_us %lld\nmax_rss_kib %ld\ntree %s\n", ending->cancelled ? "yes" : "no",
        usage.ru_utime.tv_sec * 1000000LL + usage.ru_utime.tv_usec,
        usage.ru_stime.tv_sec * 1000000LL + usage.ru_stime.tv_usec, usage.ru_maxrss, ending->gone ? "gone" : "ending");
    bool durable = exit_open() && write_all(exit_fd, text, (size_t)length) && fsync(exit_fd) == 0;
    if (exit_fd >= 0) close(exit_fd);
    exit_fd = -1;
    return durable && renameat(directory_fd, "exit.new", directory_fd, "exit") == 0 && fsync(directory_fd) == 0;
}

#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool put(const char *path, const char *name, const char *text) {
    char full[4200];
    snprintf(full, sizeof full, "%s/%s", path, name);
    int file = open(full, O_WRONLY | O_CLOEXEC);
    if (file < 0) return false;
    bool done = write(file, text, strlen(text)) == (ssize_t)strlen(text);
    close(file);
    return done;
}

bool cgroup_enter(const char *path, pid_t pid) {
    char text[16];
    snprintf(text, sizeof text, "%d", pid);
    // One that is there and not empty is somebody else's: what is in it would be killed with ours.
    if (mkdir(path, 0755) < 0 && (errno != EEXIST || rmdir(path) < 0 || mkdir(path, 0755) < 0)) return false;
    if (put(path, "cgroup.procs", text)) return true;
    rmdir(path);
    return false;
}

void cgroup_kill(const char *path) { put(path, "cgroup.kill", "1"); }

static bool is_populated(int events) {
    char text[256];
    ssize_t count = pread(events, text, sizeof text - 1, 0);
    text[count > 0 ? count : 0] = 0;
    return strstr(text, "populated 1") != NULL;
}

static int remove_directory(const char *path, const struct stat *status, int type, struct FTW *place) {
    (void)status, (void)place;
    if (type == FTW_DP) rmdir(path);
    return 0;
}

// Returns when the cgroup is empty; the kernel tells of it with POLLPRI (cgroup-v2.rst, "populated").
void cgroup_remove(const char *path) {
    char full[4200];
    snprintf(full, sizeof full, "%s/cgroup.events", path);
    int events = open(full, O_RDONLY | O_CLOEXEC);
    if (events < 0) return;
    while (is_populated(events)) {
        cgroup_kill(path);
        struct pollfd wait = {.fd = events, .events = POLLPRI};
        poll(&wait, 1, 100);
    }
    close(events);
    // The command may have divided it.
    nftw(path, remove_directory, 8, FTW_DEPTH | FTW_PHYS);
}

#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

// Longer lines lose their end. A line is far below PIPE_BUF, so the daemon reads it whole or not at all.
static char line[1024];
static size_t length;

// With no daemon to read, old lines make room for new ones. One that reads just then makes room itself; should others fill it
// each time, the line is given up.
static void pass(void) {
    static char stale[65536];
    line[length++] = '\n';
    for (int tries = 0; tries < 100 && write(PROGRESS_FD, line, length) < 0 && errno == EAGAIN; tries++) {
        ssize_t count = read(PROGRESS_FD, stale, sizeof stale);
        if (count == 0 || (count < 0 && errno != EAGAIN)) break;
    }
    length = 0;
}

bool progress_forward(int from) {
    char bytes[4096];
    ssize_t count = read(from, bytes, sizeof bytes);
    for (ssize_t i = 0; i < count; i++) {
        if (bytes[i] == '\n') pass();
        else if (length < sizeof line - 1) line[length++] = bytes[i];
    }
    return count > 0;
}

void progress_finish(int from) {
    while (progress_forward(from)) {}
    if (length) pass();
}

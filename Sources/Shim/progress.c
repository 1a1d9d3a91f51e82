#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

// Longer lines lose their end. A line is far below PIPE_BUF, so the daemon reads it whole or not at all.
static char line[1024];
static size_t length;

// With no daemon to read, what is old makes room for what is new.
void progress_send(const char *text, size_t count) {
    static char stale[65536];
    while (write(PROGRESS_FD, text, count) < 0 && errno == EAGAIN) {
        if (read(PROGRESS_FD, stale, sizeof stale) <= 0) break;
    }
}

static void pass(void) {
    line[length++] = '\n';
    progress_send(line, length);
    length = 0;
}

bool progress_forward(int from) {
    char bytes[4096];
    ssize_t count = read(from, bytes, sizeof bytes);
    for (ssize_t i = 0; i < count; i++) {
        if (bytes[i] == '\n') pass();
        // The zero byte is ours: behind it stands how the command ended.
        else if (bytes[i] && length < sizeof line - 1) line[length++] = bytes[i];
    }
    return count > 0;
}

void progress_finish(int from) {
    while (progress_forward(from)) {}
    if (length) pass();
}

#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static char path[4200];
static int input = -1;

// A pipe ends for its reader when nobody has it open for writing: we are who always has, and nobody else for long.
bool input_keep(const char *directory) {
    int length = snprintf(path, sizeof path, "%s/input", directory);
    if (length < 0 || length >= (int)sizeof path) return false;
    input = open(path, O_WRONLY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    return input >= 0 || errno == ENOENT;
}

// The name goes first: whoever opens it after the end is told that it is not there.
void input_end(void) {
    if (input < 0) return;
    unlink(path);
    close(input);
    input = -1;
}

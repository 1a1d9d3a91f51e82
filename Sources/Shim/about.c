#define _GNU_SOURCE
#include "shim.h"

#include <linux/landlock.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int about(void) {
    long landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    bool bound = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
    return printf("version %s\nlandlock %ld\nno_new_privs %d\n", VERSION, landlock < 0 ? 0 : landlock, bound) < 0;
}

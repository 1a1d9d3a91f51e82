#define _GNU_SOURCE
#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define TRUNCATE (1ULL << 14)   // LANDLOCK_ACCESS_FS_TRUNCATE, Landlock 3
#define ON_FILES (LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE | TRUNCATE)
#define REMOVING (LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_REFER)
#define MAKING \
    (LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG \
     | LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO | LANDLOCK_ACCESS_FS_MAKE_BLOCK \
     | LANDLOCK_ACCESS_FS_MAKE_SYM)
// Reading directories stays free: it cannot be given for / without giving it for the state directory.
#define HANDLED (ON_FILES | REMOVING | MAKING)

// Landlock only allows, so hiding one directory means allowing every neighbour of every directory above it; an entry
// made later above it is out of reach. That costs the command nothing exactly when it may not make entries there
// itself, and when it could gain no privileges anyway. Elsewhere hiding would break honest commands: it stays off.
bool hide_possible(const char *state, const char *working) {
    size_t length = strlen(state);
    if (state[0] != '/' || length > 4000) return false;
    if (strncmp(working, state, length) == 0 && (working[length] == '/' || !working[length])) return false;
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return false;
    if (syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) < 3) return false;
    char path[4200];
    for (const char *slash = strchr(state, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof path, "%.*s", (int)(slash - state) + 1, state);
        if (faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0) return false;
    }
    return true;
}

static bool allow(int rules, int parent, const char *name) {
    int entry = openat(parent, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    struct stat status;
    if (entry < 0) return true;
    bool known = fstat(entry, &status) == 0;
    struct landlock_path_beneath_attr rule = {
        .parent_fd = entry,
        .allowed_access = known && S_ISDIR(status.st_mode) ? HANDLED : ON_FILES,
    };
    bool done = !known || S_ISLNK(status.st_mode)
        || syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0;
    close(entry);
    return done;
}

// `cat /dev/stdin` opens anew what it was given: a file that has no name any more, or a FIFO in the state directory. What else
// it may be has no place that could be hidden.
static bool allow_input(int rules) {
    struct stat status;
    if (fstat(STDIN_FILENO, &status) < 0 || !(S_ISREG(status.st_mode) || S_ISFIFO(status.st_mode))) return true;
    struct landlock_path_beneath_attr rule = {
        .parent_fd = STDIN_FILENO, .allowed_access = LANDLOCK_ACCESS_FS_READ_FILE,
    };
    // The kernel has no rules for a pipe without a name, and does not look at it either.
    return syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) == 0 || errno == EBADFD;
}

static bool allow_neighbours(int rules, const char *path, const char *name, size_t length) {
    DIR *directory = opendir(path);
    if (!directory) return errno == EACCES;
    bool done = true;
    for (struct dirent *entry; done && (entry = readdir(directory));) {
        bool is_self = strlen(entry->d_name) == length && strncmp(entry->d_name, name, length) == 0;
        bool is_dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (!is_self && !is_dots) done = allow(rules, dirfd(directory), entry->d_name);
    }
    closedir(directory);
    return done;
}

// What a command writes to stays in its reach; the output of a check's program are pipes, and `attempt` is NULL.
bool hide(const char *state, const char *attempt) {
    struct landlock_ruleset_attr handled = {.handled_access_fs = HANDLED};
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, sizeof handled, 0);
    if (rules < 0) return false;
    char path[4200];
    for (const char *slash = state; slash; slash = strchr(slash + 1, '/')) {
        snprintf(path, sizeof path, "%.*s", (int)(slash - state) + 1, state);
        if (slash[1] && !allow_neighbours(rules, path, slash + 1, strcspn(slash + 1, "/"))) return false;
    }
    // `echo >/dev/stderr` opens the file anew.
    static const char *const own[] = {"stdout", "stderr"};
    for (size_t i = 0; attempt && i < 2; i++) {
        snprintf(path, sizeof path, "%s/%s", attempt, own[i]);
        if (!allow(rules, AT_FDCWD, path)) return false;
    }
    if (!allow_input(rules)) return false;
    bool done = syscall(SYS_landlock_restrict_self, rules, 0) == 0;
    close(rules);
    return done;
}

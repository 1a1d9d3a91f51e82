/* The least a daemon can do that runs commands as durably as taskd: each is claimed in a commit before it starts, has a
 * directory with the files of its output, runs behind a shim that leaves a durable exit record, and its end is committed,
 * together with the claim of the next. Nothing is asked for, watched, limited or cleaned up. Prints commands a second.
 * Build: cc -O2 -D_GNU_SOURCE -o least_runner least_runner.c -lsqlite3
 * use: least_runner STATE-DIRECTORY SHIM COMMANDS PROGRAM */
#include "least.h"

#include <fcntl.h>
#include <linux/fs.h>
#include <spawn.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONCE = 2, DIGITS = 24 };

extern char **environ;

struct command {
    pid_t pid;
    sqlite3_int64 id;
};

static sqlite3_stmt *begin, *commit, *next, *claim, *finish, *event;

static void prepare(void)
{
    begin = prepared("BEGIN IMMEDIATE");
    commit = prepared("COMMIT");
    next = prepared("SELECT id FROM tasks INDEXED BY tasks_ready WHERE state = 'queued' AND waiting_for IS NULL "
        "AND is_composite = 0 AND queue = 'default' ORDER BY priority DESC, id LIMIT 1");
    claim = prepared("UPDATE tasks SET state = 'running', attempt = attempt + 1, started_at = " NOW " WHERE id = ?1");
    finish = prepared("UPDATE tasks SET state = 'succeeded', finished_at = " NOW ", done_seq = ?1, "
        "result = '{\"exit_code\":0,\"stdout\":\"\",\"stderr\":\"\"}' WHERE id = ?1");
    event = prepared("INSERT INTO events (task_id, at, type) VALUES (?1, " NOW ", ?2)");
}

static void submit(int count)
{
    sqlite3_stmt *task = prepared(
        "INSERT INTO tasks (name, kind, state, is_composite, job, shield, queue, priority, max_attempts, labels, submitted_at) "
        "VALUES ('t', 'command', 'queued', 0, '{\"command\":[\"/bin/true\"]}', 0, 'default', 0, 1, '{}', " NOW ")");

    run(begin);
    while (count-- > 0) {
        run(task);
        sqlite3_bind_int64(event, 1, sqlite3_last_insert_rowid(history));
        sqlite3_bind_text(event, 2, "submitted", -1, SQLITE_STATIC);
        run(event);
    }
    run(commit);
}

static void move(sqlite3_stmt *transition, sqlite3_int64 id, const char *type)
{
    sqlite3_bind_int64(transition, 1, id);
    run(transition);
    sqlite3_bind_int64(event, 1, id);
    sqlite3_bind_text(event, 2, type, -1, SQLITE_STATIC);
    run(event);
}

static void name_directory(char name[DIGITS], sqlite3_int64 id)
{
    snprintf(name, DIGITS, "%lld", (long long)id);
}

static int file_in(const char directory[DIGITS], const char *name, int flags)
{
    char path[64];

    snprintf(path, sizeof path, "%s/%s", directory, name);
    return open(path, flags | O_CLOEXEC, 0600);
}

static pid_t start(char *shim, char *program, sqlite3_int64 id)
{
    char directory[DIGITS];
    char *argv[] = {shim, directory, program, NULL};
    posix_spawn_file_actions_t actions;
    pid_t pid;

    name_directory(directory, id);
    if (mkdir(directory, 0700) != 0)
        exit(73);
    const int output = file_in(directory, "stdout", O_WRONLY | O_CREAT);
    const int errors = file_in(directory, "stderr", O_WRONLY | O_CREAT);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, output, 1);
    posix_spawn_file_actions_adddup2(&actions, errors, 2);
    if (posix_spawn(&pid, shim, &actions, NULL, argv, environ) != 0)
        exit(71);
    posix_spawn_file_actions_destroy(&actions);
    close(output);
    close(errors);
    return pid;
}

/* Waits for the next command to end, and reads its record. */
static struct command *ended(struct command *commands)
{
    char directory[DIGITS], record[64];
    const pid_t pid = wait(NULL);
    struct command *command = commands;

    while (command->pid != pid)
        command++;
    name_directory(directory, command->id);
    const int file = file_in(directory, "exit", O_RDONLY);
    if (read(file, record, sizeof record) != 2 || memcmp(record, "0\n", 2) != 0)
        exit(70);
    close(file);
    return command;
}

/* As taskd does: directories of tasks go to different inode groups, where ext4 is not slow for what was removed lately. */
static void spread(void)
{
    const int directory = open(".", O_DIRECTORY | O_CLOEXEC);
    int flags = FS_TOPDIR_FL;

    (void)ioctl(directory, FS_IOC_SETFLAGS, &flags);
    close(directory);
}

int main(int argc, char **argv)
{
    struct command commands[AT_ONCE] = {{0}}, *last = NULL;
    struct timespec from, to;
    int running = 0;

    if (argc != 5)
        return 64;
    const int count = atoi(argv[3]);
    if (chdir(argv[1]) != 0)
        return 73;
    open_history("history.sqlite");
    if (mkdir("least", 0700) != 0 || chdir("least") != 0)
        return 73;
    spread();
    prepare();
    clock_gettime(CLOCK_MONOTONIC, &from);
    submit(count);
    do {
        sqlite3_int64 id;

        run(begin);
        if (last != NULL) {
            move(finish, last->id, "succeeded");
            *last = (struct command){0};
        }
        for (int i = 0; i < AT_ONCE; i++)
            if (commands[i].pid == 0 && (id = run(next)) != 0) {
                move(claim, id, "started");
                commands[i] = (struct command){.pid = -1, .id = id};
            }
        run(commit);
        running = 0;
        for (int i = 0; i < AT_ONCE; i++) {
            if (commands[i].pid < 0)
                commands[i].pid = start(argv[2], argv[4], commands[i].id);
            running += commands[i].pid > 0;
        }
        if (running > 0)
            last = ended(commands);
    } while (running > 0);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%.0f\n", count / ((double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9));
    return 0;
}

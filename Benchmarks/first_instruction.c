/* How long after a client was started the job it submits runs its first instruction, the median in microseconds.
 * Build: cc -O2 -static -o first_instruction first_instruction.c
 * Use: first_instruction RUNS FIFO CLIENT [ARGUMENT...], where the client has the job
 * `first_instruction FIFO` run, which writes the time into the FIFO. */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec / 1e3;
}

static int ascending(const void *left, const void *right)
{
    const double difference = *(const double *)left - *(const double *)right;

    return (difference > 0) - (difference < 0);
}

static int job(const char *path)
{
    const double begun = now();
    const int fifo = open(path, O_WRONLY);

    return fifo >= 0 && write(fifo, &begun, sizeof begun) == sizeof begun ? 0 : 70;
}

int main(int argc, char **argv)
{
    if (argc == 2)
        return job(argv[1]);
    const int runs = argc > 3 ? atoi(argv[1]) : 0;
    double *times = runs > 0 ? calloc((size_t)runs, sizeof *times) : NULL;
    if (times == NULL || mkfifo(argv[2], 0600) != 0)
        return 64;
    const int fifo = open(argv[2], O_RDWR);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    for (int run = 0; run < runs; run++) {
        double begun;
        int status;
        pid_t pid;
        const double submitted = now();

        if (posix_spawn(&pid, argv[3], &actions, NULL, argv + 3, environ) != 0
            || read(fifo, &begun, sizeof begun) != sizeof begun || waitpid(pid, &status, 0) != pid || status != 0)
            return 70;
        times[run] = begun - submitted;
    }
    qsort(times, (size_t)runs, sizeof *times, ascending);
    printf("%.0f\n", times[runs / 2]);
    unlink(argv[2]);
    return 0;
}

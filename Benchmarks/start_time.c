/* How long a program takes from its start to its end: runs it so often, and prints the median in microseconds.
 * In C, because the time Python needs to start a process is longer than what is measured.
 * Build: cc -O2 -o start_time start_time.c; use: start_time RUNS PROGRAM [ARGUMENT...] */
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>

extern char **environ;

static int ascending(const void *left, const void *right)
{
    const double difference = *(const double *)left - *(const double *)right;

    return (difference > 0) - (difference < 0);
}

int main(int argc, char **argv)
{
    const int runs = argc > 2 ? atoi(argv[1]) : 0;
    double *times = runs > 0 ? calloc((size_t)runs, sizeof *times) : NULL;
    posix_spawn_file_actions_t actions;

    if (times == NULL)
        return 64;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    for (int run = 0; run < runs; run++) {
        struct timespec begin, end;
        int status;
        pid_t pid;

        clock_gettime(CLOCK_MONOTONIC, &begin);
        if (posix_spawn(&pid, argv[2], &actions, NULL, argv + 2, environ) != 0 || waitpid(pid, &status, 0) != pid
            || status != 0)
            return 70;
        clock_gettime(CLOCK_MONOTONIC, &end);
        times[run] = (double)(end.tv_sec - begin.tv_sec) * 1e6 + (double)(end.tv_nsec - begin.tv_nsec) / 1e3;
    }
    qsort(times, (size_t)runs, sizeof *times, ascending);
    printf("%.0f\n", times[runs / 2]);
    return 0;
}

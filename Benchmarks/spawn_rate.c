/* How many programs a second two processes can start and wait for: the yardstick for what a daemon adds.
 * Build: cc -O2 -o spawn_rate spawn_rate.c; use: spawn_rate RUNS PROGRAM [ARGUMENT...] */
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static int run(int runs, char **argv)
{
    while (runs-- > 0) {
        pid_t pid;
        int status;

        if (posix_spawn(&pid, argv[0], NULL, NULL, argv, environ) != 0 || waitpid(pid, &status, 0) != pid || status != 0)
            return 70;
    }
    return 0;
}

int main(int argc, char **argv)
{
    const int runs = argc > 2 ? atoi(argv[1]) : 0;
    struct timespec begin, end;
    int status;

    if (runs < 2)
        return 64;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    pid_t other = fork();
    int failure = run(runs / 2, argv + 2);
    if (other == 0)
        _exit(failure);
    if (other < 0 || waitpid(other, &status, 0) != other || status != 0 || failure != 0)
        return 70;
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.0f\n", runs / 2 * 2
           / ((double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9));
    return 0;
}

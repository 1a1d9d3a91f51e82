/* The least a shim can be: starts a program, waits for it and passes its exit status on.
 * Build: cc -O2 -static -o spawn_and_wait spawn_and_wait.c; use: spawn_and_wait PROGRAM [ARGUMENT...] */
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
    pid_t pid;
    int status;

    if (argc < 2 || posix_spawn(&pid, argv[1], NULL, NULL, argv + 1, environ) != 0 || waitpid(pid, &status, 0) != pid)
        return 70;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 70;
}

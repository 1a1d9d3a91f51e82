/* The least a shim can do that outlives who started it and leaves a durable exit record: the yardstick for taskd-shim.
 * Build: cc -Os -static -D_GNU_SOURCE -o least_shim least_shim.c; use: least_shim DIRECTORY PROGRAM [ARGUMENT...] */
#include <fcntl.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int written(int directory, const char *name, int number, int is_durable)
{
    const int file = openat(directory, name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    const int is_written = file >= 0 && dprintf(file, "%d\n", number) > 0 && (!is_durable || fsync(file) == 0);

    return close(file) == 0 && is_written;
}

int main(int argc, char **argv)
{
    int status;

    if (argc < 3 || prctl(PR_SET_CHILD_SUBREAPER, 1) != 0 || prctl(PR_SET_DUMPABLE, 0) != 0 || setsid() < 0)
        return 64;
    syscall(SYS_close_range, 3, ~0U, 0);
    const int directory = open(argv[1], O_DIRECTORY | O_CLOEXEC);
    const pid_t pid = fork();
    if (pid == 0) {
        execv(argv[2], argv + 2);
        _exit(127);
    }
    if (pid < 0 || !written(directory, "identity", pid, 0) || waitpid(pid, &status, 0) != pid
        || !written(directory, "exit.new", status, 1) || renameat(directory, "exit.new", directory, "exit") != 0
        || fsync(directory) != 0)
        return 70;
    return 0;
}

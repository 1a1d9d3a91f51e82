// taskd-shim runs one command for taskd and outlives it: it owns the process tree and writes down how it ended.
//
// The daemon hands over these descriptors; everything else is closed:
//   0, 1, 2  the command's own
//   3        the FIFO `control`, open for reading and writing: orders, one letter each
//   4        the FIFO `progress`, open for reading and writing: its end of file tells the daemon that the shim is gone
#ifndef TASKD_SHIM_H
#define TASKD_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

enum { CONTROL_FD = 3, PROGRESS_FD = 4, JOB_PROGRESS_FD = 3 };

#define MAX_LIMITS 8

// What to run and how, from the command line.
struct options {
    const char *directory;      // the attempt's directory, absolute
    int64_t grace;              // milliseconds between TERM and KILL
    const char *working;        // the command's working directory
    const char *cgroup;         // the cgroup to make for the command; NULL for none
    const char *hidden;         // the daemon's state directory; NULL for not hiding it
    int64_t output;             // bytes kept of each output stream; 0 for all
    mode_t mask;                // its umask; octal in the arguments
    rlim_t mark;                // by which its processes are known should we be killed; 0 for nothing
    int priority;               // nice value; 0 for the daemon's own
    int limit_count;
    struct { int resource; rlim_t value; } limits[MAX_LIMITS];
    char **arguments;           // argv of the command
};

// Why the command could not be started: the step and its errno. A zero `number` means it was.
struct failure {
    char step[16];
    int number;
};

// process.c: naming processes without ever mistaking one for another.
struct process {
    pid_t pid, parent, group;
    char state;                 // a letter of proc(5)
    unsigned long long start;   // clock ticks since boot, /proc/PID/stat field 22
    bool inside;
};
bool process_read(pid_t pid, struct process *process);
int process_open(pid_t pid);
int process_send(int pidfd, int number, unsigned flags);
void each_process(void (*visit)(const struct process *process, void *context), void *context);
void tree_signal(int number);
void tree_stop(void);
bool tree_signal_below(const struct process *shim, int number);
#define SIGNAL_GROUP (1U << 2)  // PIDFD_SIGNAL_PROCESS_GROUP, Linux 6.9

// tree.c: a program and all that it starts, until the last of them is gone.
struct tree {
    pid_t pid;              // of the program itself
    int pidfd;              // the program's own, for its process group
    const char *cgroup;     // NULL when there is none
    int64_t grace;          // milliseconds between TERM and KILL
    bool has_ended;         // the program itself; others of its tree may still be there
    int status;             // its, once it has ended
    bool is_ending;         // TERM was sent
    bool is_killing;
    int64_t deadline;       // when KILL follows TERM
    int rounds;             // of killing
};
#define TREE_PATIENCE 500   // rounds, about three seconds, in which whatever can be killed is gone
void tree_own(void);
bool tree_reap(struct tree *tree);
void tree_end(struct tree *tree);
void tree_advance(struct tree *tree);
int tree_timeout(const struct tree *tree);

// record.c: the two files that say what ran and how it ended.
struct ending {
    pid_t pid;
    int status;
    bool cancelled, gone;
    struct failure failure;
};
bool records_open(const char *directory);
bool identity_open(void);
bool identity_name(pid_t child, const char *cgroup, bool hidden);
bool exit_write(const struct ending *ending);
void boot_id(char text[64]);

// cgroup.c: where the daemon was given one to divide.
bool cgroup_enter(const char *path, pid_t pid);
void cgroup_kill(const char *path);
void cgroup_remove(const char *path);

// output.c: keeps the head and the tail of an output file and gives the middle back to the disk.
void output_watch(const char *directory, int64_t limit);
int output_timeout(void);
void output_changed(void);
void output_trim(void);

// input.c: the standard input of a command that was started with it open, until it is ended.
bool input_keep(const char *directory);
void input_end(void);

// progress.c: passes whole lines on, and never lets the command wait for a reader.
bool progress_forward(int from);
void progress_finish(int from);

// child.c and hide.c: what happens between fork and exec.
void signals_reset(void);
void child_tie(pid_t parent);
void child_forget(void);
void child_execute(char **arguments);
void child_start(const struct options *options, bool hide, int go, int failed, int progress);
bool hide_possible(const char *state, const char *working);
bool hide(const char *state, const char *attempt);

// about.c: says what the daemon may want to know of this program and what the kernel lets it do.
#define VERSION "0.1.0"     // as in Version.swift
int about(void);

// recover.c: gives a tree its mark, and ends that of a shim that was killed.
void mark_take(rlim_t number);
int recover(const char *owner, const char *directory, rlim_t mark);

// leash.c: runs a program that ends with the daemon.
int leash(const char *owner, const char *grace, const char *hidden, char **arguments);

int64_t now(void);

#endif

/* What the Glibc module leaves out: the allocator's settings, mallopt(3), and functions of variable arguments. */
#include <malloc.h>
#include <sys/prctl.h>

/* Keeps other processes of the same user out of this one's memory, variables and descriptors (PR_SET_DUMPABLE, prctl(2));
 * its own look into /proc/self is not affected. Answers 0, or -1 with errno. */
static inline int hide_process(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

/* The least a server can do that acknowledges tasks durably, over one connection: the yardstick for HTTP, JSON and queueing.
 * Whatever comes in one piece is taken for a request, and answered in as many bytes as taskd's answer has.
 * Build: cc -O2 -D_GNU_SOURCE -o least_acceptor least_acceptor.c -lsqlite3; use: least_acceptor HISTORY SOCKET */
#include "least.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { ROOM = 4096 };

static int listening(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (descriptor < 0 || bind(descriptor, (struct sockaddr *)&address, sizeof address) != 0 || listen(descriptor, 1) != 0)
        exit(69);
    return descriptor;
}

int main(int argc, char **argv)
{
    static const char head[] = "HTTP/1.1 201 Created\r\ncontent-length: 480\r\n\r\n";
    static char request[ROOM], answer[sizeof head - 1 + 480];
    struct epoll_event event = {.events = EPOLLIN};

    if (argc != 3)
        return 64;
    memset(answer, ' ', sizeof answer);
    memcpy(answer, head, sizeof head - 1);
    open_history(argv[1]);
    sqlite3_stmt *begin = prepared("BEGIN IMMEDIATE"), *commit = prepared("COMMIT");
    sqlite3_stmt *task = prepared(
        "INSERT INTO tasks (name, kind, state, is_composite, job, directory, shield, queue, priority, max_attempts, waiting_for, "
        "labels, submitted_at, submitted_uid, submitted_gid, submitted_pid) VALUES ('t', 'sleep', 'held', 0, "
        "'{\"sleep\":0,\"hold\":true}', '/', 0, 'default', 0, 1, '{\"start\":true}', '{}', " NOW ", 0, 0, 1)");
    sqlite3_stmt *submitted = prepared(
        "INSERT INTO events (task_id, at, type) VALUES (last_insert_rowid(), " NOW ", 'submitted')");
    const int listener = listening(argv[2]), ready = epoll_create1(EPOLL_CLOEXEC);
    puts("ready");
    fflush(stdout);
    for (;;) {
        const int connection = accept(listener, NULL, NULL);

        if (connection < 0 || epoll_ctl(ready, EPOLL_CTL_ADD, connection, &event) != 0)
            return 69;
        while (epoll_wait(ready, &event, 1, -1) == 1 && recv(connection, request, sizeof request, 0) > 0) {
            run(begin);
            run(task);
            run(submitted);
            run(commit);
            if (send(connection, answer, sizeof answer, MSG_NOSIGNAL) != sizeof answer)
                break;
        }
        close(connection);
    }
}

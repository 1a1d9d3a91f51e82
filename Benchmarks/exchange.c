/* Questions over HTTP without anything around them, each on a connection of its own.
 * Build: cc -O2 -D_GNU_SOURCE -o exchange exchange.c
 * exchange serve: prints its port, and answers each GET with a number, in SRU or in JSON.
 * exchange ask PORT COUNT AT-ONCE TARGET: asks so often, and prints how many seconds that took. */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 1024, ROOM = 4096 };

static const char sru[] =
    "<?xml version=\"1.0\"?>\n<zs:searchRetrieveResponse xmlns:zs=\"http://www.loc.gov/zing/srw/\">"
    "<zs:version>1.1</zs:version><zs:numberOfRecords>1247</zs:numberOfRecords></zs:searchRetrieveResponse>\n";
static const char json[] = "{\"total\": 1247}\n";

static struct sockaddr_in loopback(int port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return address;
}

static void answer(int connection)
{
    char request[ROOM] = "", reply[ROOM];
    size_t length = 0;
    ssize_t got;

    while (strstr(request, "\r\n\r\n") == NULL) {
        got = recv(connection, request + length, sizeof request - 1 - length, 0);
        if (got <= 0)
            break;
        length += (size_t)got;
        request[length] = 0;
    }
    const char *body = strstr(request, "searchRetrieve") != NULL ? sru : json;
    const int size = snprintf(reply, sizeof reply, "HTTP/1.1 200 OK\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
        "Connection: close\r\n\r\n%s", body == sru ? "text/xml" : "application/json", strlen(body), body);
    if (send(connection, reply, (size_t)size, MSG_NOSIGNAL) != size)
        fprintf(stderr, "an answer was not wanted\n");
    close(connection);
}

static int serve(void)
{
    struct sockaddr_in address = loopback(0);
    socklen_t length = sizeof address;
    struct epoll_event event = {.events = EPOLLIN}, events[MOST];
    const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int ready = epoll_create1(EPOLL_CLOEXEC);

    if (bind(listener, (struct sockaddr *)&address, length) != 0 || listen(listener, 4096) != 0
        || getsockname(listener, (struct sockaddr *)&address, &length) != 0)
        return 70;
    printf("%d\n", ntohs(address.sin_port));
    fflush(stdout);
    event.data.fd = listener;
    epoll_ctl(ready, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        const int count = epoll_wait(ready, events, MOST, -1);
        for (int i = 0; i < count; i++) {
            if (events[i].data.fd != listener) {
                answer(events[i].data.fd);
                continue;
            }
            while ((event.data.fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
                epoll_ctl(ready, EPOLL_CTL_ADD, event.data.fd, &event);
        }
    }
}

/* A connection that has been asked for; the question goes out when it can be written to. */
static struct pollfd begun(const struct sockaddr_in *address)
{
    const struct pollfd poll = {
        .fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), .events = POLLOUT};

    if (poll.fd < 0 || (connect(poll.fd, (const struct sockaddr *)address, sizeof *address) != 0 && errno != EINPROGRESS))
        exit(69);
    return poll;
}

static int ask(int port, int count, int at_once, const char *target)
{
    static struct pollfd polls[MOST];
    const struct sockaddr_in address = loopback(port);
    char request[ROOM], reply[ROOM];
    struct timespec begin, end;
    int started = 0, answered = 0;
    const int size = snprintf(request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/xml\r\n"
        "User-Agent: exchange\r\nConnection: close\r\n\r\n", target, port);

    if (at_once < 1 || at_once > MOST || size >= ROOM)
        return 64;
    clock_gettime(CLOCK_MONOTONIC, &begin);
    for (int i = 0; i < at_once; i++)
        polls[i] = started++ < count ? begun(&address) : (struct pollfd){.fd = -1};
    while (answered < count) {
        poll(polls, (nfds_t)at_once, -1);
        for (int i = 0; i < at_once; i++) {
            if (polls[i].revents & POLLOUT) {
                if (send(polls[i].fd, request, (size_t)size, MSG_NOSIGNAL) != size)
                    return 70;
                polls[i].events = POLLIN;
            } else if (polls[i].revents) {
                const ssize_t got = recv(polls[i].fd, reply, sizeof reply - 1, 0);
                if (got < 0)
                    return 70;
                if (got > 0)
                    continue;
                close(polls[i].fd);
                answered++;
                polls[i] = started++ < count ? begun(&address) : (struct pollfd){.fd = -1};
            }
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.4f\n", (double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "serve") == 0)
        return serve();
    if (argc == 6 && strcmp(argv[1], "ask") == 0)
        return ask(atoi(argv[2]), atoi(argv[3]), atoi(argv[4]), argv[5]);
    return 64;
}

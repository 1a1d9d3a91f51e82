/* How many requests a second a daemon answers: each connection sends the same request again as soon as it has its answer.
 * Build: cc -O2 -o submit_rate submit_rate.c; use: submit_rate SOCKET CONNECTIONS REQUESTS REQUEST-FILE */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 256, ROOM = 1 << 20 };

struct connection {
    char *answer;
    size_t length;
};

/* Whether `answer` is whole; exits when it is no success. */
static int is_whole(const struct connection *connection)
{
    const char *end = memmem(connection->answer, connection->length, "\r\n\r\n", 4);
    const char *length;

    if (end == NULL)
        return 0;
    if (memcmp(connection->answer, "HTTP/1.1 20", 11) != 0) {
        fprintf(stderr, "%.*s\n", (int)connection->length, connection->answer);
        exit(70);
    }
    length = strcasestr(connection->answer, "content-length:");
    return length != NULL && length < end
        && connection->length >= (size_t)(end + 4 - connection->answer) + strtoul(length + 15, NULL, 10);
}

static int connected(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    strncpy(address.sun_path, path, sizeof address.sun_path - 1);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        exit(69);
    return descriptor;
}

int main(int argc, char **argv)
{
    static struct pollfd polls[MOST];
    static struct connection connections[MOST];
    static char request[8 << 20];
    struct timespec begin, end;

    if (argc != 5)
        return 64;
    const int count = atoi(argv[2]), requests = atoi(argv[3]);
    FILE *file = fopen(argv[4], "rb");
    if (file == NULL || count < 1 || count > MOST)
        return 64;
    const size_t size = fread(request, 1, sizeof request, file);
    for (int i = 0; i < count; i++) {
        polls[i] = (struct pollfd){.fd = connected(argv[1]), .events = POLLIN};
        connections[i].answer = malloc(ROOM + 1);
    }
    clock_gettime(CLOCK_MONOTONIC, &begin);
    int sent = 0, answered = 0;
    for (int i = 0; i < count && sent < requests; i++, sent++)
        if (send(polls[i].fd, request, size, 0) != (ssize_t)size)
            return 70;
    while (answered < sent) {
        poll(polls, (nfds_t)count, -1);
        for (int i = 0; i < count; i++) {
            if (!polls[i].revents)
                continue;
            struct connection *connection = &connections[i];
            const ssize_t got = recv(polls[i].fd, connection->answer + connection->length, ROOM - connection->length, 0);
            if (got <= 0)
                return 70;
            connection->length += (size_t)got;
            connection->answer[connection->length] = 0;
            if (!is_whole(connection))
                continue;
            answered++;
            connection->length = 0;
            if (sent < requests) {
                sent++;
                if (send(polls[i].fd, request, size, 0) != (ssize_t)size)
                    return 70;
            }
        }
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    printf("%.1f\n", answered / ((double)(end.tv_sec - begin.tv_sec) + (double)(end.tv_nsec - begin.tv_nsec) / 1e9));
    return 0;
}

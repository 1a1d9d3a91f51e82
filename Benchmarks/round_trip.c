/* The least a client can do: connect to a Unix socket, ask for the daemon's health, read the answer, exit.
 * What taskctl takes is compared with this. Build: cc -O2 -static -o round_trip round_trip.c */
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static const char request[] = "GET /v1/health HTTP/1.1\r\nhost: taskd\r\nconnection: close\r\n\r\n";

int main(int argc, char **argv)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    char answer[4096];
    ssize_t length = 0, count;

    if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path)
        return 64;
    strcpy(address.sun_path, argv[1]);
    int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0 || connect(descriptor, (struct sockaddr *)&address, sizeof address) != 0)
        return 69;
    if (write(descriptor, request, sizeof request - 1) != sizeof request - 1)
        return 70;
    while ((count = read(descriptor, answer + length, sizeof answer - (size_t)length)) > 0)
        length += count;
    return length >= 12 && memcmp(answer, "HTTP/1.1 200", 12) == 0 ? 0 : 70;
}

// Asks the daemon at a fixed rate, whatever becomes of the answers, and says what became of them.
//
//   client SOCKET REQUESTS-A-SECOND SECONDS NAME
//
// Half of the requests read, each over a connection of its own; a quarter read over connections that are kept; a quarter
// submit a task with a key of its own, which makes asking again harmless. A request that is closed on before the first byte
// of an answer is asked again; one that is closed on later, or not answered for a minute, is dropped. SIGUSR1 marks the
// moment that something is broken: the time from there to the answer of a request that was made later is its healing.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { ROOM = 4096, KEPT = 16, LIMIT_US = 60000000, ATTEMPTS = 8, MARKS = 100 };

struct request {
    int socket;             // -1 when it is over
    bool is_kept;           // over a connection that is kept
    int number, attempts;
    int64_t begun;          // its first attempt
    size_t received;
    char answer[ROOM];
};

static struct request requests[ROOM];
static size_t open_count;
static int kept[KEPT];
static size_t kept_count;
static struct sockaddr_un address = {.sun_family = AF_UNIX};
static const char *name;
static volatile sig_atomic_t was_marked;
static int64_t marked, healing[MARKS];
static size_t healing_count;
static int64_t latencies[1 << 20];
static size_t answered;
static int asked, refused, dropped, busy, odd, retried, reopened;

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

static void mark(int number) {
    (void)number;
    was_marked = 1;
}

// A full queue makes a client wait its turn, as connect(2) does by itself when it may block.
static int connected(void) {
    int new = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (new < 0) {
        perror("client: socket");
        exit(71);
    }
    if (connect(new, (struct sockaddr *)&address, sizeof address) == 0) {
        fcntl(new, F_SETFL, O_NONBLOCK);
        return new;
    }
    close(new);
    return -1;
}

static void finish(struct request *request, bool keeps) {
    if (keeps && request->is_kept && kept_count < KEPT) kept[kept_count++] = request->socket;
    else close(request->socket);
    request->socket = -1;
}

static size_t text_of(const struct request *request, char *text, size_t room) {
    const char *close = request->is_kept ? "" : "Connection: close\r\n";
    if (request->number % 4 != 2) {
        return (size_t)snprintf(text, room, "GET /v1/tasks?limit=1 HTTP/1.1\r\nHost: taskd\r\n%s\r\n", close);
    }
    char body[256];
    int length = snprintf(body, sizeof body, "{\"sleep\": 0, \"hold\": true, \"name\": \"%s\", \"key\": \"%s-%d\"}", name,
                          name, request->number);
    return (size_t)snprintf(text, room, "POST /v1/tasks HTTP/1.1\r\nHost: taskd\r\nContent-Length: %d\r\n%s\r\n%s", length,
                            close, body);
}

// Counts an attempt that came to nothing: over a connection that was kept, closing it is the server's right.
static void again(struct request *request) {
    request->socket = -1;
    if (request->is_kept && request->attempts == 0) reopened++;
    else retried++;
    request->attempts++;
}

// Connects and sends; what cannot even connect was refused.
static void begin(struct request *request) {
    char text[1024];
    size_t length = text_of(request, text, sizeof text);
    request->received = 0;
    while (request->attempts < ATTEMPTS) {
        // One that was kept may have been closed meanwhile; asking again is done over a new one.
        bool was_kept = request->is_kept && kept_count > 0 && request->attempts == 0;
        request->socket = was_kept ? kept[--kept_count] : connected();
        if (request->socket < 0) {
            refused++;
            return;
        }
        if (send(request->socket, text, length, MSG_NOSIGNAL) == (ssize_t)length) return;
        close(request->socket);
        again(request);
    }
    dropped++;
}

static void begin_another(void) {
    for (size_t i = 0; i < ROOM; i++) {
        if (requests[i].socket >= 0) continue;
        requests[i] = (struct request){.number = asked++, .begun = now()};
        requests[i].is_kept = requests[i].number % 4 == 3;
        begin(&requests[i]);
        return;
    }
    asked++;
    dropped++;
}

static void begin_again(struct request *request) {
    close(request->socket);
    if (request->received > 0) {
        request->socket = -1;
        dropped++;
        return;
    }
    again(request);
    begin(request);
}

static void count(struct request *request, int status) {
    int64_t time = now();
    if (status == 503) busy++;
    else if (status < 200 || status > 299) odd++;
    latencies[answered++] = time - request->begun;
    if (marked && request->begun >= marked && healing_count < MARKS) {
        healing[healing_count++] = time - marked;
        marked = 0;
    }
}

// Whether the answer is whole: its head, and as many bytes as that says.
static bool is_whole(struct request *request, int *status) {
    request->answer[request->received < ROOM ? request->received : ROOM - 1] = 0;
    char *end = strstr(request->answer, "\r\n\r\n");
    if (!end || sscanf(request->answer, "HTTP/1.1 %d", status) != 1) return false;
    char *length = strcasestr(request->answer, "\r\ncontent-length:");
    if (!length || length > end) return false;
    return request->received >= (size_t)(end + 4 - request->answer) + strtoul(length + 17, NULL, 10);
}

static void attend(struct request *request) {
    // What does not fit is counted and thrown away: the head has come by then.
    char rest[ROOM];
    bool fits = request->received < ROOM - 1;
    ssize_t received = fits ? recv(request->socket, request->answer + request->received, ROOM - 1 - request->received, 0)
                            : recv(request->socket, rest, sizeof rest, 0);
    if (received < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (received <= 0) {
        begin_again(request);
        return;
    }
    request->received += (size_t)received;
    int status = 0;
    if (!is_whole(request, &status)) return;
    count(request, status);
    finish(request, true);
}

static void expire(struct request *request, int64_t time) {
    if (time - request->begun < LIMIT_US) return;
    dropped++;
    finish(request, false);
}

static void wait_for_answers(int64_t until) {
    static struct pollfd polls[ROOM];
    static struct request *polled[ROOM];
    open_count = 0;
    int64_t time = now();
    for (size_t i = 0; i < ROOM; i++) {
        if (requests[i].socket >= 0) expire(&requests[i], time);
        if (requests[i].socket < 0) continue;
        polled[open_count] = &requests[i];
        polls[open_count++] = (struct pollfd){.fd = requests[i].socket, .events = POLLIN};
    }
    int64_t left = until > time ? until - time : 0;
    struct timespec timeout = {left / 1000000, left % 1000000 * 1000};
    if (ppoll(polls, open_count, &timeout, NULL) <= 0) return;
    for (size_t i = 0; i < open_count; i++) {
        if (polls[i].revents) attend(polled[i]);
    }
}

static int by_size(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return (a > b) - (a < b);
}

static void report(void) {
    qsort(latencies, answered, sizeof *latencies, by_size);
    qsort(healing, healing_count, sizeof *healing, by_size);
    printf("asked=%d answered=%zu refused=%d dropped=%d busy=%d odd=%d retried=%d reopened=%d p50_ms=%.1f p99_ms=%.1f max_ms=%.1f", asked,
           answered, refused, dropped, busy, odd, retried, reopened, answered ? latencies[answered / 2] / 1e3 : 0,
           answered ? latencies[answered * 99 / 100] / 1e3 : 0, answered ? latencies[answered - 1] / 1e3 : 0);
    printf(" healed=%zu heal_p50_ms=%.1f heal_max_ms=%.1f\n", healing_count,
           healing_count ? healing[healing_count / 2] / 1e3 : 0, healing_count ? healing[healing_count - 1] / 1e3 : 0);
}

int main(int count, char **arguments) {
    if (count != 5 || strlen(arguments[1]) >= sizeof address.sun_path) {
        fputs("usage: client SOCKET REQUESTS-A-SECOND SECONDS NAME\n", stderr);
        return 64;
    }
    strcpy(address.sun_path, arguments[1]);
    int64_t period = 1000000 / strtol(arguments[2], NULL, 10);
    int64_t begun = now(), end = begun + strtol(arguments[3], NULL, 10) * 1000000, next = begun;
    name = arguments[4];
    for (size_t i = 0; i < ROOM; i++) requests[i].socket = -1;
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGUSR1, mark);
    puts("begun");
    fflush(stdout);
    while (next < end || open_count > 0) {
        if (was_marked) {
            was_marked = 0;
            marked = now();
        }
        for (; next <= now() && next < end; next += period) begin_another();
        wait_for_answers(next < end ? next : now() + 100000);
    }
    report();
    return 0;
}

/* listen.c - the phantom's listening socket; see listen.h. */
#include "harness/phantom/listen.h"

#include "harness/base/buf.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 1024 };

static bool keep_from_children(int fd)
{
    return fcntl(fd, F_SETFD, FD_CLOEXEC) == 0;
}

int listen_pipe(int fds[2])
{
    if (pipe(fds) != 0)
        return -1;
    if (keep_from_children(fds[0]) && keep_from_children(fds[1]))
        return 0;
    close(fds[0]);
    close(fds[1]);
    return -1;
}

static int bound_port(int fd)
{
    struct sockaddr_storage a;
    socklen_t n = sizeof a;

    if (getsockname(fd, (struct sockaddr *)&a, &n) != 0)
        return -1;
    return ntohs(a.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&a)->sin6_port
                                         : ((struct sockaddr_in *)&a)->sin_port);
}

/* -1 with errno, or a listening socket. */
static int listen_on(const struct addrinfo *a)
{
    int one = 1, fd = socket(a->ai_family, a->ai_socktype, a->ai_protocol);

    if (fd < 0)
        return -1;
    if (keep_from_children(fd) && setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one) == 0 &&
        bind(fd, a->ai_addr, a->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int code = errno;
    close(fd);
    errno = code;
    return -1;
}

enum err_code listen_open(const char *host, int port, int *ret_fd, int *ret_port, struct err *err)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE | AI_NUMERICSERV};
    struct addrinfo *list;
    struct buf service = BUF_INIT;

    if (port < 0 || port > 65535)
        return err_set(err, ERR_USAGE, "port %d is not between 0 and 65535", port);
    buf_printf(&service, "%d", port);
    int code = getaddrinfo(host, buf_cstr(&service), &hints, &list);
    buf_release(&service);
    if (code)
        return err_set(err, ERR_USAGE, "cannot listen on %s: %s", host, gai_strerror(code));
    int fd = -1;
    for (const struct addrinfo *a = list; a && fd < 0; a = a->ai_next)
        fd = listen_on(a);
    code = errno;
    freeaddrinfo(list);
    if (fd < 0)
        return err_set(
            err, ERR_USAGE, "cannot listen on %s port %d: %s", host, port, strerror(code));
    *ret_fd = fd;
    *ret_port = bound_port(fd);
    return OK;
}

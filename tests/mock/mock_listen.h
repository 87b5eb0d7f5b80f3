/*
 * mock_listen.h - a port of the loopback, told on stdout: how a server of the tests begins.
 */
#ifndef TESTS_MOCK_MOCK_LISTEN_H
#define TESTS_MOCK_MOCK_LISTEN_H

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

/* A listening socket on a port of the system's choice; prints "port N". Ends the program `name` if
 * there is none. */
static inline int mock_listen(const char *name)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t n = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 1024) ||
        getsockname(fd, (struct sockaddr *)&a, &n)) {
        perror(name);
        exit(1);
    }
    printf("port %d\n", ntohs(a.sin_port));
    fflush(stdout);
    return fd;
}

#endif

/* ledger.c - the phantom's own account of what it sent; see ledger.h. */
#include "harness/phantom/ledger.h"

#include "harness/base/json.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum err_code ledger_open(const char *path, struct ledger *ret, struct err *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);

    if (fd < 0)
        return err_set(err, ERR_IO, "cannot open the ledger %s: %s", path, strerror(errno));
    ret->fd = fd;
    return OK;
}

void ledger_close(struct ledger *l)
{
    if (l->fd >= 0)
        close(l->fd);
    l->fd = -1;
}

void ledger_line(struct digest body, const struct wire_reply *reply, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);
    char hex[DIGEST_HEX_LEN + 1];

    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "digest", digest_hex(body, hex));
    jsonw_str(&w, "model", reply->model);
    jsonw_int(&w, "prompt_tokens", reply->prompt_tokens);
    jsonw_int(&w, "completion_tokens", reply->completion_tokens);
    jsonw_int(&w, "reasoning_tokens", reply->reasoning_tokens);
    jsonw_cstr(&w, "finish_reason", reply->finish_reason);
    jsonw_end_object(&w);
    buf_putc(out, '\n');
}

bool ledger_append(const struct ledger *l, struct str line)
{
    ssize_t n;

    do
        n = write(l->fd, line.p, line.n);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t)line.n;
}

/* split_line.c - see split_line.h; docs/split.schema.json describes a line. */
#include "splitters/split_line.h"

#include "splitters/splitters.h"

#include <stdlib.h>
#include <string.h>

void split_line_open(struct json_writer *w, const struct split *s)
{
    jsonw_object(w, NULL);
    jsonw_str(w, "id", s->id);
    jsonw_str(w, "cluster", s->cluster);
    jsonw_str(w, "stratum", s->stratum);
    jsonw_str(w, "context", s->context);
    jsonw_array(w, "queries");
}

void split_line_query(struct json_writer *w, const struct split_query *q)
{
    jsonw_object(w, NULL);
    jsonw_cstr(w, "id", q->id);
    jsonw_str(w, "query", q->text);
    jsonw_cstr(w, "gold", q->gold);
    jsonw_cstr(w, "stratum", q->stratum);
    jsonw_cstr(w, "solution", q->solution);
    if (q->origin != ORIGIN_UNSAID)
        jsonw_cstr(w, "origin", split_origin_name((enum split_origin)q->origin));
    if (q->verified != VERIFIED_UNSAID)
        jsonw_bool(w, "verified", q->verified == VERIFIED_YES);
    if (q->votes) {
        jsonw_object(w, "votes");
        jsonw_int(w, "agree", q->agree);
        jsonw_int(w, "votes", q->votes);
        jsonw_end_object(w);
    }
    jsonw_end_object(w);
}

void split_line_close(struct json_writer *w, const struct split *s)
{
    jsonw_end_array(w);
    if (s->empty_context) {
        jsonw_array(w, "flags");
        jsonw_cstr(w, NULL, "empty_context");
        jsonw_end_array(w);
    }
    jsonw_end_object(w);
    buf_putc(w->out, '\n');
}

/* A text member of an object: where it goes and whether it must be there and hold something. */
struct member {
    const char *key;
    struct str *ret;
    bool required, may_be_empty;
};

static enum err_code read_texts(const struct json *object, const struct member *members, size_t n,
    struct arena *arena, struct err *err)
{
    for (size_t i = 0; i < n; i++) {
        const struct json *v = json_get(object, members[i].key);
        if (json_type(v) != JSON_STRING && (v || members[i].required))
            return err_set(err, ERR_INPUT, "\"%s\" must be a string, found %s", members[i].key,
                json_type_name(json_type(v)));
        *members[i].ret = v ? arena_str(arena, json_str(v)) : STR("");
        if (members[i].required && !members[i].may_be_empty && !str_trim(*members[i].ret).n)
            return err_set(err, ERR_INPUT, "\"%s\" is empty", members[i].key);
    }
    return OK;
}

/* keys: a blank in front of and behind each name. */
static enum err_code check_keys(const struct json *object, const char *keys, struct err *err)
{
    for (const struct json *m = json_first(object); m; m = json_next(m)) {
        struct buf word = BUF_INIT;
        buf_printf(&word, " %.*s ", STR_ARG(json_key(m)));
        bool blank = str_find(json_key(m), STR(" "), 0) != SIZE_MAX; /* two names are none */
        bool known = strstr(keys, buf_cstr(&word)) != NULL && json_key(m).n && !blank;
        buf_release(&word);
        if (!known)
            return err_set(err, ERR_INPUT, "unknown key \"%.*s\"; there may be:%s",
                STR_ARG(json_key(m)), keys);
    }
    return OK;
}

static enum err_code read_origin(const struct json *json, struct split_query *ret, struct err *err)
{
    const struct json *v = json_get(json, "origin");

    if (!v)
        return OK;
    for (int o = ORIGIN_ORIGINAL; o < ORIGIN_COUNT; o++)
        if (json_type(v) == JSON_STRING &&
            str_eqc(json_str(v), split_origin_name((enum split_origin)o))) {
            ret->origin = (uint8_t)o;
            return OK;
        }
    return err_set(err, ERR_INPUT, "\"origin\" must be original, generated or world");
}

static enum err_code read_votes(const struct json *json, struct split_query *ret, struct err *err)
{
    const struct json *verified = json_get(json, "verified"), *votes = json_get(json, "votes");
    int64_t agree, all;

    if (verified && json_type(verified) != JSON_BOOL)
        return err_set(err, ERR_INPUT, "\"verified\" must be true or false");
    if (verified)
        ret->verified = json_bool(verified, false) ? VERIFIED_YES : VERIFIED_NO;
    if (!votes)
        return OK;
    if (!json_int(json_get(votes, "agree"), &agree) || !json_int(json_get(votes, "votes"), &all) ||
        json_len(votes) != 2 || agree < 0 || agree > all || all < 1 || all > UINT16_MAX)
        return err_set(err, ERR_INPUT,
            "\"votes\" must be {\"agree\":N,\"votes\":M} with 0 <= N <= M and M from 1 to %d",
            UINT16_MAX);
    ret->agree = (uint16_t)agree;
    ret->votes = (uint16_t)all;
    return OK;
}

static enum err_code read_query(
    const struct json *json, struct arena *arena, struct split_query *ret, struct err *err)
{
    struct str id = STR(""), gold = STR(""), stratum = STR(""), solution = STR("");
    const struct member members[] = {
        {"id", &id, true, false},
        {"query", &ret->text, true, false},
        {"gold", &gold, true, false},
        {"stratum", &stratum, false, true},
        {"solution", &solution, false, true},
    };

    if (json_type(json) != JSON_OBJECT)
        return err_set(err, ERR_INPUT, "a query must be an object");
    if (read_texts(json, members, ARRAY_LEN(members), arena, err) ||
        check_keys(json, " id query gold stratum solution origin verified votes ", err) ||
        read_origin(json, ret, err) || read_votes(json, ret, err))
        return err->code;
    ret->id = id.p;
    ret->gold = gold.p;
    ret->stratum = stratum.p;
    ret->solution = solution.p;
    return OK;
}

static enum err_code check_flags(const struct json *flags, struct err *err)
{
    if (flags && json_type(flags) != JSON_ARRAY)
        return err_set(err, ERR_INPUT, "\"flags\" must be a list");
    for (const struct json *f = json_first(flags); f; f = json_next(f))
        if (!str_eqc(json_str(f), "empty_context"))
            return err_set(err, ERR_INPUT, "\"flags\" may hold \"empty_context\" only");
    return OK;
}

static enum err_code read_queries(
    const struct json *doc, struct arena *arena, struct split *s, struct err *err)
{
    const struct json *queries = json_get(doc, "queries");
    size_t n = json_len(queries);

    if (json_type(queries) != JSON_ARRAY || !n)
        return err_set(err, ERR_INPUT, "\"queries\" must be a list with at least one query");
    s->cap = n;
    s->queries = xcalloc(n, sizeof *s->queries);
    for (const struct json *q = json_first(queries); q; q = json_next(q)) {
        if (read_query(q, arena, &s->queries[s->nqueries], err))
            return err_wrap(err, "query %zu", s->nqueries + 1);
        s->nqueries++;
    }
    return OK;
}

static enum err_code read_split(
    const struct json *doc, struct arena *arena, struct split *s, struct err *err)
{
    const struct member members[] = {
        {"id", &s->id, true, false},
        {"cluster", &s->cluster, true, false},
        {"stratum", &s->stratum, false, true},
        {"context", &s->context, true, true},
    };

    if (json_type(doc) != JSON_OBJECT)
        return err_set(err, ERR_INPUT, "a split must be one JSON object a line");
    if (read_texts(doc, members, ARRAY_LEN(members), arena, err) ||
        check_keys(doc, " id cluster stratum context queries flags ", err) ||
        check_flags(json_get(doc, "flags"), err))
        return err->code;
    s->empty_context = split_context_is_empty(s->context);
    return read_queries(doc, arena, s, err);
}

enum err_code split_line_read(
    struct str line, struct arena *arena, struct split *ret, struct err *err)
{
    struct split s = {0};
    struct json *doc;
    enum err_code code = json_parse(line, JSON_STRICT, &doc, err);

    if (code)
        return code;
    code = read_split(doc, arena, &s, err);
    json_free(doc);
    if (code)
        free(s.queries);
    else
        *ret = s;
    return code;
}

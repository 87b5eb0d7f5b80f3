/* store_plan.c - "insert or find" for everything a plan holds; see store_plan.h. */
#include "harness/store/store_plan.h"

#include "harness/store/sql.h"

/* Whether the insert just run made a row, and the key of that row. */
static bool inserted(struct store *s, int64_t *ret_key)
{
    if (!sqlite3_changes(s->db))
        return false;
    *ret_key = sqlite3_last_insert_rowid(s->db);
    return true;
}

enum err_code store_text_put(struct store *s, struct str text, int64_t *ret_key, struct err *err)
{
    static const char insert[] =
        "INSERT INTO text(digest, body) VALUES(?1, ?2) ON CONFLICT DO NOTHING";
    static const char find[] = "SELECT key FROM text WHERE digest = ?1";
    struct digest d = digest_of(text);
    struct str id = {(const char *)d.b, DIGEST_LEN};

    if (sql_run(s, err, insert, "bb", &id, &text))
        return err->code;
    if (inserted(s, ret_key))
        return OK;
    return sql_run_int(s, err, ret_key, find, "b", &id);
}

enum err_code store_text_get(struct store *s, int64_t key, struct buf *ret, struct err *err)
{
    static const char sql[] = "SELECT body FROM text WHERE key = ?1";
    sqlite3_stmt *st;
    bool row;

    if (sql_prepare(s, sql, &st, err) || sql_bind(s, st, err, "i", key) ||
        sql_step(s, st, &row, err))
        return err->code;
    if (!row)
        return err_set(err, ERR_NOT_FOUND, "%s: text %lld is missing", s->path, (long long)key);
    buf_str_add(ret, sql_text(st, 0));
    sqlite3_reset(st);
    return OK;
}

static enum err_code put_arm(void *payload, const struct plan_arm *a, int64_t *ret, struct err *err)
{
    static const char sql[] =
        "INSERT INTO arm(name, method, model, sleep_model, k, samples, sleep, k_list, simulated) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(name) DO UPDATE SET "
        "sleep_model = excluded.sleep_model, sleep = excluded.sleep, "
        "samples = max(samples, excluded.samples), k_list = excluded.k_list";
    static const char find[] = "SELECT key FROM arm WHERE name = ?1";
    struct store *s = payload;

    if (sql_run(s, err, sql, "ssssiiisi", a->name, a->method, a->model, a->sleep_model, a->k,
            a->samples, a->sleep, a->k_list, (int64_t)a->simulated))
        return err->code;
    return sql_run_int(s, err, ret, find, "s", a->name);
}

static enum err_code put_sleep(
    void *payload, const struct plan_sleep *p, int64_t *ret, struct err *err)
{
    static const char sql[] =
        "INSERT INTO sleep(name, model, temperature) VALUES(?1, ?2, ?3) ON CONFLICT DO NOTHING";
    static const char find[] = "SELECT key FROM sleep WHERE name = ?1";
    struct store *s = payload;

    if (sql_run(s, err, sql, "sid", p->name, p->model, p->temperature))
        return err->code;
    return sql_run_int(s, err, ret, find, "s", p->name);
}

static enum err_code put_variant(
    void *payload, const struct plan_variant *v, int64_t *ret, struct err *err)
{
    static const char sql[] =
        "INSERT INTO variant(name, asleep, model, form, level, temperature, max_tokens, sleep, k) "
        "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT(name) DO UPDATE SET "
        "max_tokens = excluded.max_tokens";
    static const char find[] = "SELECT key FROM variant WHERE name = ?1";
    struct store *s = payload;

    if (sql_run(s, err, sql, "siiiidoii", v->name, (int64_t)v->asleep, v->model, (int64_t)v->form,
            (int64_t)v->level, v->temperature, v->max_tokens, v->sleep, v->k))
        return err->code;
    return sql_run_int(s, err, ret, find, "s", v->name);
}

static enum err_code put_context(
    void *payload, const struct split *sp, int64_t *ret, struct err *err)
{
    static const char sql[] = "INSERT INTO context(id, cluster, stratum, text) "
                              "VALUES(?1, ?2, ?3, ?4) ON CONFLICT DO NOTHING";
    static const char find[] = "SELECT key FROM context WHERE cluster = ?1 AND text = ?2";
    struct store *s = payload;
    int64_t text;

    if (store_text_put(s, sp->context, &text, err) ||
        sql_run(s, err, sql, "ttti", &sp->id, &sp->cluster, &sp->stratum, text))
        return err->code;
    if (inserted(s, ret))
        return OK;
    return sql_run_int(s, err, ret, find, "ti", &sp->cluster, text);
}

/* The quantity that a worked solution ends in: the name before " = " of its last line that is not
 * the "#### gold" line. Empty if the lines have no such form. */
static struct str target_of(struct str solution)
{
    struct str rest = solution, line, target = STR("");

    while (str_cut(&rest, '\n', &line)) {
        size_t at = str_find(line, STR(" = "), 0);
        if (at != SIZE_MAX && !str_starts(line, STR("####")))
            target = str_trim(str_slice(line, 0, at));
    }
    return target;
}

static enum err_code put_query(void *payload, int64_t context, const struct split *sp,
    const struct split_query *q, int64_t *ret, struct err *err)
{
    static const char sql[] = "INSERT INTO query(id, context, text, gold, stratum, target) "
                              "VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    static const char find[] = "SELECT key, context, text FROM query WHERE id = ?1";
    struct store *s = payload;
    struct str target = target_of(str_c(q->solution));
    struct str id = str_c(q->id), gold = str_c(q->gold);
    struct str stratum = q->stratum[0] ? str_c(q->stratum) : sp->stratum;
    sqlite3_stmt *st;
    int64_t text;
    bool found;

    if (store_text_put(s, q->text, &text, err) ||
        sql_run(s, err, sql, "tiittt", &id, context, text, &gold, &stratum, &target))
        return err->code;
    if (inserted(s, ret))
        return OK;
    if (sql_prepare(s, find, &st, err) || sql_bind(s, st, err, "t", &id) ||
        sql_step(s, st, &found, err))
        return err->code;
    bool same =
        found && sqlite3_column_int64(st, 1) == context && sqlite3_column_int64(st, 2) == text;
    *ret = found ? sqlite3_column_int64(st, 0) : 0;
    sqlite3_reset(st);
    if (!same)
        return err_set(err, ERR_USAGE,
            "query \"%s\" has another text than when this run began: the dataset changed", q->id);
    return OK;
}

static enum err_code put_task(
    void *payload, const struct plan_task *t, int64_t *ret, struct err *err)
{
    static const char sql[] = "INSERT INTO task(id, variant, context, query, sample, repeat, seed) "
                              "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING";
    static const char find[] = "SELECT key FROM task WHERE id = ?1";
    static const char mark[] = "INSERT OR IGNORE INTO planned(task) VALUES(?1)";
    struct store *s = payload;
    struct str id = {(const char *)t->id.b, DIGEST_LEN};

    if (sql_run(s, err, sql, "biioiii", &id, t->variant, t->context, t->query ? t->query : -1,
            t->sample, t->repeat, t->seed))
        return err->code;
    if (inserted(s, ret))
        return OK;
    if (sql_run_int(s, err, ret, find, "b", &id))
        return err->code;
    return sql_run(s, err, mark, "i", *ret);
}

static enum err_code put_cell(void *payload, const struct plan_cell *c, struct err *err)
{
    static const char sql[] = "INSERT INTO cell(arm, level, query, repeat, sample, task) "
                              "VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO UPDATE SET "
                              "task = excluded.task";

    return sql_run(
        payload, err, sql, "iiiiii", c->arm, c->level, c->query, c->repeat, c->sample, c->task);
}

struct plan_sink store_plan_sink(struct store *s)
{
    return (struct plan_sink){
        .payload = s,
        .arm = put_arm,
        .sleep = put_sleep,
        .variant = put_variant,
        .context = put_context,
        .query = put_query,
        .task = put_task,
        .cell = put_cell,
    };
}

enum err_code store_plan_mark(struct store *s, struct err *err)
{
    static const char make[] = "CREATE TEMP TABLE IF NOT EXISTS planned(task INTEGER PRIMARY KEY)";
    static const char last[] = "CREATE TEMP TABLE IF NOT EXISTS planned_before AS "
                               "SELECT coalesce(max(key), 0) AS last FROM task";

    if (sql_run(s, err, make, ""))
        return err->code;
    return sql_run(s, err, last, "");
}

enum err_code store_plan_unmarked(struct store *s, int64_t *ret_n, struct err *err)
{
    static const char sql[] =
        "SELECT count(*) FROM task WHERE key <= (SELECT last FROM temp.planned_before) "
        "AND key NOT IN (SELECT task FROM temp.planned)";

    return sql_run_int(s, err, ret_n, sql, "");
}

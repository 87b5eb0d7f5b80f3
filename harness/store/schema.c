/*
 * schema.c - the run database's tables.
 *
 *   - text: every prompt, context, query and learned context once, found by digest
 *   - context: a context of a cluster; query: a question on it with its gold
 *   - sleep: a sleep configuration (model, temperature); arm: a series of the figures
 *   - variant: one way of asking: all of a request but context, query, sample and repeat
 *   - task: a planned unit, id is its content hash; cell: which task a result table's cell means
 *   - call: one attempt on the wire; key = task << 16 | number; request and response packed
 * (pack.h)
 *   - learned: the learned context a sleep task made; answer: what an answering task said
 *   - score: an answer's status under a grader; label: verdicts by others (people, judges)
 *   - batch: requests handed over together (store_batch.h); batch_line: one of them, and a task is
 *     in at most one open line; a call that came by a batch names it
 *   - forcing: what an answer under budget forcing used of its budget
 *   - likelihood: log-probabilities of a query given its context and alone, nats
 *
 * Times are monotonic ns of the writing process; wall_ms is a label; held_ns is the part of
 * sent - ready that a server or a back-off asked for; served names the model that answered. Usage
 * columns: NULL = the provider did not say. in_write_1h is the part of in_write kept for an hour.
 */
#include "harness/store/sql.h"

#define USAGE_COLUMNS                                                                              \
    "in_uncached INTEGER, in_cached INTEGER, in_write INTEGER, out_visible INTEGER, "              \
    "out_reasoning INTEGER"

static const char first_version[] =
    "CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;"
    "CREATE TABLE text(key INTEGER PRIMARY KEY, digest BLOB NOT NULL UNIQUE, body BLOB NOT NULL) "
    "STRICT;"
    "CREATE TABLE context(key INTEGER PRIMARY KEY, id TEXT NOT NULL, cluster TEXT NOT NULL, "
    "stratum TEXT NOT NULL, text INTEGER NOT NULL REFERENCES text(key), UNIQUE(cluster, text)) "
    "STRICT;"
    "CREATE TABLE query(key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, "
    "context INTEGER NOT NULL REFERENCES context(key), "
    "text INTEGER NOT NULL REFERENCES text(key), gold TEXT NOT NULL, stratum TEXT NOT NULL, "
    "target TEXT NOT NULL) STRICT;"
    "CREATE TABLE sleep(key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
    "model INTEGER NOT NULL, temperature REAL NOT NULL) STRICT;"
    "CREATE TABLE arm(key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, method TEXT NOT NULL, "
    "model TEXT NOT NULL, sleep_model TEXT NOT NULL, k INTEGER NOT NULL, "
    "samples INTEGER NOT NULL, sleep INTEGER NOT NULL, k_list TEXT NOT NULL, "
    "simulated INTEGER NOT NULL) STRICT;"
    "CREATE TABLE variant(key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, "
    "asleep INTEGER NOT NULL, model INTEGER NOT NULL, form INTEGER NOT NULL, "
    "level INTEGER NOT NULL, temperature REAL NOT NULL, max_tokens INTEGER, "
    "sleep INTEGER NOT NULL, k INTEGER NOT NULL) STRICT;"
    "CREATE TABLE task(key INTEGER PRIMARY KEY, id BLOB NOT NULL UNIQUE, "
    "variant INTEGER NOT NULL REFERENCES variant(key), "
    "context INTEGER NOT NULL REFERENCES context(key), query INTEGER REFERENCES query(key), "
    "sample INTEGER NOT NULL, repeat INTEGER NOT NULL, seed INTEGER NOT NULL) STRICT;"
    "CREATE TABLE cell(arm INTEGER NOT NULL, level INTEGER NOT NULL, query INTEGER NOT NULL, "
    "repeat INTEGER NOT NULL, sample INTEGER NOT NULL, task INTEGER NOT NULL, "
    "PRIMARY KEY(arm, level, query, repeat, sample)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE call(key INTEGER PRIMARY KEY, outcome INTEGER NOT NULL, "
    "status INTEGER NOT NULL, ready_ns INTEGER, sent_ns INTEGER, first_ns INTEGER, "
    "done_ns INTEGER, wall_ms INTEGER, " USAGE_COLUMNS ", headers TEXT, why TEXT, "
    "request BLOB NOT NULL, response BLOB) STRICT;"
    "CREATE TABLE learned(task INTEGER PRIMARY KEY, context INTEGER NOT NULL, "
    "sleep INTEGER NOT NULL, j INTEGER NOT NULL, repeat INTEGER NOT NULL, "
    "text INTEGER NOT NULL REFERENCES text(key), outcome INTEGER NOT NULL, "
    "calls INTEGER NOT NULL, rethinks INTEGER NOT NULL, refused INTEGER NOT NULL, "
    "chars INTEGER NOT NULL, empty INTEGER NOT NULL, " USAGE_COLUMNS ", "
    "UNIQUE(context, sleep, repeat, j)) STRICT;"
    "CREATE TABLE answer(task INTEGER PRIMARY KEY, outcome INTEGER NOT NULL, text BLOB NOT "
    "NULL, " USAGE_COLUMNS ") STRICT;"
    "CREATE TABLE score(task INTEGER NOT NULL, query INTEGER NOT NULL, grader TEXT NOT NULL, "
    "status INTEGER NOT NULL, value TEXT NOT NULL, PRIMARY KEY(task, query, grader)) STRICT, "
    "WITHOUT ROWID;"
    "CREATE TABLE label(task INTEGER NOT NULL, query INTEGER NOT NULL, name TEXT NOT NULL, "
    "value TEXT NOT NULL, PRIMARY KEY(task, query, name)) STRICT, WITHOUT ROWID;";

/* Stores of version 1 have calls without these columns: not known there, NULL. */
static const char second_version[] =
    "ALTER TABLE call ADD COLUMN held_ns INTEGER;"
    "ALTER TABLE call ADD COLUMN served TEXT;"
    "ALTER TABLE call ADD COLUMN in_write_1h INTEGER;"
    "CREATE TABLE forcing(task INTEGER PRIMARY KEY, thinking INTEGER NOT NULL, "
    "injected INTEGER NOT NULL, generated INTEGER NOT NULL, answer INTEGER NOT NULL, "
    "extensions INTEGER NOT NULL, ended INTEGER NOT NULL, estimated INTEGER NOT NULL) STRICT;"
    "CREATE TABLE likelihood(task INTEGER PRIMARY KEY, given REAL, given_tokens INTEGER NOT NULL, "
    "alone REAL, alone_tokens INTEGER NOT NULL, bytes INTEGER NOT NULL, chars INTEGER NOT NULL, "
    "merged INTEGER NOT NULL, clamped INTEGER NOT NULL) STRICT;"
    "ALTER TABLE call ADD COLUMN batch INTEGER;"
    "CREATE TABLE batch(key INTEGER PRIMARY KEY, model INTEGER NOT NULL, state INTEGER NOT NULL, "
    "tag TEXT NOT NULL UNIQUE, dialect TEXT NOT NULL, base TEXT NOT NULL, file TEXT, remote TEXT, "
    "lines INTEGER NOT NULL, meant_ms INTEGER NOT NULL, created_ms INTEGER, ended_ms INTEGER, "
    "why TEXT) STRICT;"
    "CREATE TABLE batch_line(batch INTEGER NOT NULL REFERENCES batch(key), task INTEGER NOT NULL, "
    "n INTEGER NOT NULL, open INTEGER NOT NULL, PRIMARY KEY(batch, task)) STRICT, WITHOUT ROWID;"
    "CREATE UNIQUE INDEX batch_line_open ON batch_line(task) WHERE open;";

const char *const store_schema_steps[] = {first_version, second_version};

/*
 * models.h - which hosts and models are known, and what is known of them: rows of traits.
 *
 * A file (configs/models.json, or the user's named by the configuration key `models_file`) has two
 * lists. A host is a place that serves models: address, key variable, traits. A model row is for
 * names at some hosts and says which traits differ there. docs/MODELS.md is the format.
 *
 * Traits of a model are put together from layers, each of which says some members and leaves the
 * others: what is expected of its wire format; the program's host and model rows; the user's host
 * and model rows; the entry of the configuration. Of model rows that fit, the one whose pattern has
 * more letters goes last and so wins; of equal ones the one for a wire format, then the later.
 */
#ifndef HARNESS_CONFIG_MODELS_H
#define HARNESS_CONFIG_MODELS_H

#include "harness/config/traits.h"

struct model_host {
    struct str name;
    struct str base_url;     /* p NULL: has none, the entry must give it */
    struct str key_env;      /* p NULL: needs no key */
    struct str_list aliases; /* patterns of other addresses of the same */
    bool by_name;            /* stands anywhere: its name counts also beside a base_url */
    struct str traits;       /* JSON object, p NULL: none differ */
    struct str source, checked;
    bool unsure;
};

struct model_row {
    struct str_list hosts, names; /* names are patterns, * stands for any text */
    struct str api;               /* holds on this wire format only; p NULL: on all */
    struct str traits, source, checked;
    bool unsure;
};

struct model_list {
    struct object_list hosts, models; /* struct model_host, struct model_row */
    const char *origin;               /* names the file */
};

extern const char models_shipped_path[]; /* "configs/models.json" */

/* Reads a file's text; `origin` names it in messages and layers. ERR_USAGE names row and key. */
MUST_CHECK enum err_code models_read(struct str text, const char *origin, struct arena *arena,
    struct model_list *ret, struct err *err);
MUST_CHECK enum err_code models_load(
    struct str path, struct arena *arena, struct model_list *ret, struct err *err);
/* The program's rows, read once. An error only if --data-dir brings a bad file. */
MUST_CHECK enum err_code models_shipped(const struct model_list **ret, struct err *err);

/* The program's rows and the user's, which win. `own` may be NULL. */
struct model_book {
    const struct model_list *shipped, *own;
};

/* Host by name or by address (no slash at its end); false if there is none. What the user's row
 * does not say is the program's, but for the key of a row with an address of its own. */
MUST_CHECK bool models_host(const struct model_book *book, struct str name, struct model_host *ret);
MUST_CHECK bool models_host_at(
    const struct model_book *book, struct str url, struct model_host *ret);
/* Names of hosts, comma separated, in the order of the files. */
void models_host_names(const struct model_book *book, struct buf *out);

/* ERR_USAGE: a model row of the user's file is for a host that no file has. */
MUST_CHECK enum err_code models_check_hosts(const struct model_book *book, struct err *err);

/* One layer that fits a model. */
struct model_layer {
    const char *where; /* "configs/models.json, models[3]" */
    struct str traits; /* JSON object */
    struct str source, checked;
    bool unsure;
};

struct model_layers {
    struct model_layer *v; /* the last wins */
    size_t n;
};

/* Layers of `model` at `host` (name empty: an unknown server) on wire format `api` (empty: the one
 * that the layers themselves say, else Chat Completions), and the traits they make. `last` is the
 * entry's own object, may be empty. *ret_layers may be NULL. */
MUST_CHECK enum err_code models_traits(const struct model_book *book, struct str host,
    struct str model, struct str api, struct str last, struct arena *arena, struct traits *ret,
    struct model_layers *ret_layers, struct err *err);

/* Does `pattern` fit all of s? '*' stands for any text. */
bool models_fits(struct str pattern, struct str s);

#endif

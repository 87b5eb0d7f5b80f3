/* field_print.c - effective configuration, help and JSON Schema out of field tables. */
#include "harness/config/field.h"

#include "harness/base/json.h"
#include "harness/config/budget.h"

#include <math.h>
#include <string.h>

static void print_num(struct buf *out, double v)
{
    if (isnan(v))
        buf_puts(out, "null");
    else
        json_number(out, v);
}

static void print_list(const struct field *f, const struct object_list *list, struct buf *out)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        if (i)
            buf_putc(out, ',');
        field_print(f->sub, (const char *)list->v + i * f->sub->size, out);
    }
    buf_putc(out, ']');
}

static void print_strs(const struct str_list *list, struct buf *out)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        if (i)
            buf_putc(out, ',');
        json_quote(out, list->v[i]);
    }
    buf_putc(out, ']');
}

static void print_ints(const struct int_list *list, struct buf *out)
{
    buf_putc(out, '[');
    for (size_t i = 0; i < list->n; i++)
        buf_printf(out, "%s%lld", i ? "," : "", (long long)list->v[i]);
    buf_putc(out, ']');
}

static void print_levels(const struct int_list *list, struct buf *out)
{
    if (!list->v) {
        buf_puts(out, "null");
        return;
    }
    buf_putc(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        int64_t v = list->v[i];
        if (i)
            buf_putc(out, ',');
        if (v != LEVEL_NONE && !budget_effort(v)) {
            buf_printf(out, "%lld", (long long)budget_amount(v));
            continue;
        }
        buf_putc(out, '"');
        budget_level_print(v, out);
        buf_putc(out, '"');
    }
    buf_putc(out, ']');
}

void field_print_value(const struct field *f, const void *object, struct buf *out)
{
    const void *m = (const char *)object + f->offset;

    switch (f->type) {
    case FIELD_BOOL:
        buf_puts(out, *(const bool *)m ? "true" : "false");
        break;
    case FIELD_INT:
        if (*(const int64_t *)m == FIELD_NONE)
            buf_puts(out, "null");
        else
            buf_printf(out, "%lld", (long long)*(const int64_t *)m);
        break;
    case FIELD_NUM:
        print_num(out, *(const double *)m);
        break;
    case FIELD_STR:
    case FIELD_CHOICE:
        if (((const struct str *)m)->p)
            json_quote(out, *(const struct str *)m);
        else
            buf_puts(out, "null");
        break;
    case FIELD_INTS:
        print_ints(m, out);
        break;
    case FIELD_LEVELS:
        print_levels(m, out);
        break;
    case FIELD_STRS:
        print_strs(m, out);
        break;
    case FIELD_LIST:
        print_list(f, m, out);
        break;
    case FIELD_PART:
        buf_str_add(out, ((const struct str *)m)->p ? *(const struct str *)m : STR("null"));
        break;
    }
}

/* The part of a dotted name before its last dot ("" if none). */
static struct str group_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    return (struct str){name, dot ? (size_t)(dot - name) : 0};
}

static const char *leaf_of(const char *name)
{
    const char *dot = strrchr(name, '.');

    return dot ? dot + 1 : name;
}

/* Opens and closes nested objects when the group changes; groups are one level deep. */
static void change_group(struct json_writer *w, struct str *now, struct str next)
{
    if (str_eq(*now, next))
        return;
    if (now->n)
        jsonw_end_object(w);
    if (next.n) {
        struct buf key = BUF_INIT;
        buf_str_add(&key, next);
        jsonw_object(w, buf_cstr(&key));
        buf_release(&key);
    }
    *now = next;
}

void field_print(const struct field_table *table, const void *object, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);
    struct buf value = BUF_INIT;
    struct str group = STR("");

    jsonw_object(&w, NULL);
    for (size_t i = 0; i < table->n; i++) {
        const struct field *f = &table->fields[i];
        change_group(&w, &group, group_of(f->name));
        buf_reset(&value);
        field_print_value(f, object, &value);
        jsonw_raw(&w, leaf_of(f->name), buf_str(&value));
    }
    change_group(&w, &group, STR(""));
    jsonw_end_object(&w);
    buf_release(&value);
}

/* Whole numbers without an exponent. */
static void print_bound(struct buf *out, double v)
{
    buf_printf(out, fmod(v, 1) == 0 ? "%.0f" : "%g", v);
}

/* "each entry of models and of sleep_models:", or nothing if a field before i has the same table.
 */
static bool help_heading(const struct field_table *table, size_t i, struct buf *out)
{
    const struct field *f = &table->fields[i];

    for (size_t j = 0; j < i; j++)
        if (table->fields[j].sub == f->sub)
            return false;
    buf_printf(out, f->type == FIELD_PART ? "members of %s" : "each entry of %s", f->name);
    for (size_t j = i + 1; j < table->n; j++)
        if (table->fields[j].sub == f->sub)
            buf_printf(out, " and of %s", table->fields[j].name);
    buf_puts(out, ":\n");
    return true;
}

void field_help(const struct field_table *table, struct buf *out)
{
    for (size_t i = 0; i < table->n; i++) {
        const struct field *f = &table->fields[i];
        buf_printf(out, "  %-24s %s", f->name, f->help);
        if (f->choices)
            buf_printf(out, " (%s)", f->choices);
        if (f->min != f->max) {
            buf_puts(out, " (");
            print_bound(out, f->min);
            buf_puts(out, " to ");
            print_bound(out, f->max);
            buf_putc(out, ')');
        }
        if (strcmp(f->fallback, "null") != 0)
            buf_printf(out, "; default %s", f->fallback);
        buf_putc(out, '\n');
    }
    for (size_t i = 0; i < table->n; i++)
        if (table->fields[i].sub && help_heading(table, i, out))
            field_help(table->fields[i].sub, out);
}

static void schema_members(const struct field_table *table, struct json_writer *w, bool or_null);

static bool is_list(const struct field *f)
{
    return f->type == FIELD_INTS || f->type == FIELD_STRS || f->type == FIELD_LEVELS;
}

/* The type of a value, or of a list's elements. */
static void schema_type(const struct field *f, struct json_writer *w)
{
    static const char *const types[] = {[FIELD_BOOL] = "boolean",
        [FIELD_INT] = "integer",
        [FIELD_NUM] = "number",
        [FIELD_STR] = "string",
        [FIELD_CHOICE] = "string",
        [FIELD_INTS] = "integer",
        [FIELD_LEVELS] = "integer",
        [FIELD_STRS] = "string",
        [FIELD_PART] = "object"};

    if (is_list(f) && f->type != FIELD_LEVELS) {
        jsonw_cstr(w, "type", types[f->type]);
        return;
    }
    jsonw_array(w, "type");
    jsonw_cstr(w, NULL, types[f->type]);
    if (f->type == FIELD_LEVELS)
        jsonw_cstr(w, NULL, "string");
    else if (strcmp(f->fallback, "null") == 0)
        jsonw_cstr(w, NULL, "null");
    jsonw_end_array(w);
}

static void schema_limits(const struct field *f, struct json_writer *w)
{
    struct str rest = str_c(f->choices), one;

    if (f->choices) {
        jsonw_array(w, "enum");
        while (str_cut(&rest, '|', &one))
            jsonw_str(w, NULL, one);
        if (strcmp(f->fallback, "null") == 0)
            jsonw_null(w, NULL);
        jsonw_end_array(w);
    }
    if (f->min != f->max) {
        jsonw_num(w, "minimum", f->min);
        jsonw_num(w, "maximum", f->max);
    }
}

static void schema_value(const struct field *f, struct json_writer *w)
{
    jsonw_object(w, leaf_of(f->name));
    jsonw_cstr(w, "description", f->help);
    if (f->type == FIELD_LIST) {
        jsonw_cstr(w, "type", "array");
        jsonw_object(w, "items");
        schema_members(f->sub, w, false);
        jsonw_end_object(w);
        jsonw_end_object(w);
        return;
    }
    if (f->type == FIELD_PART && f->sub) {
        schema_members(f->sub, w, true);
    } else if (is_list(f)) {
        jsonw_array(w, "type");
        jsonw_cstr(w, NULL, "array");
        if (strcmp(f->fallback, "null") == 0)
            jsonw_cstr(w, NULL, "null");
        jsonw_end_array(w);
        jsonw_object(w, "items");
        schema_type(f, w);
        schema_limits(f, w);
        jsonw_end_object(w);
    } else {
        schema_type(f, w);
        schema_limits(f, w);
    }
    jsonw_raw(w, "default", str_c(f->fallback));
    jsonw_end_object(w);
}

/* Writes "type" and "properties" into the object that is open. */
static void schema_members(const struct field_table *table, struct json_writer *w, bool or_null)
{
    struct str group = STR("");
    struct buf key = BUF_INIT;

    jsonw_array(w, "type");
    jsonw_cstr(w, NULL, "object");
    if (table->shorthand)
        jsonw_cstr(w, NULL, "string");
    if (or_null)
        jsonw_cstr(w, NULL, "null");
    jsonw_end_array(w);
    jsonw_bool(w, "additionalProperties", false);
    jsonw_object(w, "properties");
    for (size_t i = 0; i < table->n; i++) {
        struct str next = group_of(table->fields[i].name);
        if (!str_eq(group, next)) {
            if (group.n) {
                jsonw_end_object(w);
                jsonw_end_object(w);
            }
            if (next.n) {
                buf_reset(&key);
                buf_str_add(&key, next);
                jsonw_object(w, buf_cstr(&key));
                jsonw_cstr(w, "type", "object");
                jsonw_bool(w, "additionalProperties", false);
                jsonw_object(w, "properties");
            }
            group = next;
        }
        schema_value(&table->fields[i], w);
    }
    if (group.n) {
        jsonw_end_object(w);
        jsonw_end_object(w);
    }
    jsonw_end_object(w);
    buf_release(&key);
}

void field_schema(const struct field_table *table, struct buf *out)
{
    struct json_writer w = json_writer(out, 1);

    jsonw_object(&w, NULL);
    jsonw_cstr(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    jsonw_cstr(&w, "title", "sleepbench run configuration");
    schema_members(table, &w, false);
    jsonw_end_object(&w);
    buf_putc(out, '\n');
}

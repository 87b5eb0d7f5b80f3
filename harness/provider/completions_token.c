/* completions_token.c - calls that render, tokenise and spell out; see completions_token.h. */
#include "harness/provider/completions_token.h"

#include "harness/base/json_slice.h"
#include "harness/provider/completions_impl.h"

enum completions_render completions_renders(const struct completions_dialect *d)
{
    return d->render;
}

static void put_model(struct str model, struct buf *body)
{
    buf_puts(body, "{\"model\":");
    json_quote(body, model);
    buf_putc(body, ',');
}

void completions_put_messages(
    const struct traits *traits, const struct message *messages, size_t n, struct buf *body)
{
    for (size_t i = 0; i < n; i++) {
        static const char *const roles[] = {
            [ROLE_USER] = "user", [ROLE_ASSISTANT] = "assistant", [ROLE_TOOL] = "tool"};
        const struct message *m = &messages[i];
        bool system = m->role == ROLE_SYSTEM && traits->system_role.n;
        const char *role = m->role == ROLE_SYSTEM ? "system" : roles[m->role];
        buf_puts(body, i ? ",{\"role\":" : "{\"role\":");
        json_quote(body, system ? traits->system_role : str_c(role));
        buf_puts(body, ",\"content\":");
        json_quote(body, m->text);
        if (m->role == ROLE_TOOL && m->tool_call_id.n) {
            buf_puts(body, ",\"tool_call_id\":");
            json_quote(body, m->tool_call_id);
        }
        buf_putc(body, '}');
    }
}

void completions_render_request(const struct completions_dialect *d, const struct traits *traits,
    struct str model, const struct message *messages, size_t n, struct buf *path, struct buf *body)
{
    bool ids = d->render == COMPLETIONS_RENDER_IDS;
    struct str kwargs = json_slice(traits->extra, "chat_template_kwargs");

    buf_puts(path, ids ? "~/tokenize" : "~/apply-template");
    put_model(model, body);
    buf_puts(body, "\"messages\":[");
    completions_put_messages(traits, messages, n, body);
    buf_putc(body, ']');
    if (ids)
        buf_puts(body, ",\"add_generation_prompt\":true,\"add_special_tokens\":false");
    if (kwargs.n) {
        buf_puts(body, ",\"chat_template_kwargs\":");
        buf_str_add(body, kwargs);
    }
    buf_putc(body, '}');
}

void completions_tokenize_request(const struct completions_dialect *d, struct str model,
    struct str text, bool specials, struct buf *path, struct buf *body)
{
    bool llama = d->render == COMPLETIONS_RENDER_TEXT;

    buf_puts(path, "~/tokenize");
    put_model(model, body);
    json_quote(body, str_c(d->tokenize_key));
    buf_putc(body, ':');
    json_quote(body, text);
    buf_printf(body, ",\"%s\":%s", d->specials_key, specials ? "true" : "false");
    buf_puts(body, llama ? ",\"parse_special\":true}" : "}");
}

void completions_detokenize_request(const struct completions_dialect *d, struct str model,
    struct token_ids ids, struct buf *path, struct buf *body)
{
    buf_puts(path, "~/detokenize");
    put_model(model, body);
    buf_puts(body, "\"tokens\":");
    completions_put_ids(body, ids);
    buf_str_add(body, str_c(d->detokenize_with));
    buf_putc(body, '}');
}

/* ---- readers --------------------------------------------------------------------------------- */

static bool take_ids(const struct json *list, struct arena *arena, struct completion_reply *ret)
{
    size_t n = 0;
    int64_t *ids;

    if (json_type(list) != JSON_ARRAY)
        return false;
    ids = arena_array(arena, int64_t, json_len(list) + 1);
    for (const struct json *v = json_first(list); v; v = json_next(v), n++)
        if (!json_int(v, &ids[n]) || ids[n] < 0 || ids[n] > INT32_MAX)
            return false;
    ret->ids = (struct token_ids){ids, n};
    ret->has_ids = true;
    return true;
}

static bool take_text(const struct json *v, struct arena *arena, struct completion_reply *ret)
{
    static const char *const names[] = {"prompt", "content", "text"};

    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (json_type(json_get(v, names[i])) == JSON_STRING) {
            ret->text = arena_str(arena, json_str(json_get(v, names[i])));
            return true;
        }
    return false;
}

static void read_answer(
    long status, struct str body, bool ids, struct arena *arena, struct completion_reply *ret)
{
    struct draft d = {.arena = arena, .usage = USAGE_UNKNOWN};
    struct json *doc = NULL;

    *ret = (struct completion_reply){.stop_id = -1, .in = -1, .out = -1, .usage = USAGE_ZERO};
    bool readable = json_parse(draft_without_bom(body), JSON_REPAIR, &doc, NULL) == OK;
    bool found = readable &&
                 (ids ? take_ids(json_get(doc, "tokens"), arena, ret) : take_text(doc, arena, ret));
    if (readable)
        draft_object(&d, doc);
    ret->error = d.error;
    if (status < 200 || status > 299) {
        ret->outcome = provider_status(status, &ret->retry);
        if (ret->error.n == 0)
            ret->error = draft_first_words(arena, body);
    } else if (d.failed) {
        ret->retry = true;
        ret->outcome = d.error_code ? provider_status((long)d.error_code, &ret->retry)
                                    : OUTCOME_PROVIDER_ERROR;
    } else {
        ret->outcome = found ? OUTCOME_OK : OUTCOME_BAD_JSON;
        ret->retry = !found;
        if (!found && ret->error.n == 0)
            ret->error = draft_page_words(arena, body);
    }
    json_free(doc);
    draft_release(&d);
}

void completions_read_text(
    long status, struct str body, struct arena *arena, struct completion_reply *ret)
{
    read_answer(status, body, false, arena, ret);
}

void completions_read_ids(
    long status, struct str body, struct arena *arena, struct completion_reply *ret)
{
    read_answer(status, body, true, arena, ret);
}

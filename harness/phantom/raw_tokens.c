/* raw_tokens.c - texts into ids and back, conversations into texts; see raw_tokens.h. */
#include "harness/phantom/raw_tokens.h"

#include "harness/phantom/chatml.h"
#include "harness/phantom/wire_impl.h"

static bool parse(struct str body, struct json **ret, struct wire_error *e)
{
    struct err err;

    if (json_parse(body, JSON_REPAIR, ret, &err))
        return wire_fail(e, 400, NULL, NULL, "The body is not JSON: %s.", err.msg);
    if (json_type(*ret) == JSON_OBJECT)
        return true;
    json_free(*ret);
    return wire_fail(e, 400, NULL, NULL, "The body must be a JSON object.");
}

/* ---- conversations ----------------------------------------------------------------------------
 */

static bool read_model(const struct mind *mind, const struct json *root, struct arena *arena,
    struct wire_request *r, struct wire_error *e)
{
    const struct json *model = json_get(root, "model");

    if (!wire_absent(model) && json_type(model) != JSON_STRING)
        return wire_bad_type(e, "model", "a string");
    wire_name_model(
        wire_absent(model) ? str_c(mind_model_name(mind, 0)) : json_str(model), arena, r);
    return true;
}

static bool render(const struct mind *mind, const struct json *root, struct arena *arena,
    struct buf *out, struct wire_error *e)
{
    struct wire_request r = {0};
    struct chatml_options o = {.bos = true, .generation_prompt = true};

    if (json_len(json_get(root, "tools")) > 0)
        return wire_fail(e, 400, "tools", "unsupported_value",
            "The template of this model has no place for tools.");
    if (!read_model(mind, root, arena, &r, e) ||
        !wire_read_messages(json_get(root, "messages"), arena, &r.mind, e) ||
        !wire_read_prefix(root, arena, &r, e) || !wire_read_thinking(root, arena, &r, e) ||
        !wire_read_bool(json_get(root, "add_generation_prompt"), "add_generation_prompt",
            &o.generation_prompt, e))
        return false;
    bool off = str_eqc(r.mind.reasoning_effort, "none");
    if (off)
        o.thinking = CHATML_NO_THINK;
    else if (mind_thinks_unasked(mind, r.mind.model) || r.mind.thinks)
        o.thinking = CHATML_THINK;
    chatml_render(&r.mind, &o, out);
    return true;
}

bool raw_apply_template(const struct mind *mind, struct str body, struct arena *arena,
    struct buf *out, struct wire_error *e)
{
    struct json *root;
    struct buf text = BUF_INIT;

    if (!parse(body, &root, e))
        return false;
    bool ok = render(mind, root, arena, &text, e);
    if (ok) {
        struct json_writer w = json_writer(out, 0);
        jsonw_object(&w, NULL);
        jsonw_str(&w, "prompt", buf_str(&text));
        jsonw_end_object(&w);
    }
    buf_release(&text);
    json_free(root);
    return ok;
}

/* ---- tokens -----------------------------------------------------------------------------------
 */

static void write_ids(struct json_writer *w, const struct vocab_ids *ids, bool pieces)
{
    struct buf text = BUF_INIT;

    jsonw_array(w, "tokens");
    for (size_t i = 0; i < ids->n; i++) {
        if (!pieces) {
            jsonw_int(w, NULL, ids->v[i]);
            continue;
        }
        jsonw_object(w, NULL);
        jsonw_int(w, "id", ids->v[i]);
        jsonw_str(w, "piece", raw_token_text(ids->v[i], &text));
        jsonw_end_object(w);
    }
    jsonw_end_array(w);
    buf_release(&text);
}

static void write_strings(struct json_writer *w, const struct vocab_ids *ids)
{
    struct buf text = BUF_INIT;

    jsonw_array(w, "token_strs");
    for (size_t i = 0; i < ids->n; i++)
        jsonw_str(w, NULL, raw_token_text(ids->v[i], &text));
    jsonw_end_array(w);
    buf_release(&text);
}

/* What to do with a text. */
struct tokenizing {
    bool llama, bos, specials, pieces;
    struct vocab_ids ids;
};

static bool read_text(const struct json *root, struct tokenizing *t, struct wire_error *e)
{
    const char *key = t->llama ? "content" : "prompt";
    const struct json *v = json_get(root, key);

    t->specials = true;
    t->bos = !t->llama;
    if (json_type(v) != JSON_STRING)
        return wire_bad_type(e, key, "a string");
    if (!(t->llama ? wire_read_bool(json_get(root, "add_special"), "add_special", &t->bos, e)
                   : wire_read_bool(
                         json_get(root, "add_special_tokens"), "add_special_tokens", &t->bos, e)))
        return false;
    if (t->llama &&
        (!wire_read_bool(json_get(root, "parse_special"), "parse_special", &t->specials, e) ||
            !wire_read_bool(json_get(root, "with_pieces"), "with_pieces", &t->pieces, e)))
        return false;
    if (t->bos)
        vocab_ids_add(&t->ids, VOCAB_BOS);
    vocab_encode(json_str(v), t->specials, &t->ids);
    return true;
}

static bool read_messages(const struct mind *mind, const struct json *root, struct arena *arena,
    struct tokenizing *t, struct wire_error *e)
{
    struct buf text = BUF_INIT;

    if (!wire_read_bool(json_get(root, "add_special_tokens"), "add_special_tokens", &t->bos, e))
        return false;
    bool ok = render(mind, root, arena, &text, e);
    if (ok && t->bos)
        vocab_ids_add(&t->ids, VOCAB_BOS);
    if (ok)
        vocab_encode(buf_str(&text), true, &t->ids);
    buf_release(&text);
    return ok;
}

bool raw_tokenize(const struct mind *mind, struct str body, struct arena *arena, struct buf *out,
    struct wire_error *e)
{
    struct json *root;
    struct tokenizing t = {0};
    bool strings = false;

    if (!parse(body, &root, e))
        return false;
    t.llama = !wire_absent(json_get(root, "content"));
    bool ok = wire_read_bool(json_get(root, "return_token_strs"), "return_token_strs", &strings, e);
    if (ok)
        ok = wire_absent(json_get(root, "messages")) ? read_text(root, &t, e)
                                                     : read_messages(mind, root, arena, &t, e);
    if (ok) {
        struct json_writer w = json_writer(out, 0);
        jsonw_object(&w, NULL);
        if (!t.llama) {
            jsonw_int(&w, "count", (int64_t)t.ids.n);
            jsonw_int(&w, "max_model_len", RAW_CONTEXT);
        }
        write_ids(&w, &t.ids, t.pieces);
        if (!t.llama && strings)
            write_strings(&w, &t.ids);
        else if (!t.llama)
            jsonw_null(&w, "token_strs");
        jsonw_end_object(&w);
    }
    vocab_ids_release(&t.ids);
    json_free(root);
    return ok;
}

bool raw_detokenize(const struct mind *mind UNUSED, struct str body, struct arena *arena,
    struct buf *out, struct wire_error *e)
{
    static const char *const members[] = {"prompt", "content", "text"};
    struct json *root;
    struct raw_request r = {0};
    struct buf text = BUF_INIT;

    if (!parse(body, &root, e))
        return false;
    const struct json *list = json_get(root, "tokens");
    bool empty = json_type(list) == JSON_ARRAY && json_len(list) == 0;
    bool ok = empty || raw_read_prompt(list, "tokens", false, arena, &r, e);
    if (ok) {
        struct json_writer w = json_writer(out, 0);
        for (size_t i = 0; i < r.prompt.n; i++)
            vocab_decode(r.prompt.v[i], &text);
        jsonw_object(&w, NULL);
        for (size_t i = 0; i < ARRAY_LEN(members); i++)
            jsonw_str(&w, members[i], buf_str(&text));
        jsonw_end_object(&w);
    }
    buf_release(&text);
    json_free(root);
    return ok;
}

/* ---- properties -------------------------------------------------------------------------------
 */

/* The template of chatml.c, in the language that clients of llama.cpp expect. */
static const char template_text[] =
    "{{ bos_token }}{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + "
    "'<|im_end|>\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}"
    "{% endif %}";

void raw_write_props(const char *model, struct buf *out)
{
    struct json_writer w = json_writer(out, 0);

    jsonw_object(&w, NULL);
    jsonw_object(&w, "default_generation_settings");
    jsonw_int(&w, "n_ctx", RAW_CONTEXT);
    jsonw_end_object(&w);
    jsonw_int(&w, "total_slots", 1);
    jsonw_cstr(&w, "model_alias", model);
    jsonw_cstr(&w, "model_path", model);
    jsonw_cstr(&w, "chat_template", template_text);
    jsonw_str(&w, "bos_token", vocab_special_text(VOCAB_BOS));
    jsonw_str(&w, "eos_token", vocab_special_text(VOCAB_END));
    jsonw_cstr(&w, "build_info", "phantom");
    jsonw_end_object(&w);
}

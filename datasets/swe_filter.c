/* swe_filter.c - the lists of words and the rules that use them; see swe_filter.h. */
#include "datasets/swe_filter.h"

#include "harness/base/data.h"
#include "harness/base/file.h"
#include "harness/base/json.h"

#define WORDS_PATH "datasets/swe_words.json"

enum { WORDS_BYTES = 65536 };

/* --- the lists ----------------------------------------------------------------------------- */

static enum err_code read_list(const struct json *doc, const char *key, struct arena *arena,
    struct swe_word_list *ret, struct err *err)
{
    const struct json *array = json_get(doc, key);

    ret->n = 0;
    if (json_type(array) != JSON_ARRAY)
        return err_set(err, ERR_INPUT, "\"%s\" must be a list of words", key);
    for (const struct json *v = json_first(array); v; v = json_next(v)) {
        if (!json_str(v).n)
            return err_set(err, ERR_INPUT, "\"%s\" holds something that is no word", key);
        if (ret->n == SWE_WORDS_MAX)
            return err_set(err, ERR_INPUT, "\"%s\" has more than %d words", key, SWE_WORDS_MAX);
        ret->v[ret->n++] = arena_str(arena, json_str(v));
    }
    return OK;
}

static enum err_code read_words(
    const struct json *doc, struct arena *arena, struct swe_words *ret, struct err *err)
{
    const struct {
        const char *key;
        struct swe_word_list *to;
    } lists[] = {
        {"rejected", &ret->rejected},
        {"rejected_prefixes", &ret->prefixes},
        {"accepted", &ret->accepted},
        {"references", &ret->refers},
        {"references_in_line", &ret->refers_in_line},
    };

    if (json_type(doc) != JSON_OBJECT)
        return err_set(err, ERR_INPUT, "must be an object");
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        if (read_list(doc, lists[i].key, arena, lists[i].to, err))
            return err->code;
    if (!json_int(json_get(doc, "least_title"), &ret->least_title) || ret->least_title < 0)
        return err_set(err, ERR_INPUT, "\"least_title\" must be a number of characters");
    for (const struct json *v = json_first(doc); v; v = json_next(v)) {
        bool known = str_eqc(json_key(v), "least_title");
        for (size_t i = 0; i < ARRAY_LEN(lists) && !known; i++)
            known = str_eqc(json_key(v), lists[i].key);
        if (!known)
            return err_set(err, ERR_INPUT, "unknown key \"%.*s\"", STR_ARG(json_key(v)));
    }
    return OK;
}

enum err_code swe_words_read(
    const char *path, struct arena *arena, struct swe_words *ret, struct err *err)
{
    struct buf text = BUF_INIT;
    struct json *doc = NULL;
    enum err_code code =
        path ? file_read(path, WORDS_BYTES, &text, err) : data_read(WORDS_PATH, &text, err);
    const char *name = path ? path : WORDS_PATH;

    if (!code && ((code = json_parse(buf_str(&text), JSON_STRICT, &doc, err)) ||
                     (code = read_words(doc, arena, ret, err))))
        (void)err_wrap(err, "%s", name); /* the code is what we return */
    json_free(doc);
    buf_release(&text);
    return code;
}

/* --- finding words ------------------------------------------------------------------------- */

/* Bytes of other scripts count as marks: the lists are English. */
static bool in_word(char c)
{
    return str_is_alpha(c) || str_is_digit(c) || c == '_';
}

static bool begins_word(struct str s, size_t i)
{
    return i == 0 || !in_word(s.p[i - 1]);
}

static bool found_at(struct str s, size_t i, struct str word)
{
    return i + word.n <= s.n && str_eq_nocase(str_slice(s, i, i + word.n), word);
}

/* First word of the list that begins a word of s. */
static const struct str *find_word(const struct swe_word_list *list, struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        for (size_t w = 0; begins_word(s, i) && w < list->n; w++)
            if (found_at(s, i, list->v[w]))
                return &list->v[w];
    return NULL;
}

/* Is there a "#" with a digit behind it at i? */
static bool number_at(struct str s, size_t i)
{
    return i + 1 < s.n && s.p[i] == '#' && str_is_digit(s.p[i + 1]);
}

/* "fixes #12": blanks and nothing else in between. */
static bool number_follows(struct str s, size_t i)
{
    size_t from = i;

    while (i < s.n && str_is_blank(s.p[i]))
        i++;
    return i > from && number_at(s, i);
}

/* "a follow-up of yesterday's #12": anything in between, but in one line. */
static bool number_in_line(struct str s, size_t i)
{
    for (; i < s.n && s.p[i] != '\n'; i++)
        if (number_at(s, i))
            return true;
    return false;
}

/* A line's numbers are looked for once a phrase: 64 phrases of one line at most cost 64 looks, as
 * only the first place of a phrase in a line counts. */
static const struct str *find_in_lines(const struct swe_word_list *list, struct str s)
{
    struct str rest = s, line;

    while (str_cut(&rest, '\n', &line))
        for (size_t w = 0; w < list->n; w++)
            for (size_t i = 0; i < line.n; i++)
                if (begins_word(line, i) && found_at(line, i, list->v[w])) {
                    if (number_in_line(line, i + list->v[w].n))
                        return &list->v[w];
                    break;
                }
    return NULL;
}

static const struct str *find_reference(const struct swe_words *words, struct str s)
{
    const struct swe_word_list *list = &words->refers;

    for (size_t i = 0; i < s.n; i++)
        for (size_t w = 0; begins_word(s, i) && w < list->n; w++)
            if (found_at(s, i, list->v[w]) && number_follows(s, i + list->v[w].n))
                return &list->v[w];
    return find_in_lines(&words->refers_in_line, s);
}

/* What a conventional title has in front: "feat(api, linter)!: ..." gives "feat(api, linter)!". A
 * colon far inside is a sentence's. */
static struct str prefix_of(struct str title)
{
    size_t i = 0;

    while (i < title.n && in_word(title.p[i]))
        i++;
    if (i < title.n && title.p[i] == '(')
        while (i < title.n && title.p[i++] != ')')
            ;
    if (i < title.n && title.p[i] == '!')
        i++;
    return i < title.n && title.p[i] == ':' ? str_slice(title, 0, i) : str_slice(title, 0, 0);
}

/* Prefixes are whole words: "build" is a prefix, "builder" is not. */
static const struct str *find_prefix(const struct swe_word_list *list, struct str prefix)
{
    for (size_t i = 0; i < prefix.n; i++)
        for (size_t w = 0; begins_word(prefix, i) && w < list->n; w++) {
            size_t end = i + list->v[w].n;
            if (found_at(prefix, i, list->v[w]) && (end == prefix.n || !in_word(prefix.p[end])))
                return &list->v[w];
        }
    return NULL;
}

enum swe_verdict swe_filter(
    const struct swe_words *words, struct str title, struct str body, struct str *ret_word)
{
    const struct str *word = NULL;
    enum swe_verdict verdict = SWE_KEPT;

    if ((int64_t)str_utf8_count(title) < words->least_title)
        verdict = SWE_TITLE_SHORT;
    else if ((word = find_word(&words->rejected, title)))
        verdict = SWE_TITLE_WORD;
    else if ((word = find_prefix(&words->prefixes, prefix_of(title))))
        verdict = SWE_TITLE_PREFIX;
    else if (!find_word(&words->accepted, title) && !find_word(&words->accepted, body))
        verdict = SWE_NO_FEATURE_WORD;
    else if ((word = find_reference(words, title)) || (word = find_reference(words, body)))
        verdict = SWE_REFERS;
    if (ret_word)
        *ret_word = word ? *word : (struct str){NULL, 0};
    return verdict;
}

const char *swe_verdict_name(enum swe_verdict verdict)
{
    static const char *const names[SWE_VERDICT_COUNT] = {
        [SWE_KEPT] = "kept",
        [SWE_TITLE_SHORT] = "title_short",
        [SWE_TITLE_WORD] = "title_word",
        [SWE_TITLE_PREFIX] = "title_prefix",
        [SWE_NO_FEATURE_WORD] = "no_feature_word",
        [SWE_REFERS] = "refers",
    };

    if ((unsigned)verdict >= SWE_VERDICT_COUNT)
        BUG("verdict %d", (int)verdict);
    return names[verdict];
}

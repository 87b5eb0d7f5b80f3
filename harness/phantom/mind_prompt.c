/*
 * mind_prompt.c - what a prompt asks for in words, and the memory it carries; see mind_impl.h.
 *
 * A level of verbosity is recognised by scoring cues, not by comparing texts: each cue that occurs
 * adds its weight to its level, the heaviest level wins, the terser one on a tie. The cues are
 * phrases in which English instructions of that kind are given.
 */
#include "harness/phantom/mind_impl.h"

#include "harness/base/regex.h"

#define JUST "(?:exactly |only |just |at most |no more than )?"
#define TERSE "(?:(?:very|short|brief|concise|quick|single) )*"
#define ONE "(?:one|1|a single|a|single)"
#define TWO "(?:two|2|a couple of|a pair of)"
#define WORK "(?:explanation|explaining|reasoning|working|workings|justification|rationale)"
#define NOT "(?:do not|don't|never|without|not)"

enum { LEVELS = 5, RECHECK = LEVELS };

enum { MAX_LINES = 10000 }; /* of memory; a hostile block costs bounded time */

/* level (RECHECK for "compute again"), weight, pattern; matched without regard to case in text
 * whose blanks are single spaces. */
static const struct cue {
    int level, weight;
    const char *pattern;
} cues[] = {
    {0, 4, "\\bsingle sentences?\\b(?! of | explain)"},
    {0, 4,
        "\\b(?:reply|answer|respond)\\w* (?:with|in|by|using) " JUST "(?:one|1) (?:short )?"
        "sentence\\b(?! of )"},
    {0, 4,
        "\\bnothing else\\b|\\band nothing more\\b|\\b(?:only|just|nothing but) the "
        "(?:final |numerical )*(?:answer|number|result|value)\\b|"
        "\\b(?:answer|result|number) (?:only|alone)\\b"},
    {0, 3, "\\bno (?:\\w+ ){0,2}" WORK "\\b(?! after)"},
    {0, 3,
        "\\b" NOT
        " (?:\\w+ ){0,3}(?:explain|reason|justify|narrate|elaborate|show|think aloud|" WORK
        "|showing)\\b"},
    {0, 3,
        "\\b(?:answer|respond|reply) (?:directly|immediately|at once|straight away)\\b|"
        "\\bdirectly (?:answer|respond|reply)\\b"},
    {0, 4,
        "\\bkeep (?:the|your) (?:reply|answer|response) (?:itself )?(?:very "
        ")?(?:short|brief|terse)\\b"},
    {1, 8, "\\b" ONE " " TERSE "(?:sentence|line) of " WORK "\\b"},
    {1, 8,
        "\\b(?:explain|justify|reason)\\w* (?:\\w+ ){0,4}(?:in|with|using) " JUST ONE " " TERSE
        "(?:sentence|line)\\b"},
    {1, 8,
        "\\b" ONE " " TERSE "(?:explanatory|explaining) (?:sentence|line)\\b|"
        "\\b" ONE " " TERSE "sentence (?:that explains|explaining|to explain|saying why)\\b"},
    {1, 6, "\\b(?:one|1|a single) (?:short|brief) (?:sentence|line|explanation|remark)\\b"},
    {2, 9, "\\b" TWO " " TERSE "(?:explanatory )?(?:sentences|lines)\\b"},
    {3, 4, "\\b(?:only|just) (?:as|so) (?:far|much|long|many)\\b"},
    {3, 4,
        "\\b(?:not|no) more than (?:that|needed|necessary|required|it takes)\\b|"
        "\\bnone more\\b|\\bno (?:more|longer|further) \\w* ?than (?:is |you |it )?"
        "(?:needed|need|needs|necessary|required)\\b"},
    {3, 4,
        "\\b(?:as|what|whatever|than|amount of \\w+|tokens|steps|reasoning) (?:\\w+ ){0,4}"
        "(?:necessary|needed|needs|need|requires?|required)\\b"},
    {3, 3,
        "\\b(?:just )?enough (?:reasoning|explanation|steps|working)\\b|"
        "\\bminim(?:al|um) (?:\\w+ )?(?:reasoning|explanation|steps)\\b|\\bas needed\\b"},
    {4, 1, "\\bstep[- ]by[- ]step\\b"},
    {4, 3,
        "\\bthorough|\\bin (?:full |great )?detail\\b|\\blengthy\\b|\\b(?:each|every) "
        "(?:\\w+ )?(?:step|calculation|value|number)\\b|\\bwrite out\\b|"
        "\\bshow (?:all|every|your)\\b"},
    {RECHECK, 4,
        "\\bdouble[- ]?check|\\bcheck(?:ing)? (?:\\w+ ){0,5}(?:again|twice|every|each|all)"
        "\\b"},
    {RECHECK, 4,
        "(?<!do not )(?<!don't )(?<!never )(?<!without )(?<!not to )\\bre-?"
        "(?:comput|calculat|check|verif|deriv|do )"},
    {RECHECK, 4,
        "\\b(?:verify|confirm|compute|calculate|work out) (?:\\w+ ){0,5}"
        "(?:again|twice|a second time|once more)\\b|\\bverify (?:each|every|all)\\b"},
};

static const char *const refused_pattern =
    "refus|too long|exceed|over the limit|longer than|too many characters|error|invalid|"
    "not (?:been )?(?:saved|stored|changed|replaced|accepted|updated)|(?:stays|is) unchanged|"
    "stays as it (?:is|was)";
#define NO_COUNT "\\b(?! (?:times|calls|steps|lines|tokens|responses|words|sentences))"
static const char *const limit_pattern =
    "\\b(\\d{1,9})[- ](?:characters?|chars|code points)\\b|"
    "\\blimit(?:ed)?(?: is| of| to| was|:)* (\\d{1,9})" NO_COUNT "|"
    "\\b(?:at most|up to|no more than|maximum(?: is| of|:)*) (\\d{1,9})" NO_COUNT "|"
    "\\b\\d+/(\\d{2,9})\\b";

struct mind_prompts {
    struct regex *cue[ARRAY_LEN(cues)];
    struct regex *refused, *limit;
};

enum err_code mind_prompts_new(struct mind_prompts **ret, struct err *err)
{
    struct mind_prompts *p = xcalloc(1, sizeof *p);
    enum err_code code = regex_new(str_c(refused_pattern), REGEX_NOCASE, &p->refused, err);

    if (code == OK)
        code = regex_new(str_c(limit_pattern), REGEX_NOCASE, &p->limit, err);
    for (size_t i = 0; i < ARRAY_LEN(cues) && code == OK; i++)
        code = regex_new(str_c(cues[i].pattern), REGEX_NOCASE, &p->cue[i], err);
    if (code)
        mind_prompts_free(p);
    else
        *ret = p;
    return code;
}

void mind_prompts_free(struct mind_prompts *p)
{
    if (!p)
        return;
    for (size_t i = 0; i < ARRAY_LEN(cues); i++)
        regex_free(p->cue[i]);
    regex_free(p->refused);
    regex_free(p->limit);
    free(p);
}

int mind_prompt_level(const struct mind_prompts *p, struct str words, bool *ret_recheck)
{
    int score[LEVELS + 1] = {0}, best = -1;
    struct buf flat = BUF_INIT;

    buf_collapse(&flat, words);
    for (size_t i = 0; i < ARRAY_LEN(cues); i++)
        if (regex_match(p->cue[i], buf_str(&flat), 0, NULL, 0) == REGEX_YES)
            score[cues[i].level] += cues[i].weight;
    buf_release(&flat);
    bool recheck = score[RECHECK] > 0;
    score[LEVELS - 1] += score[RECHECK];
    for (int level = 0; level < LEVELS; level++)
        if (score[level] > (best < 0 ? 0 : score[best]))
            best = level;
    *ret_recheck = recheck && best == LEVELS - 1;
    return best;
}

/* A line that opens (or closes) the memory block: a tag whose name is the block's label. */
static bool is_tag(struct str line, bool closing)
{
    line = str_trim(line);
    if (!str_starts(line, closing ? STR("</") : STR("<")) || !str_ends(line, STR(">")))
        return false;
    return str_starts(str_from(line, closing ? 2 : 1), STR("rethink_memory_block"));
}

/* Splits a system message into memory (lines) and the rest (words). */
static void split_message(struct str text, struct mind_lines *memory, struct buf *words)
{
    struct str rest = text, line;
    bool inside = false;

    while (str_cut(&rest, '\n', &line)) {
        if (is_tag(line, inside)) {
            inside = !inside;
        } else if (inside && memory) {
            mind_prompt_lines(line, memory);
        } else if (!inside && words) {
            buf_str_add(words, line);
            buf_putc(words, '\n');
        }
    }
}

void mind_prompt_lines(struct str text, struct mind_lines *ret)
{
    struct str rest = text, line;

    while (ret->n < MAX_LINES && str_cut(&rest, '\n', &line)) {
        line = str_trim(line);
        if (!line.n || str_eqc(line, "[empty]"))
            continue;
        GROW(ret->v, ret->n + 1, ret->cap);
        ret->v[ret->n++] = line;
    }
}

void mind_prompt_memory(const struct mind_request *r, struct mind_lines *ret)
{
    for (size_t i = 0; i < r->nmessages; i++)
        if (r->messages[i].role == MIND_SYSTEM)
            split_message(r->messages[i].text, ret, NULL);
}

enum effort { EFFORT_NONE, EFFORT_MINIMAL, EFFORT_LOW, EFFORT_MEDIUM, EFFORT_HIGH, EFFORT_XHIGH };

/* A word that it does not know buys nothing. Told to think without a word, a model that does not do
 * so by itself writes all that it needs. */
static enum effort effort_of(const struct mind_params *p, const struct mind_request *r)
{
    struct str word = r->reasoning_effort;
    static const char *const words[] = {"none", "minimal", "low", "medium", "high", "xhigh", "max"};

    if (!word.n && r->thinks && p->effort_absent == 0)
        return EFFORT_HIGH;
    if (!word.n)
        return (enum effort)p->effort_absent;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eqc(word, words[i]))
            return i > EFFORT_XHIGH ? EFFORT_XHIGH : (enum effort)i;
    return EFFORT_NONE;
}

/* Hidden lines and checks that an effort buys. */
static struct mind_allowance effort_allowance(const struct mind_params *p, enum effort effort)
{
    struct mind_allowance a = {.agree = 2};

    switch (effort) {
    case EFFORT_NONE:
        break;
    case EFFORT_MINIMAL:
        a.hidden = (int64_t)p->lines_effort_minimal;
        break;
    case EFFORT_LOW:
        a.hidden = (int64_t)p->lines_effort_low;
        break;
    case EFFORT_MEDIUM:
        a.hidden = (int64_t)p->lines_effort_medium;
        a.checks = (int64_t)p->checks_effort_medium;
        break;
    case EFFORT_HIGH:
        a.hidden = MIND_UNLIMITED;
        a.checks = (int64_t)p->checks_effort_high;
        break;
    case EFFORT_XHIGH:
        a.hidden = MIND_UNLIMITED;
        a.recheck = true;
        a.agree = (size_t)p->agree_effort_xhigh;
        a.checks = a.agree > 2 ? MIND_UNLIMITED : 0;
        break;
    }
    return a;
}

struct mind_allowance mind_prompt_allowance(
    const struct mind_prompts *p, const struct mind_params *params, const struct mind_request *r)
{
    struct mind_allowance a = effort_allowance(params, effort_of(params, r));
    struct buf words = BUF_INIT;
    bool recheck;

    for (size_t i = 0; i < r->nmessages; i++)
        if (r->messages[i].role == MIND_SYSTEM)
            split_message(r->messages[i].text, NULL, &words);
    int level = mind_prompt_level(p, buf_str(&words), &recheck);
    buf_release(&words);
    a.recheck = a.recheck || recheck;
    if (level < 0 || level == 3)
        a.visible = (int64_t)params->lines_as_needed;
    else
        a.visible = level == LEVELS - 1 ? MIND_UNLIMITED : level;
    return a;
}

bool mind_prompt_refused(const struct mind_prompts *p, struct str tool_result)
{
    return regex_match(p->refused, tool_result, 0, NULL, 0) == REGEX_YES;
}

int64_t mind_prompt_limit(const struct mind_prompts *p, struct str text)
{
    struct str g[5];
    struct rat v;
    int64_t limit = 0;

    for (size_t at = 0; regex_match(p->limit, text, at, g, ARRAY_LEN(g)) == REGEX_YES;) {
        for (size_t i = 1; i < ARRAY_LEN(g); i++)
            if (g[i].p && rat_parse(g[i], &v) && (limit == 0 || v.num < limit))
                limit = v.num;
        at = (size_t)(g[0].p + g[0].n - text.p);
    }
    return limit;
}

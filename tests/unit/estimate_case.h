/* estimate_case.h - one case of scripts/reference/estimators.py, put to the estimators of metrics/.
 */
#ifndef TESTS_UNIT_ESTIMATE_CASE_H
#define TESTS_UNIT_ESTIMATE_CASE_H

#include "harness/base/json.h"
#include "metrics/distribution.h"
#include "metrics/fewclusters.h"
#include "metrics/multiple.h"
#include "metrics/paired.h"
#include "metrics/permute.h"
#include "metrics/pool.h"
#include "metrics/proportion.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static inline double case_num(const struct json *in, const char *key)
{
    double v = 0;

    if (!json_num(json_get(in, key), &v))
        BUG("a case lacks the number %s", key);
    return v;
}

static inline size_t case_size(const struct json *in, const char *key)
{
    return (size_t)case_num(in, key);
}

/* A list of numbers; null is `missing`. The caller frees it. */
static inline double *case_list(const struct json *list, double missing, size_t *ret_n)
{
    double *v = xcalloc(json_len(list), sizeof *v);

    *ret_n = 0;
    for (const struct json *m = json_first(list); m; m = json_next(m)) {
        v[*ret_n] = missing;
        if (json_type(m) != JSON_NULL && !json_num(m, &v[*ret_n]))
            BUG("a case has something that is no number in a list");
        ++*ret_n;
    }
    return v;
}

static inline void case_put_list(struct json_writer *w, const char *key, const double *v, size_t n)
{
    jsonw_array(w, key);
    for (size_t i = 0; i < n; i++)
        jsonw_num(w, NULL, v[i]);
    jsonw_end_array(w);
}

static inline void case_put_interval(
    struct json_writer *w, const char *lo, const char *hi, struct interval ci)
{
    jsonw_num(w, lo, ci.known ? ci.lo : NAN); /* not finite: null */
    jsonw_num(w, hi, ci.known ? ci.hi : NAN);
}

/* Sums and sizes of lists of items. */
struct case_clusters {
    double *totals, *sizes;
    size_t n;
};

static inline struct case_clusters case_clusters(const struct json *in)
{
    const struct json *lists = json_get(in, "clusters");
    size_t n = json_len(lists), items;
    struct case_clusters c = {xcalloc(n, sizeof *c.totals), xcalloc(n, sizeof *c.sizes), 0};

    for (const struct json *m = json_first(lists); m; m = json_next(m)) {
        double *v = case_list(m, 0, &items);
        for (size_t i = 0; i < items; i++)
            c.totals[c.n] += v[i];
        c.sizes[c.n++] = (double)items;
        free(v);
    }
    return c;
}

static inline void case_clusters_free(struct case_clusters *c)
{
    free(c->totals);
    free(c->sizes);
}

static inline void case_family(const struct json *in, struct json_writer *w, bool holm)
{
    size_t n;
    double *p = case_list(json_get(in, "p"), 0, &n);

    (holm ? multiple_holm : multiple_bh)(p, n, case_size(in, "family"), p);
    case_put_list(w, "adjusted", p, n);
    free(p);
}

static inline void case_holm(const struct json *in, struct json_writer *w)
{
    case_family(in, w, true);
}

static inline void case_bh(const struct json *in, struct json_writer *w)
{
    case_family(in, w, false);
}

static inline double case_law_value(struct str law, const double *x)
{
    if (str_eqc(law, "normal"))
        return distribution_normal(x[0]);
    if (str_eqc(law, "normal_quantile"))
        return distribution_normal_quantile(x[0]);
    if (str_eqc(law, "t"))
        return distribution_t(x[0], x[1]);
    if (str_eqc(law, "t_quantile"))
        return distribution_t_quantile(x[0], x[1]);
    if (str_eqc(law, "beta"))
        return distribution_beta(x[0], x[1], x[2]);
    if (str_eqc(law, "beta_quantile"))
        return distribution_beta_quantile(x[0], x[1], x[2]);
    if (str_eqc(law, "chi2"))
        return distribution_chi2_upper(x[0]);
    return distribution_lngamma(x[0]);
}

static inline void case_law(const struct json *in, struct json_writer *w)
{
    size_t n;
    double *x = case_list(json_get(in, "x"), 0, &n);

    jsonw_num(w, "value", case_law_value(json_str(json_get(in, "law")), x));
    free(x);
}

static inline void case_binomial(const struct json *in, struct json_writer *w)
{
    size_t k = case_size(in, "k"), n = case_size(in, "n");
    double p = case_num(in, "p");

    jsonw_num(w, "mass", distribution_binomial(k, n, p));
    jsonw_num(w, "lower", distribution_binomial_lower(k, n, p));
    jsonw_num(w, "upper", distribution_binomial_upper(k, n, p));
}

static inline void case_share(const struct json *in, struct json_writer *w)
{
    size_t s = case_size(in, "s"), n = case_size(in, "n");

    case_put_interval(w, "lo", "hi", proportion_exact(s, n, case_num(in, "level")));
    jsonw_num(w, "above", proportion_above(s, n, case_num(in, "p0")));
}

static inline void case_mcnemar(const struct json *in, struct json_writer *w)
{
    struct paired_mcnemar m = paired_mcnemar(case_size(in, "gains"), case_size(in, "losses"));

    jsonw_int(w, "informative", m.informative);
    jsonw_num(w, "exact", m.exact);
    jsonw_num(w, "midp", m.midp);
}

static inline void case_mean(const struct json *in, struct json_writer *w)
{
    struct case_clusters c = case_clusters(in);
    struct paired_mean m = paired_mean(c.totals, c.sizes, c.n);

    jsonw_num(w, "mean", m.mean);
    jsonw_int(w, "known", m.known);
    jsonw_int(w, "varies", m.varies);
    jsonw_num(w, "se_cr1", m.se_cr1);
    jsonw_num(w, "se_cr3", m.se_cr3);
    jsonw_num(w, "t", m.t);
    jsonw_num(w, "p", m.p);
    case_put_interval(w, "lo", "hi", m.ci_cr1);
    case_put_interval(w, "lo3", "hi3", m.ci_cr3);
    case_clusters_free(&c);
}

static inline void case_score(const struct json *in, struct json_writer *w)
{
    size_t n;
    double *v = case_list(json_get(in, "totals"), 0, &n), p = NAN;

    if (!paired_score(v, n, &p))
        p = NAN;
    jsonw_num(w, "p", p);
    free(v);
}

static inline void case_mde(const struct json *in, struct json_writer *w)
{
    struct paired_design d = {case_num(in, "omega2"), case_num(in, "sigma2_a"),
        case_num(in, "sigma2_b"), (unsigned)case_num(in, "k_a"), (unsigned)case_num(in, "k_b"),
        case_num(in, "deff")};
    double n = case_num(in, "n"), alpha = case_num(in, "alpha"), power = case_num(in, "power");
    double variance = d.deff * (d.omega2 + d.sigma2_a / d.k_a + d.sigma2_b / d.k_b) / n;
    uint64_t items = 0;

    if (!paired_items(&d, case_num(in, "delta"), alpha, power, &items))
        BUG("too many items");
    jsonw_num(w, "mde", paired_mde(&d, n, alpha, power));
    jsonw_int(w, "items", (int64_t)items);
    jsonw_num(w, "mde_se", paired_mde_se(sqrt(variance), case_num(in, "df"), alpha, power));
}

static inline void case_estimate(const struct json *in, struct json_writer *w)
{
    const struct json *rows = json_get(in, "items");
    struct paired_item *items = xcalloc(json_len(rows), sizeof *items);
    struct paired_design d = {0};
    bool separable = false;
    size_t n = 0, four;

    for (const struct json *m = json_first(rows); m; m = json_next(m)) {
        double *v = case_list(m, 0, &four);
        items[n++] =
            (struct paired_item){(unsigned)v[0], (unsigned)v[1], (unsigned)v[2], (unsigned)v[3]};
        free(v);
    }
    bool known = paired_estimate(items, n, &d, &separable);
    jsonw_int(w, "known", known);
    if (known) {
        jsonw_num(w, "omega2", d.omega2);
        jsonw_num(w, "sigma2_a", d.sigma2_a);
        jsonw_num(w, "sigma2_b", d.sigma2_b);
        jsonw_int(w, "k_a", d.k_a);
        jsonw_int(w, "k_b", d.k_b);
        jsonw_int(w, "separable", separable);
    }
    free(items);
}

static inline void case_max_t_put(struct json_writer *w, const struct permute_result *r,
    const struct permute_setting *s, size_t settings)
{
    jsonw_int(w, "exact", r->exact);
    jsonw_int(w, "moving", (int64_t)r->moving);
    jsonw_num(w, "least", r->least);
    jsonw_num(w, "max_gain", r->max_gain);
    jsonw_num(w, "null_mean", r->null_mean);
    jsonw_num(w, "null_p95", r->null_p95);
    jsonw_array(w, "p");
    for (size_t j = 0; j < settings; j++)
        jsonw_num(w, NULL, s[j].p);
    jsonw_end_array(w);
    jsonw_array(w, "adjusted");
    for (size_t j = 0; j < settings; j++)
        jsonw_num(w, NULL, s[j].adjusted);
    jsonw_end_array(w);
}

static inline void case_max_t(const struct json *in, struct json_writer *w)
{
    const struct json *rows = json_get(in, "numerators");
    struct permute_family f = {.clusters = json_len(json_at(rows, 0))};
    double denominator = case_num(in, "denominator"), *totals;
    double *items = case_list(json_get(in, "items"), 0, &f.settings);
    struct permute_options o = {
        str_eqc(json_str(json_get(in, "side")), "two") ? PERMUTE_TWO_SIDED : PERMUTE_GREATER,
        case_size(in, "draws"), (uint64_t)case_num(in, "seed")};
    struct permute_setting *s = xcalloc(f.settings, sizeof *s);
    struct permute_result r;
    size_t n, j = 0;

    totals = xcalloc(f.settings * f.clusters, sizeof *totals);
    for (const struct json *m = json_first(rows); m; m = json_next(m), j++) {
        double *v = case_list(m, 0, &n);
        for (size_t g = 0; g < n; g++)
            totals[j * f.clusters + g] = v[g] / denominator;
        free(v);
    }
    f.totals = totals;
    f.items = items;
    permute_max_t(&f, &o, s, &r);
    case_max_t_put(w, &r, s, f.settings);
    free(totals);
    free(items);
    free(s);
}

static inline void case_few_put(struct json_writer *w, const struct fewclusters *r)
{
    static const char *const kinds[] = {[FEWCLUSTERS_OK] = "ok",
        [FEWCLUSTERS_TOO_FEW] = "few",
        [FEWCLUSTERS_NO_VARIANCE] = "flat",
        [FEWCLUSTERS_LOST] = "lost",
        [FEWCLUSTERS_UNBOUNDED] = "unbounded"};

    jsonw_cstr(w, "kind", kinds[r->kind]);
    jsonw_num(w, "mean", r->mean);
    jsonw_num(w, "se", r->se);
    case_put_interval(w, "lo", "hi", r->ci);
    jsonw_num(w, "p", r->p);
    jsonw_num(w, "lost", r->lost);
    jsonw_int(w, "exact", r->exact);
}

static inline void case_bootstrap_t(const struct json *in, struct json_writer *w)
{
    struct case_clusters c = case_clusters(in);
    struct fewclusters r = fewclusters_bootstrap_t(
        c.totals, c.sizes, c.n, case_size(in, "replicates"), (uint64_t)case_num(in, "seed"));

    case_few_put(w, &r);
    case_clusters_free(&c);
}

static inline void case_wild(const struct json *in, struct json_writer *w)
{
    struct case_clusters c = case_clusters(in);
    bool webb = str_eqc(json_str(json_get(in, "weights")), "webb");
    struct fewclusters r =
        fewclusters_wild(c.totals, c.sizes, c.n, webb ? FEWCLUSTERS_WEBB : FEWCLUSTERS_RADEMACHER,
            case_size(in, "replicates"), (uint64_t)case_num(in, "seed"));

    case_few_put(w, &r);
    case_clusters_free(&c);
}

static inline struct pool_sample *case_samples(const struct json *rows, size_t *ret_n)
{
    struct pool_sample *s = xcalloc(json_len(rows), sizeof *s);
    size_t four;

    *ret_n = 0;
    for (const struct json *m = json_first(rows); m; m = json_next(m)) {
        double *v = case_list(m, NAN, &four);
        s[(*ret_n)++] = (struct pool_sample){.answer = (int32_t)v[0],
            .right = v[1] > 0,
            .scored = !isnan(v[2]),
            .score = isnan(v[2]) ? 0 : v[2],
            .tokens = isnan(v[3]) ? -1 : v[3]};
        free(v);
    }
    return s;
}

static inline void case_pool(const struct json *in, struct json_writer *w)
{
    static const char *const texts[] = {"ok", "few", "large", "unscored", "tokens"};
    struct str how = json_str(json_get(in, "how"));
    size_t n, k = case_size(in, "k");
    struct pool_sample *s = case_samples(json_get(in, "samples"), &n);
    struct pool_value v = {0};
    enum pool_status status = str_eqc(how, "majority") ? pool_majority(s, n, k, &v)
                              : str_eqc(how, "best")   ? pool_best(s, n, k, &v)
                                                     : pool_short(s, n, case_size(in, "m"), k, &v);

    jsonw_cstr(w, "status", texts[status]);
    if (status == POOL_OK) {
        jsonw_num(w, "accuracy", v.accuracy);
        jsonw_num(w, "abstained", v.abstained);
        jsonw_num(w, "tokens", v.tokens);
        jsonw_num(w, "latency", v.latency);
    }
    free(s);
}

static inline void case_pass(const struct json *in, struct json_writer *w)
{
    unsigned n = (unsigned)case_num(in, "n"), c = (unsigned)case_num(in, "c");
    unsigned k = (unsigned)case_num(in, "k");
    double all = NAN, variance = NAN;
    bool unbiased = false;

    if (!pool_all_right(n, c, k, &all))
        all = NAN;
    if (!pool_pass_variance(n, c, k, &variance, &unbiased))
        variance = NAN;
    jsonw_num(w, "all", all);
    jsonw_num(w, "variance", variance);
    jsonw_int(w, "unbiased", unbiased);
}

/* Writes an object with what the C code gives; false if no estimator has that name. */
static inline bool estimate_case(const struct json *in, struct buf *out)
{
    static const struct {
        const char *name;
        void (*run)(const struct json *in, struct json_writer *w);
    } all[] = {
        {"holm", case_holm},
        {"bh", case_bh},
        {"law", case_law},
        {"binomial", case_binomial},
        {"share", case_share},
        {"mcnemar", case_mcnemar},
        {"mean", case_mean},
        {"score", case_score},
        {"mde", case_mde},
        {"estimate", case_estimate},
        {"max_t", case_max_t},
        {"bootstrap_t", case_bootstrap_t},
        {"wild", case_wild},
        {"pool", case_pool},
        {"pass", case_pass},
    };

    for (size_t i = 0; i < ARRAY_LEN(all); i++)
        if (str_eqc(json_str(json_get(in, "f")), all[i].name)) {
            struct json_writer w = json_writer(out, 0);
            jsonw_object(&w, NULL);
            all[i].run(in, &w);
            jsonw_end_object(&w);
            return true;
        }
    return false;
}

#endif

/*
 * price_import.h - LiteLLM's public price table as price rows.
 *
 * The table (model_prices_and_context_window.json) is one object by model name with dollars per
 * token. Taken are rows of text models (mode chat, completion, responses or none) that price input
 * and output; unknown members are ignored. A member that is read and is not what it must be is
 * ERR_INPUT with the model's name and the member's.
 *
 * Prices become whole micro-dollars per million tokens by decimal arithmetic on the number's own
 * text, so 1.375e-05 is 13750000 and not a neighbour of it.
 */
#ifndef HARNESS_CONFIG_PRICE_IMPORT_H
#define HARNESS_CONFIG_PRICE_IMPORT_H

#include "harness/config/price.h"

struct price_import_options {
    const char *origin; /* names the text in messages */
    struct str date;    /* effective_from and retrieved_at of all rows */
    struct str source_url;
};

struct price_import_counts {
    size_t rows;
    size_t other;     /* no text model, or not priced by tokens */
    size_t free;      /* input and output at 0, which does not tell free from unknown: left out */
    size_t repeated;  /* the same model under a second name: left out */
    size_t rounded;   /* prices finer than a micro-dollar per million tokens */
    size_t no_factor; /* rows whose batch prices are not one factor: batch_factor null */
};

MUST_CHECK enum err_code price_import(struct str text, const struct price_import_options *options,
    struct arena *arena, struct price_list *ret, struct price_import_counts *ret_counts,
    struct err *err);

#endif

/* job_report.c - from the store to tables, figures and RESULTS.md. */
#include "harness/base/file.h"
#include "harness/cli/job.h"
#include "metrics/frame_load.h"
#include "metrics/tables.h"

enum err_code job_report(struct store *store, const char *dir, struct err *err)
{
    struct frame f;
    if (frame_load(store, &f, err))
        return err->code;
    struct analysis_options ao = {.seed = 1, .run = STR("x")};
    struct analysis *a = analysis_new(&f, &ao);
    struct buf path = BUF_INIT, text = BUF_INIT;
    buf_printf(&path, "%s/tables", dir);
    enum err_code code = file_make_dirs(buf_cstr(&path), err);
    for (size_t i = 0; i < tables_count && !code; i++) {
        struct table *t = tables_all[i].build(a);
        buf_reset(&path);
        buf_reset(&text);
        buf_printf(&path, "%s/tables/%s.csv", dir, tables_all[i].name);
        table_print(t, TABLE_CSV, &text);
        code = file_write(buf_cstr(&path), buf_str(&text), err);
        table_free(t);
    }
    buf_release(&path);
    buf_release(&text);
    analysis_free(a);
    frame_release(&f);
    return code;
}

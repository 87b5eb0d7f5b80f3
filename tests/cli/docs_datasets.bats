#!/usr/bin/env bats
# docs_datasets.bats - the commands of docs/DATASETS.md do what the page says, in order, offline.

load helpers

setup() { paths; }

# Blocks with an info string, each behind a line that tells it from the next.
blocks() { # INFO
    awk -v info="\`\`\`$1" '$0 == info {inside = 1; print "#### block " ++n; next} /^```$/ {inside = 0} inside' "$TOP/docs/DATASETS.md"
}

# Ids of the queries of a split file, one a line.
query_ids() {
    python3 -c 'import json, sys; [print(q["id"]) for l in open(sys.argv[1]) for q in json.loads(l)["queries"]]' "$1"
}

@test "every shell block says whether it is run here" {
    [ "$(grep -c '^```sh' "$TOP/docs/DATASETS.md")" -eq "$(grep -cE '^```sh (tested|network)$' "$TOP/docs/DATASETS.md")" ]
    [ "$(blocks 'sh tested' | grep -c '^#### block')" -ge 11 ]
}

@test "the tested blocks run, from an empty directory and without a network" {
    mkdir bin
    ln -s "$PROGRAM" bin/sleepbench
    { echo 'set -euo pipefail'; blocks 'sh tested'; } >page.sh
    export XDG_CACHE_HOME=$PWD/cache https_proxy=http://127.0.0.1:9 http_proxy=http://127.0.0.1:9 no_proxy=127.0.0.1
    run -0 env PATH="$PWD/bin:$PATH" bash page.sh
    [[ $output == *"2 contexts, 3 queries (1 to 2 a context)"* ]]            # bring your own
    [[ $output == *"mixes 1 original and 2 generated queries (1 of them verified)"* ]]
    [ "$(wc -l <cells.jsonl)" -eq 12 ] # 3 queries, 2 levels, 2 arms
    [ "$(db mixed 'SELECT group_concat(id) FROM (SELECT id FROM query ORDER BY id)')" = h/0,h/1 ]
    [ "$(query_ids p1.jsonl)" = gsm-symbolic-p1/0007/0 ] # through the cache
    [ "$(wc -l <fresh.jsonl)" -eq 5 ]
    [[ $(query_ids fresh-splits.jsonl | head -n 1) == gsm-symbolic-p2/0001/* ]]
    [[ $(query_ids aime-splits.jsonl) == aime-2024/mine ]]
    [ "$(wc -l <competition.jsonl)" -eq 60 ]
    [ "$(query_ids exact.jsonl | wc -l)" -eq $((30 * 12)) ]
    [ "$(grep -o '"origin":"original"' mq.jsonl | wc -l)" -eq 30 ]
    python3 -c 'import json; t = json.loads(open("tasks.jsonl").read()); assert t["pr_number"] == 12 and sorted(f["filename"] for f in t["changed_files"]) == ["report.py", "stock.py", "till.py"]'
    # the second row is cut at a title, the third loses a period, the first and second have a decimal
    local header row
    header=$(grep -m 1 '^stratum .*title_cut' <<<"$output" | tr -s ' ')
    row=$(grep -A 5 '^stratum .*title_cut' <<<"$output" | grep '^all' | tr -s ' ')
    [ "$(paste <(tr ' ' '\n' <<<"$header") <(tr ' ' '\n' <<<"$row") | awk '$2 != "0"' | tr '\t\n' '= ')" = \
        "stratum=all rows=3 differ=3 substance=2 period_only=1 decimal_in_context=2 title_cut=1 question_not_last=1 " ]
}

@test "pages that the page names are there" {
    local page
    while read -r page; do
        [ -e "$TOP/docs/$page" ] || { echo "no docs/$page"; return 1; }
    done < <(grep -oE '\]\([A-Za-z_.]+\.(md|json)\)' "$TOP/docs/DATASETS.md" | tr -d '](' | tr -d ')' | sort -u)
}

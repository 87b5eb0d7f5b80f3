#!/usr/bin/env bats
# older.bats - runs that an older program has begun: their stores are brought up, and they go on.

load helpers

setup() { paths; }

# Takes from runs/NAME what version 1 of the store did not have, and what its program did not know.
make_old() {
    python3 - "runs/$1/run.db" <<'PY'
import json, sqlite3, sys
d = sqlite3.connect(sys.argv[1])
for t in ("forcing", "likelihood", "batch_line", "batch"):
    d.execute(f"DROP TABLE {t}")
for c in ("held_ns", "served", "in_write_1h", "batch"):
    d.execute(f"ALTER TABLE call DROP COLUMN {c}")
config = json.loads(d.execute("SELECT value FROM meta WHERE key = 'config'").fetchone()[0])
for key in ("answer_channel", "forced_extensions", "sleep_budget", "models_file"):
    assert config.pop(key, "absent") != "absent", key
d.execute("UPDATE meta SET value = ? WHERE key = 'config'", (json.dumps(config),))
d.execute("UPDATE meta SET value = 'digest of an older program' WHERE key = 'run_digest'")
d.execute("PRAGMA user_version = 1")
d.commit()
PY
}

@test "an older store is read and reported, with what it does not know left unknown" {
    go r "${SMALL[@]}"
    cp -r runs/r/tables before
    make_old r
    run -0 "$PROGRAM" status r
    [[ $output == *"tasks done"* ]]
    run -0 "$PROGRAM" report r
    [ "$(db r 'PRAGMA user_version')" = 2 ]
    [ "$(db r 'SELECT count(*) FROM call WHERE held_ns IS NOT NULL OR served IS NOT NULL')" = 0 ]
    for t in before/*; do
        diff <(grep -v '^# run:' "$t") <(grep -v '^# run:' "runs/r/tables/$(basename "$t")")
    done
}

@test "a run that an older program has begun goes on, and asks nothing twice" {
    go r "${SMALL[@]}" --max-calls 30 || [ $? -eq 4 ]
    calls=$(db r 'SELECT count(*) FROM call')
    make_old r
    go r "${SMALL[@]}"
    go whole "${SMALL[@]}"
    [ "$(db r 'SELECT count(*) FROM call')" = "$(db whole 'SELECT count(*) FROM call')" ]
    [ "$(db r 'SELECT count(*) FROM call WHERE held_ns IS NULL')" = "$calls" ]
    same_rows r whole
}

@test "a run of other tasks is not taken for an older one" {
    go r "${SMALL[@]}"
    make_old r
    run -2 go r "${SMALL[@]}" --set limit=9
    [[ $output == *"holds a run of another configuration; changed: limit"* ]]
    # no key has changed, but the words of the prompts have
    mkdir -p data/configs
    cp -r "$TOP/configs/prompts" data/configs/
    echo "Be brief." >>data/configs/prompts/neutral/verbosity_0.txt
    run -2 "$PROGRAM" --data-dir data run "$CONFIG" --quiet --set name=r "${SMALL[@]}"
    [[ $output == *"changed: the dataset or the prompts"* ]]
}

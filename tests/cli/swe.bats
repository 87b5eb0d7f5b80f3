#!/usr/bin/env bats
# swe.bats - `sleepbench data generate swe-features`: tasks from a clone, rows checked and completed,
# what GitHub says, what is refused.

load helpers

setup() {
    paths
    export GIT_CONFIG_NOSYSTEM=1 HOME=$BATS_TEST_TMPDIR
    export GIT_AUTHOR_NAME=Ann GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=Ben GIT_COMMITTER_EMAIL=b@b
    unset GITHUB_TOKEN GH_TOKEN SLEEPBENCH_GITHUB_URL GIT_DIR GIT_WORK_TREE
    GEN=("$PROGRAM" data generate swe-features)
}

teardown() { servers_down; }

# commit SECOND SUBJECT [BODY]: all changes, at that second.
commit() {
    git add -A
    GIT_AUTHOR_DATE="$1 +0000" GIT_COMMITTER_DATE="$1 +0000" \
        git commit -q --allow-empty -m "$2" ${3:+-m "$3"}
}

# change FILE..: another line in each
change() {
    local f
    for f; do
        mkdir -p "$(dirname "$f")"
        echo "line $RANDOM $f" >>"$f"
    done
}

# A clone with three features of the menu, one of sounds, a repair, a small one and one of 4 files of
# which 2 are new.
make_clone() {
    git init -q -b main clone
    cd clone
    for f in menu key draw sound speaker core; do change $f.py; done
    change README.md
    commit 1700000000 start
    change menu.py key.py draw.py
    commit 1700000100 "Add menu colours (#1)" "They are new."
    change menu.py key.py draw.py README.md
    commit 1700000200 "Add menu fonts (#2)"
    change menu.py key.py draw.py
    commit 1700000300 "Fix menu fonts (#3)"
    change sound.py speaker.py core.py
    commit 1700000400 "Support loud sounds (#4)"
    change sound.py
    commit 1700000500 "Add a small thing (#5)"
    change sound.py speaker.py a.py b.py
    commit 1700000600 "Add two new files (#6)"
    git checkout -q -b topic
    change menu.py key.py draw.py
    commit 1700000700 "Add menu icons"
    git checkout -q main
    GIT_AUTHOR_DATE="1700000800 +0000" GIT_COMMITTER_DATE="1700000800 +0000" git merge -q --no-ff \
        -m "Merge pull request #7 from ann/topic" -m "Add menu icons" topic
    git checkout -q -b open
    change sound.py speaker.py core.py
    commit 1700000900 "Add quiet sounds"
    git update-ref refs/pull/8/head HEAD
    git update-ref refs/pull/7/head topic
    git checkout -q main
    git branch -q -D open topic
    cd ..
}

# field FILE KEY: of every row
field() {
    python3 -c 'import json, sys
for line in open(sys.argv[1]): print(json.loads(line)[sys.argv[2]])' "$1" "$2"
}

@test "tasks of a clone: stages, clusters, relatives, the same bytes each time" {
    make_clone
    run -0 "${GEN[@]}" --repo clone --out tasks.jsonl --candidates all.jsonl --json
    [ "$(field tasks.jsonl pr_number | tr '\n' ' ')" = "1 2 4 7 " ]
    [ "$(field tasks.jsonl cluster | tr '\n' ' ')" = "c001 c001 c002 c001 " ]
    [ "$(field tasks.jsonl related | tr '\n' ' ')" = "[2, 7] [1, 7] [] [1, 2] " ]
    [ "$(field tasks.jsonl repo | sort -u)" = clone ]
    [ "$(field tasks.jsonl merged_at | sed -n 1p)" = 2023-11-14T22:15:00Z ]
    [ "$(field tasks.jsonl changed_files_count | tr '\n' ' ')" = "3 4 3 3 " ]
    [ "$(field tasks.jsonl base_commit | sed -n 1p)" = "$(git -C clone rev-parse main~7)" ]
    [ "$(field all.jsonl stage | tr '\n' ' ')" = "task few_modified few_files task text task task " ]
    [[ $output == *'"kind":"squash","candidates":6,"with_base":6,"readable":6,"enough_files":5,"enough_modified":4,'* ]]
    [[ $output == *'"word":"fix","candidates":1'* ]]
    [ "$(field tasks.jsonl changed_files | grep -c '@@ -1 +1,2 @@')" -ge 1 ]
    run -0 "${GEN[@]}" --repo clone/.git --out again.jsonl
    run -0 "${GEN[@]}" --repo clone=clone --out again.jsonl
    cmp tasks.jsonl again.jsonl
    run -0 --separate-stderr "${GEN[@]}" --repo clone
    [ "$output" = "$(cat tasks.jsonl)" ]
}

@test "what git diff says is what the rows say" {
    make_clone
    run -0 "${GEN[@]}" --repo clone --pull-refs --out tasks.jsonl
    python3 - <<'PY'
import json, subprocess
names = {"M": "modified", "A": "added", "D": "removed"}
rows = [json.loads(line) for line in open("tasks.jsonl")]
assert len(rows) == 5, len(rows)
for row in rows:
    git = subprocess.run(["git", "-C", "clone", "diff", "--name-status", "-M",
        row["base_commit"], row["head_commit"]], capture_output=True, text=True, check=True).stdout
    want = [[names[line.split("\t")[0]], line.split("\t")[1]] for line in git.splitlines()]
    assert [[f["status"], f["filename"]] for f in row["changed_files"]] == want
    assert row["changed_files_count"] == len(want)
PY
}

@test "heads below refs/pull: known numbers are not taken twice" {
    make_clone
    run -0 "${GEN[@]}" --repo clone --pull-refs --out tasks.jsonl --candidates all.jsonl
    [ "$(field tasks.jsonl pr_number | tr '\n' ' ')" = "1 2 4 7 8 " ]
    [ "$(field all.jsonl pr_number | sort -n | tr '\n' ' ')" = "1 2 3 4 5 6 7 8 " ]
    [ "$(field tasks.jsonl state | tail -1)" = None ]
    [ "$(field tasks.jsonl cluster | tail -1)" = "c002" ]
}

@test "--before leaves later relatives out" {
    make_clone
    run -0 "${GEN[@]}" --repo clone --before --out tasks.jsonl
    [ "$(field tasks.jsonl related | tr '\n' ' ')" = "[] [1] [] [1, 2] " ]
}

@test "options: fewer files, other files, other words, other clusters" {
    make_clone
    run -0 "${GEN[@]}" --repo clone --min-modified 1 --out tasks.jsonl
    [ "$(field tasks.jsonl pr_number | tr '\n' ' ')" = "1 2 4 5 6 7 " ]
    run -0 "${GEN[@]}" --repo clone --max-files 3 --out tasks.jsonl
    [ "$(field tasks.jsonl pr_number | tr '\n' ' ')" = "1 4 7 " ]
    run -0 "${GEN[@]}" --repo clone --min-modified 1 --extensions md --out tasks.jsonl
    [ "$(field tasks.jsonl pr_number | tr '\n' ' ')" = "2 " ]
    run -0 "${GEN[@]}" --repo clone --max-cluster 2 --pairs pairs.jsonl --out tasks.jsonl
    [ "$(field tasks.jsonl related | grep -c '\[.*,')" = 0 ]
    [ "$(wc -l <pairs.jsonl)" = 6 ]
    run -0 "${GEN[@]}" --repo clone --similarity 1 --out tasks.jsonl
    [ "$(field tasks.jsonl related | sort -u)" = "[]" ]
    run -0 "${GEN[@]}" --repo clone --patch-bytes 0 --out tasks.jsonl
    run ! grep -q '"patch"' tasks.jsonl
    sed 's/"fix", //' "$TOP/datasets/swe_words.json" >words.json
    run -0 "${GEN[@]}" --repo clone --words words.json --branch "$(git -C clone rev-parse main~3)" --out tasks.jsonl
    [ "$(field tasks.jsonl pr_number | tr '\n' ' ')" = "1 2 4 " ]
}

@test "our rows are read back, checked against the clone, and described" {
    make_clone
    run -0 "${GEN[@]}" --repo clone --pull-refs --out tasks.jsonl
    run -0 --separate-stderr "${GEN[@]}" --rows tasks.jsonl --repo clone=clone --json --stats
    [ "$output" = "$(cat tasks.jsonl)" ]
    [ "$(grep -c '"base":"ok","files_at_base":"ok","files":"equal"' <<<"$stderr")" = 5 ]
    [[ $stderr == *'"what":"tasks","value":5'* ]]
    [[ $stderr == *'"what":"clusters","value":2'* ]]
}

@test "rows without files are filled from the clone; what differs is told" {
    make_clone
    b=$(git -C clone rev-parse main~7)
    cat >rows.jsonl <<ROWS
{"repo":"clone","pr_number":8,"title":"Quiet"}
{"repo":"clone","pr_number":99,"title":"Nowhere"}
{"repo":"clone","pr_number":1,"base_commit":"$b","changed_files":"[{'filename': 'menu.py', 'status': 'modified', 'patch': None}, {'filename': 'gone.py', 'status': 'modified'}]"}
{"repo":"clone","pr_number":2,"base_commit":"0123456789012345678901234567890123456789","changed_files":[{"filename":"menu.py","status":"new"}]}
ROWS
    echo '{"menu":[1,2],"sound":[8]}' >clusters.json
    run -0 --separate-stderr "${GEN[@]}" --rows rows.jsonl --repo clone=clone --clusters clusters.json --json --out out.jsonl
    [[ $stderr == *'"pr_number":8,"found_as":"pull_ref","base":"ok","files_at_base":"ok","files":"filled"'* ]]
    [[ $stderr == *'"pr_number":99,"found_as":"nothing","base":"unknown","files_at_base":"unknown","files":"unknown"'* ]]
    [[ $stderr == *'"pr_number":1,"found_as":"squash","base":"ok","files_at_base":"missing","files":"differ","missing":1,"extra":1,"lacking":2,"other_status":0'* ]]
    [[ $stderr == *'"pr_number":2,"found_as":"squash","base":"absent","files_at_base":"unknown","files":"differ","missing":0,"extra":0,"lacking":3,"other_status":1'* ]]
    [[ $stderr == *'clone #99: it has no files, and neither has the clone'* ]]
    [ "$(field out.jsonl changed_files_count | tr '\n' ' ')" = "None None 3 None " ]
    [ "$(field out.jsonl related | tr '\n' ' ')" = "[2] [1] [] [] " ]
}

# --- what is refused -------------------------------------------------------------------------------

@test "wrong use: exit 2 with the option's name" {
    make_clone
    run -2 "${GEN[@]}"
    [[ $output == *"--repo DIR"* ]]
    run -2 "${GEN[@]}" --repo clone --repo clone
    run -2 "${GEN[@]}" --repo clone --similarity 1.5
    [[ $output == *"--similarity 1.5"* ]]
    run -2 "${GEN[@]}" --repo clone --similarity nan
    run -2 "${GEN[@]}" --repo clone --max-cluster 0
    [[ $output == *"--max-cluster 0"* ]]
    run -2 "${GEN[@]}" --repo clone --extensions py,,js
    run -2 "${GEN[@]}" --repo clone --rows rows.jsonl --candidates x
    run -2 "${GEN[@]}" --repo clone --clusters x
    run -2 "${GEN[@]}" --repo clone --pairs -
    run -2 "${GEN[@]}" --repo clone --branch nowhere
    [[ $output == *nowhere* ]]
    run -2 "${GEN[@]}" --repo nothing-here
    [[ $output == *nothing-here* ]]
    run -2 "${GEN[@]}" --rows nothing.jsonl
    echo '{"repo":"x","pr_number":1}' >rows.jsonl
    run -2 "${GEN[@]}" --rows rows.jsonl --repo clone
    [[ $output == *"NAME=DIR"* ]]
    echo '[' >words.json
    run -2 "${GEN[@]}" --repo clone --words words.json
    [[ $output == *words.json* ]]
}

@test "data stats counts a file of pull requests, a repository at a time" {
    cat >rows.jsonl <<'ROWS'
{"repo":"x","pr_number":1,"title":"a","cluster":"c","changed_files":[{"filename":"a","status":"modified"},{"filename":"b","status":"added"}]}
{"repo":"x","pr_number":2,"title":"b","cluster":"c","changed_files":[{"filename":"a","status":"modified"}]}
{"repo":"y","pr_number":2,"title":"c","body":"text","cluster":"c","changed_files":[]}
ROWS
    run -0 "$PROGRAM" data stats swe-features --input rows.jsonl
    [ "$(tr -s ' ' <<<"$output" | grep -cE '^x (tasks 2|files 3|files_modified 2|files_per_task 1.50|modified_most 1|clusters 1|tasks_with_related 2)$')" -eq 7 ]
    run -0 "$PROGRAM" data stats --input rows.jsonl --json # known by its columns
    python3 - "$output" <<'PY'
import json, sys
s = json.loads(sys.argv[1])
assert s["dataset"] == "swe-features" and [r["repo"] for r in s["repos"]] == ["x", "y"], s
x, y = s["repos"]
assert (x["tasks"], x["files_added"], x["files_per_task"], x["clusters_of_one"]) == (2, 1, 1.5, 0), x
assert (y["tasks"], y["tasks_with_body"], y["files_per_task"], y["clusters_of_one"]) == (1, 1, None, 1), y
PY
    run -2 "$PROGRAM" data stats swe-features --input rows.jsonl --map question=title
    [[ $output == *"remove --split, --tail, --map"* ]]
    : >empty.jsonl
    run -2 "$PROGRAM" data stats swe-features --input empty.jsonl
    [[ $output == *"empty.jsonl holds no usable row"* ]]
}

@test "a clone of which there is no row is named; a file without rows is an error" {
    (make_clone)
    echo '{"repo":"x","pr_number":1}' >rows.jsonl
    run -0 "${GEN[@]}" --rows rows.jsonl --repo clone=clone --out out.jsonl
    [[ $output == *"--repo clone=clone: no row is of clone"*"the first row is of x"* ]]
    : >rows.jsonl
    run -2 "${GEN[@]}" --rows rows.jsonl --out empty.jsonl
    [[ $output == *"rows.jsonl holds no usable row: it is empty"* && ! -e empty.jsonl ]]
}

@test "bad rows: file and line; nothing is written" {
    printf '{"repo":"x","pr_number":1}\n{"repo":"x","pr_number":1}\n' >rows.jsonl
    run -2 "${GEN[@]}" --rows rows.jsonl --out out.jsonl
    [[ $output == *"rows.jsonl:2: x #1 stands in row 1 already"* ]]
    [ ! -e out.jsonl ]
    run -0 "${GEN[@]}" --rows rows.jsonl --skip-bad --out out.jsonl
    [ "$(wc -l <out.jsonl)" = 1 ]
}

@test "an empty clone and a shallow one" {
    git init -q empty
    run -2 "${GEN[@]}" --repo empty
    [[ $output == *"no commits"* ]]
    make_clone
    git clone -q --depth 2 "file://$PWD/clone" shallow
    run -0 "${GEN[@]}" --repo shallow --out out.jsonl
    [[ $output == *shallow* ]]
}

# --- GitHub ----------------------------------------------------------------------------------------

github_up() {
    mkdir -p gh
    [ -p gh.stdin ] || mkfifo gh.stdin
    exec {GH_STDIN}<>gh.stdin
    rm -f gh.port
    "$B/tests/mock/github_server" gh gh.log <gh.stdin >gh.port 2>gh.err 3>&- &
    SERVERS+=($!)
    wait_line gh.port
    export SLEEPBENCH_GITHUB_URL=http://127.0.0.1:$(tr -dc 0-9 <gh.port)
    answer /repos/o/r 200 '{"full_name":"o/r"}'
}

# answer PATH STATUS BODY [HEADER..]; STATUS may be NAME.k in front: "429@1" for the first request
answer() {
    local file=gh/${1//[^A-Za-z0-9]/_} status=$2 body=$3
    shift 3
    [[ $status == *@* ]] && file=$file.${status#*@}
    {
        echo "${status%@*}"
        printf '%s\n' "$@" | sed '/^$/d'
        echo
        printf '%s' "$body"
    } >"$file"
}

# pull N COUNT: an answer about a pull request
pull() {
    answer "/repos/o/r/pulls/$1" 200 "{\"number\":$1,\"title\":\"Add thing $1\",\"state\":\"closed\",\"body\":\"B$1\",\"user\":{\"login\":\"u$1\"},\"merged_at\":\"2024-01-0$1T00:00:00Z\",\"changed_files\":$2,\"base\":{\"sha\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa$1\"},\"head\":{\"sha\":\"bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb$1\"}}"
}

# files N PAGE FROM TO: a page of modified files fFROM.py .. fTO.py
files() {
    local list=
    for ((i = $3; i <= $4; i++)); do
        list+=",{\"filename\":\"f$i.py\",\"status\":\"modified\",\"additions\":1,\"deletions\":0,\"patch\":\"@@ $i\"}"
    done
    answer "/repos/o/r/pulls/$1/files?per_page=100&page=$2" 200 "[${list#,}]"
}

ask() { # rows.jsonl of #1 and #2 through GitHub
    printf '{"repo":"o/r","pr_number":1}\n{"repo":"o/r","pr_number":2}\n' >rows.jsonl
    "${GEN[@]}" --rows rows.jsonl --github o/r --cache cache.jsonl --out out.jsonl "$@"
}

@test "GitHub: pages, the cache, the token" {
    github_up
    pull 1 203
    files 1 1 1 100
    files 1 2 101 200
    files 1 3 201 203
    pull 2 1
    files 2 1 1 1
    export GITHUB_TOKEN=ghp_veryverysecret1
    run -0 ask
    [ "$(field out.jsonl changed_files_count | tr '\n' ' ')" = "203 1 " ]
    [ "$(field out.jsonl title | tr '\n' ' ')" = "Add thing 1 Add thing 2 " ]
    [ "$(field out.jsonl base_commit | sed -n 1p)" = aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa1 ]
    [ "$(wc -l <gh.log)" = 7 ]
    [ "$(cut -d' ' -f2 gh.log | sort -u)" = ghp_veryverysecret1 ]
    [[ $output != *veryverysecret* ]]
    run ! grep -q veryverysecret cache.jsonl out.jsonl
    cp out.jsonl first.jsonl
    run -0 ask
    [[ $output == *"0 requests; 0 pull requests asked for, 2 from the cache"* ]]
    cmp first.jsonl out.jsonl
    [ "$(wc -l <gh.log)" = 7 ]
}

@test "GitHub: limits are waited for, and a pull request that is not there is kept in mind" {
    github_up
    answer /repos/o/r/pulls/1 429@1 '{"message":"slow down"}' "Retry-After: 1"
    answer /repos/o/r/pulls/1 403@2 '{"message":"API rate limit exceeded"}' "x-ratelimit-remaining: 0" "x-ratelimit-reset: @now+0"
    answer /repos/o/r/pulls/1 502@3 'bad'
    answer /repos/o/r/pulls/1 close@4 ''
    pull 1 1
    files 1 1 1 1
    run -0 ask --wait 20
    [ "$(grep -c 'pulls/1 -' gh.log)" = 5 ]
    [[ $output == *"o/r #2: GitHub knows no such pull request"* ]]
    [ "$(field out.jsonl changed_files_count | tr '\n' ' ')" = "1 None " ]
    n=$(wc -l <gh.log)
    run -0 ask
    [[ $output == *"o/r #2: GitHub knows no such pull request"* ]]
    [ "$(wc -l <gh.log)" = "$n" ]
}

@test "GitHub: a limit that lasts stops the work, what is done stays" {
    github_up
    pull 1 1
    files 1 1 1 1
    answer /repos/o/r/pulls/2 403 '{"message":"API rate limit exceeded"}' "x-ratelimit-remaining: 0" "x-ratelimit-reset: @now+3000"
    run -4 ask --wait 5
    [[ $output == *"asks for 300"*"s of waiting, 5 s were allowed"* ]]
    [ ! -e out.jsonl ]
    [ "$(wc -l <cache.jsonl)" = 2 ]
    pull 2 1
    files 2 1 1 1
    printf '{"pr_number":3,"fou' >>cache.jsonl # a kill in the middle of a line
    run -0 ask
    [ "$(grep -c 'pulls/1 -' gh.log)" = 1 ]
    [ "$(wc -l <cache.jsonl)" = 3 ]
    [ "$(field out.jsonl changed_files_count | tr '\n' ' ')" = "1 1 " ]
}

@test "GitHub: a cut list of files is not used" {
    github_up
    pull 1 3
    files 1 1 1 2
    pull 2 1
    files 2 1 1 1
    run -0 ask
    [[ $output == *"o/r #1: GitHub's list of its files is cut"* ]]
    [ "$(field out.jsonl changed_files_count | tr '\n' ' ')" = "None 1 " ]
}

@test "GitHub: refusals are told apart" {
    github_up
    answer /repos/o/r 404 '{"message":"Not Found"}'
    run -2 ask
    [[ $output == *"knows no repository o/r"* ]]
    answer /repos/o/r 401 '{"message":"Bad credentials"}'
    run -2 ask
    [[ $output == *"token is refused"* ]]
    answer /repos/o/r 301 '{"message":"Moved Permanently"}' "Location: http://127.0.0.1:1/x"
    run -2 ask
    [[ $output == *"has moved"* ]]
    answer /repos/o/r 200 '<html>login</html>' "Content-Type: text/html"
    run -2 ask
    [[ $output == *"no JSON"* ]]
    answer /repos/o/r 403 '{"message":"not for you"}'
    run -2 ask
    [[ $output == *"status 403: not for you"* ]]
    answer /repos/o/r 200 '{}'
    answer /repos/o/r/pulls/1 200 '{"title":"x"}'
    run -2 ask
    [[ $output == *"no pull request"* ]]
    [ "$(wc -l <cache.jsonl)" = 1 ]
}

@test "GitHub: another address must be this machine; another file is no cache" {
    mkdir gh
    export SLEEPBENCH_GITHUB_URL=http://192.0.2.1
    run -2 ask
    [[ $output == *"this machine only"* ]]
    export SLEEPBENCH_GITHUB_URL=http://127.0.0.1:1
    printf 'my notes\nno line feed' >cache.jsonl
    run -2 ask
    [[ $output == *"cache.jsonl:1"* ]]
    [ "$(cat cache.jsonl)" = "$(printf 'my notes\nno line feed')" ]
    rm cache.jsonl
    run -2 "${GEN[@]}" --rows rows.jsonl --github 'o/../r'
    [[ $output == *OWNER/NAME* ]]
    GITHUB_TOKEN='a b' run -2 ask
    [[ $output == *GITHUB_TOKEN* ]]
    run -4 ask
    [[ $output == *"run the same command later"* ]]
}

@test "GitHub completes what a clone has: titles, bodies, whole lists" {
    make_clone
    github_up
    for n in 1 2 4 7; do
        pull $n 3
        files $n 1 1 3
    done
    pull 3 3
    files 3 1 1 3
    run -0 "${GEN[@]}" --repo clone --github o/r --cache cache.jsonl --out tasks.jsonl
    # #3's title was "Fix ..": GitHub's is another
    [ "$(field tasks.jsonl pr_number | tr '\n' ' ')" = "1 2 3 4 7 " ]
    [ "$(field tasks.jsonl repo | sort -u)" = o/r ]
    [ "$(field tasks.jsonl user_login | tr '\n' ' ')" = "u1 u2 u3 u4 u7 " ]
    run ! grep -q 'pulls/[56]' gh.log
}

@test "a run over swe-features says what it lacks" {
    printf '{"repo":"x","pr_number":1}\n' >rows.jsonl
    run -2 "$PROGRAM" run "$CONFIG" --quiet --set dataset=swe-features --input rows.jsonl --set name=x
    [[ $output == *agent* ]]
}

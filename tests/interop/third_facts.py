"""third_facts.py - what a server does with what it is asked: a table of facts, by plain HTTP.

    python third_facts.py http://127.0.0.1:PORT [MODEL]

Prints a row per parameter: what was sent, what was seen, and whether it was honoured. It knows
nothing of sleepbench, so that its rows can be held against those of `sleepbench probe`. Meant for a
model that samples (temperature 1): the tiny one of tiny_model.py, or any other.
"""
import json
import sys
import urllib.error
import urllib.request

ASK = [{"role": "user", "content": "How much is 2 + 2?"}]
DRAW = dict(temperature=1, top_k=0, top_p=1, min_p=0)
TOOLS = [{"type": "function", "function": {"name": name, "description": name, "parameters": {
    "type": "object", "properties": properties, "required": list(properties)}}}
    for name, properties in (("keep", {"text": {"type": "string"}}), ("finish", {}))]
SEEDS = range(6)


class Server:
    def __init__(self, url, model):
        self.url, self.model = url, model

    def raw(self, path, body=None, headers=None):
        data = None if body is None else json.dumps(body).encode()
        ask = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json", **(headers or {})})
        try:
            with urllib.request.urlopen(ask, timeout=300) as r:
                return r.status, r.read()
        except urllib.error.HTTPError as e:
            return e.code, e.read()

    def post(self, path, **body):
        status, text = self.raw(path, body)
        try:
            return status, json.loads(text)
        except ValueError:
            return status, {"error": text.decode(errors="replace")[:200]}

    def chat(self, **body):
        return self.post("/v1/chat/completions",
                         **{**dict(model=self.model, messages=ASK, max_tokens=400, seed=1, **DRAW), **body})

    def complete(self, **body):
        return self.post("/v1/completions",
                         **{**dict(model=self.model, prompt="How much is 2 + 2?", max_tokens=60, seed=1, **DRAW),
                            **body})

    def size(self, text):
        """Tokens of a text, by the server: its tokenizer, or what a prompt costs more with it."""
        if not text:
            return 0
        status, r = self.post("/tokenize", content=text)
        if status == 200 and "tokens" in r:
            return len(r["tokens"])
        costs = [self.complete(prompt=prompt, max_tokens=1)[1]["usage"]["prompt_tokens"] for prompt in ("x", "x" + text)]
        return costs[1] - costs[0]


def message(answer):
    return answer[1]["choices"][0]["message"]


def text(answer):
    m = message(answer)
    return (m.get("reasoning_content") or "") + "\0" + (m.get("content") or "")


MEMBERS = ("reasoning_content", "reasoning")


def thought(answer, where):
    """The text of the thought: in the member `where`, or in the content, before a closing tag."""
    text = message(answer).get(where) or ""
    return text.partition("</think>")[0].removeprefix("<think>") if where == "content" and "</think>" in text else (
        "" if where == "content" else text)


def used(answer):
    return answer[1]["usage"]["completion_tokens"]


def why(answer):
    """Status and message of a refusal."""
    e = answer[1].get("error", answer[1].get("detail", answer[1]))
    said = e.get("message", str(e)) if isinstance(e, dict) else str(e)
    return f"{answer[0]}: {said[:70]}"


def limits(s):
    for key in ("max_tokens", "max_completion_tokens"):
        a = s.chat(**{"max_tokens": None, key: 7, "seed": 4})
        yield f"{key} 7", f"{used(a)} tokens, finish {a[1]['choices'][0]['finish_reason']}", used(a) == 7
    a = s.complete(max_tokens=7)
    yield "completions max_tokens 7", f"{used(a)} tokens", used(a) == 7


def randomness(s):
    same = text(s.chat(seed=5)) == text(s.chat(seed=5))
    other = len({text(s.chat(seed=seed)) for seed in SEEDS})
    yield "seed", f"equal seeds {'equal' if same else 'different'}, {len(SEEDS)} seeds {other} answers", same and other > 1
    cold = len({text(s.chat(seed=seed, temperature=0)) for seed in SEEDS})
    yield "temperature 0", f"{len(SEEDS)} seeds {cold} answers", cold == 1
    a = s.chat(n=3, max_tokens=20)
    yield "n 3", f"{len(a[1]['choices'])} choices" if a[0] == 200 else why(a), a[0] == 200 and len(a[1]["choices"]) == 3


def endings(s):
    whole = s.complete(max_tokens=60)[1]["choices"][0]["text"]
    stop = whole[10:12]
    cut = s.complete(max_tokens=60, stop=[stop])[1]["choices"][0]["text"]
    yield "stop", f"ends before the word: {cut == whole[:whole.index(stop)]}", cut == whole[:whole.index(stop)]
    short = min((s.complete(seed=seed, max_tokens=400) for seed in SEEDS), key=used)
    seed = next(seed for seed in SEEDS if used(s.complete(seed=seed, max_tokens=400)) == used(short))
    for key, value in (("min_tokens", 300), ("ignore_eos", True)):
        longer = used(s.complete(seed=seed, max_tokens=400, **{key: value}))
        yield f"{key} {json.dumps(value)}", f"{used(short)} tokens become {longer}", longer >= 300


def thoughts(s):
    given = [message(s.chat(seed=seed)) for seed in SEEDS]
    where = next((name for name in MEMBERS if any(m.get(name) for m in given)), "content")

    def sizes(**body):
        found = []
        for seed in SEEDS:
            a = s.chat(seed=seed, **body)
            if a[0] != 200:
                return why(a)
            found.append(s.size(thought(a, where)))
        return found
    free = sizes()
    yield "(no budget)", f"thoughts of {free} tokens, in {where}", None
    for key in ("thinking_budget_tokens", "reasoning_budget_tokens", "thinking_token_budget", "thinking_budget"):
        seen = sizes(**{key: 16})
        yield f"{key} 16", f"thoughts of {seen} tokens", isinstance(seen, list) and max(seen) <= 16 < max(free)
    for name, body in (("chat_template_kwargs.enable_thinking false", {"chat_template_kwargs": {"enable_thinking": False}}),
                       ("reasoning_effort none", {"reasoning_effort": "none"}),
                       ("reasoning_effort low", {"reasoning_effort": "low"})):
        seen = sizes(**body)
        honoured = (max(seen) == 0 < max(free)) if "low" not in name and isinstance(seen, list) else seen != free
        yield name, f"thoughts of {seen} tokens", honoured


def calls(s):
    def made(**body):
        found = []
        for seed in SEEDS:
            a = s.chat(seed=seed, tools=TOOLS, max_tokens=900, **body)
            if a[0] != 200:
                return why(a)
            found.append([c["function"]["name"] for c in message(a).get("tool_calls") or []])
        return found
    for name, body in (("tools", {}), ("tool_choice none", {"tool_choice": "none"}),
                       ("tool_choice required", {"tool_choice": "required"}),
                       ("tool_choice of one name", {"tool_choice": {"type": "function", "function": {"name": "finish"}}}),
                       ("parallel_tool_calls true", {"tool_choice": "required", "parallel_tool_calls": True}),
                       ("parallel_tool_calls false", {"tool_choice": "required", "parallel_tool_calls": False})):
        seen = made(**body)
        if isinstance(seen, str):
            yield name, seen, False
            continue
        n = [len(c) for c in seen]
        honoured = {"tools": max(n) > 0, "tool_choice none": max(n) == 0, "tool_choice required": min(n) > 0,
                    "tool_choice of one name": all("finish" in c for c in seen),
                    "parallel_tool_calls true": max(n) > 1, "parallel_tool_calls false": max(n) <= 1}[name]
        yield name, f"calls in {len(SEEDS)} answers: {n}, names {sorted({x for c in seen for x in c})}", honoured


def streams(s):
    def usages(**body):
        status, raw = s.raw("/v1/chat/completions", dict(model=s.model, messages=ASK, max_tokens=20, stream=True, **body))
        events = [json.loads(line[6:]) for line in raw.decode().split("\n")
                  if line.startswith("data: ") and line[6:] != "[DONE]"]
        return [(e["usage"], len(e.get("choices", []))) for e in events if e.get("usage")], raw.rstrip().endswith(b"[DONE]")
    found, done = usages(stream_options={"include_usage": True})
    yield "stream_options.include_usage", (
        f"usage in {len(found)} chunk(s), choices there {[n for _, n in found]}, [DONE] {done}"), len(found) == 1
    found, _ = usages()
    yield "(streamed, not asked for usage)", f"usage in {len(found)} chunks", None


def scores(s):
    a = s.chat(logprobs=True, top_logprobs=2, max_tokens=5)
    content = (a[1]["choices"][0].get("logprobs") or {}).get("content") if a[0] == 200 else None
    yield "logprobs on chat", f"{len(content)} tokens of 5" if content else why(a), bool(content)
    for limit in (0, 1):
        a = s.complete(echo=True, logprobs=1, max_tokens=limit)
        if a[0] != 200:
            yield f"echo + logprobs, max_tokens {limit}", why(a), False
            continue
        lp = a[1]["choices"][0].get("logprobs") or {}
        values = lp.get("token_logprobs") or []
        prompt = a[1]["usage"]["prompt_tokens"]
        yield (f"echo + logprobs, max_tokens {limit}",
               f"prompt of {prompt} tokens, {len(values)} token_logprobs, members {sorted(lp)}, "
               f"{used(a)} completion tokens", len(values) >= prompt)
    a = s.complete(prompt_logprobs=0, max_tokens=1)
    yield "prompt_logprobs 0", why(a) if a[0] != 200 else f"given: {bool(a[1]['choices'][0].get('prompt_logprobs'))}", (
        a[0] == 200 and bool(a[1]["choices"][0].get("prompt_logprobs")))


def prefixes(s):
    start = "The answer is"
    for name, extra, off in (("last message of the assistant", {}, {}),
                             ("the same, thinking off", {}, {"chat_template_kwargs": {"enable_thinking": False}}),
                             ("continue_final_message", {"continue_final_message": True, "add_generation_prompt": False}, {}),
                             ("prefix: true", {}, {})):
        last = {"role": "assistant", "content": start}
        if name.startswith("prefix"):
            last["prefix"] = True
        a = s.chat(messages=ASK + [last], max_tokens=10, **extra, **off)
        b = s.chat(messages=ASK, max_tokens=10, **off)
        if a[0] != 200:
            yield name, why(a), False
            continue
        grown = a[1]["usage"]["prompt_tokens"] - b[1]["usage"]["prompt_tokens"]
        size = s.size(start)
        seen = "exactly the start" if grown == size else "the start behind a closed thought" if grown == size + 4 else ""
        yield name, f"the prompt grows by {grown} tokens, the start has {size}: {seen or 'a finished turn'}", bool(seen)
    begun = {"role": "assistant", "content": "", "reasoning_content": "It is plain that"}
    a = s.chat(messages=ASK + [begun], max_tokens=30)
    b = s.chat(messages=ASK, max_tokens=30)
    grown = a[1]["usage"]["prompt_tokens"] - b[1]["usage"]["prompt_tokens"] if a[0] == 200 else 0
    yield ("reasoning_content of the last message", why(a) if a[0] != 200 else
           f"the prompt grows by {grown} tokens, the thought has {s.size('It is plain that')}",
           a[0] == 200 and grown == s.size("It is plain that"))


def tokens(s):
    status, r = s.post("/tokenize", content="How much is 2 + 2?")
    ids = r.get("tokens")
    yield "/tokenize", f"{len(ids)} ids" if ids else f"{status}", bool(ids)
    status, r = s.post("/apply-template", messages=ASK)
    yield "/apply-template", json.dumps(r.get("prompt", status))[:70], "prompt" in r
    if not ids:
        ids = list(range(300, 310))
    a = s.complete(prompt=ids, max_tokens=4)
    yield "completions, prompt as ids", why(a) if a[0] != 200 else (
        f"{len(ids)} ids, prompt_tokens {a[1]['usage']['prompt_tokens']}"), (
        a[0] == 200 and a[1]["usage"]["prompt_tokens"] == len(ids))
    a = s.complete(max_tokens=4, return_tokens=True, return_token_ids=True)
    c = a[1]["choices"][0] if a[0] == 200 else {}
    where = [k for k in ("token_ids", "tokens") if c.get(k)]
    yield "completions, ids of what was said", f"members {where}" if a[0] == 200 else why(a), bool(where)
    status, r = s.post("/completion", prompt=ids, n_predict=4, return_tokens=True, **DRAW)
    yield "/completion, ids in and out", f"tokens {len(r.get('tokens') or [])}, stop_type {r.get('stop_type')}" \
        if status == 200 else f"{status}", status == 200 and len(r.get("tokens") or []) == 4


def others(s):
    a = s.chat(no_such_field=1, max_tokens=3)
    yield "an unknown member", "ignored" if a[0] == 200 else why(a), None
    a = s.chat(model="no-such-model", max_tokens=3)
    yield "an unknown model", f"answered, model {a[1].get('model')}" if a[0] == 200 else why(a), None
    a = s.chat(messages=[{"role": "user", "content": "ba " * 20000}], max_tokens=3)
    yield "a prompt above the context", f"answered, prompt_tokens {a[1]['usage']['prompt_tokens']}" \
        if a[0] == 200 else why(a), None
    twice = [s.chat(max_tokens=3)[1]["usage"].get("prompt_tokens_details") for _ in range(2)][1]
    yield "cached_tokens", json.dumps(twice), None
    yield "reasoning_tokens", json.dumps(s.chat()[1]["usage"].get("completion_tokens_details")), None
    for path, body in (("/v1/responses", dict(model=s.model, input="hi", max_output_tokens=9)),
                       ("/v1/messages", dict(model=s.model, max_tokens=9, messages=ASK)),
                       ("/v1/messages/count_tokens", dict(model=s.model, messages=ASK))):
        status, r = s.post(path, **body)
        yield path, f"{status}, {r.get('status') or r.get('stop_reason') or r.get('input_tokens') or ''}", status == 200
    if s.post("/v1/messages", model=s.model, max_tokens=9, messages=ASK)[0] == 200:
        found = []
        for seed in SEEDS:
            r = s.post("/v1/messages", model=s.model, max_tokens=400, messages=ASK, seed=seed,
                       thinking={"type": "enabled", "budget_tokens": 16}, **DRAW)[1]
            found.append(sum(s.size(b["thinking"]) or 0 for b in r["content"] if b["type"] == "thinking"))
        yield "/v1/messages, budget_tokens 16", f"thoughts of {found} tokens", max(found) <= 16


def main():
    s = Server(sys.argv[1].rstrip("/"), sys.argv[2] if len(sys.argv) > 2 else "tiny")
    print("| asked | seen | honoured |\n|---|---|---|")
    for group in (limits, randomness, endings, thoughts, calls, streams, scores, prefixes, tokens, others):
        try:
            for asked, seen, honoured in group(s):
                print(f"| {asked} | {str(seen).replace('|', '/')} | {({True: 'yes', False: 'no', None: ''})[honoured]} |",
                      flush=True)
        except (KeyError, TypeError, IndexError, ValueError, OSError) as e:
            print(f"| {group.__name__} | stopped: {type(e).__name__} {str(e)[:80]} | no |", flush=True)


if __name__ == "__main__":
    main()

"""anthropic_client.py - the official `anthropic` package talks Messages to the embedded model.

    python anthropic_client.py URL READ_REPLY DIR          (tap.py says what these are)

Plain, streamed, a sleep with tools whose thinking blocks go back, thinking by effort and by a
number of tokens, counts of tokens, a batch, errors; and what the client parsed held against our reader.
One line a check.
"""
import copy
import json
import time

import anthropic

from tap import Exchange, counts, outcome, scene

TOOLS = [{"name": name, "description": name, "input_schema": {
    "type": "object", "properties": properties, "required": list(properties)}}
    for name, properties in (("rethink_memory", {"new_memory": {"type": "string"}}),
                             ("finish_rethinking_memory", {}))]
SHOWN = {"type": "adaptive", "display": "summarized"}
HIDDEN = {"type": "adaptive", "display": "omitted"}


def said(r):
    """A parsed message in the words of our struct reply; arguments as objects."""
    calls = [{"id": b.id, "name": b.name, "arguments": b.input} for b in r.content if b.type == "tool_use"]
    text = "".join(b.text for b in r.content if b.type == "text")
    u = r.usage
    details = getattr(u, "output_tokens_details", None)
    thinking = details and details.thinking_tokens
    return {"content": text, "reasoning": "".join(b.thinking for b in r.content if b.type == "thinking"),
            "calls": calls, "finish": r.stop_reason, "retry": False,
            "usage": {**counts(None, u.cache_read_input_tokens, u.cache_creation_input_tokens, u.output_tokens,
                               thinking), "in_uncached": u.input_tokens},
            "outcome": outcome(r.stop_reason == "max_tokens", text, calls)}


def same(s, x, theirs):
    """As Ours.same, with our arguments read: the client gives objects, we keep the bytes."""
    reply = s.ours.same("anthropic-messages", x, {k: v for k, v in theirs.items() if k != "calls"})
    assert [c["name"] for c in reply["calls"]] == [c["name"] for c in theirs["calls"]], (reply, theirs)
    if theirs["outcome"] != "tool_truncated":  # of a cut call the vendor's client keeps what it can
        ours = [{**c, "arguments": json.loads(c["arguments"])} for c in reply["calls"]]
        assert ours == theirs["calls"], (ours, theirs)
    return reply


def streamed(client, request):
    types = []
    with client.messages.stream(**request) as stream:
        for event in stream:
            types.append(event.type)
        return stream.get_final_message(), types


def compared(client, s):
    ask = [{"role": "user", "content": s.problem}]
    sleep = [{"role": "user", "content": s.user}]
    requests = [dict(model=model, messages=ask, max_tokens=limit)
                for model in ("phantom/small", "phantom/large", "phantom/reasoner") for limit in (400, 5)]
    requests += [dict(model=model, messages=ask, max_tokens=limit, thinking=thinking, output_config={"effort": effort})
                 for model in ("phantom/small", "phantom/reasoner") for thinking in (SHOWN, HIDDEN)
                 for effort, limit in (("low", 900), ("medium", 900), ("high", 900), ("high", 3))]
    requests += [dict(model=model, messages=sleep, system=s.system, max_tokens=limit, tools=TOOLS,
                      thinking=SHOWN, output_config={"effort": "low"})
                 for model in ("phantom/small", "phantom/reasoner") for limit in (4000,)]
    seen, kinds = set(), set()
    for request in requests:
        r = client.messages.create(**request)
        seen.add(same(s, s.tap.last(), said(r))["outcome"])
        kinds |= {b.type for b in r.content}
        whole, types = streamed(client, request)
        same(s, s.tap.last(), said(whole))
        assert types[0] == "message_start" and types[-1] == "message_stop", types
    assert {"ok", "truncated", "no_answer_budget"} <= seen, seen
    assert {"text", "thinking", "tool_use"} <= kinds, kinds
    print("compared:", s.ours.summary(), "outcomes", " ".join(sorted(seen)))


def sleeping(client, s, model, stream):
    """The sleep: assistant turns go back as the client holds them, thinking in front."""
    messages = [{"role": "user", "content": s.user}]
    calls, memory = 0, ""
    for _ in range(12):
        request = dict(model=model, system=s.system, messages=messages, tools=TOOLS, max_tokens=4000,
                       thinking=SHOWN, output_config={"effort": "medium"})
        r = streamed(client, request)[0] if stream else client.messages.create(**request)
        same(s, s.tap.last(), said(r))
        messages.append({"role": "assistant", "content": [b.model_dump(exclude_none=True) for b in r.content]})
        asked = [b for b in r.content if b.type == "tool_use"]
        if not asked:
            assert r.stop_reason == "end_turn", r
            break
        assert r.stop_reason == "tool_use", r
        results = []
        for call in asked:
            calls += 1
            memory = call.input.get("new_memory", memory)
            results.append({"type": "tool_result", "tool_use_id": call.id, "content": "The block was replaced."})
        messages.append({"role": "user", "content": results})
        if any(call.name == "finish_rethinking_memory" for call in asked):
            return calls, memory
    raise AssertionError(f"no end of the sleep after {calls} calls")


def reasoned(client, s, model):
    """A turn with thinking goes back with its blocks and is answered; altered blocks are refused."""
    request = dict(model=model, max_tokens=4000, thinking=SHOWN, output_config={"effort": "medium"})
    ask = [{"role": "user", "content": s.problem}]
    r = client.messages.create(messages=ask, **request)
    assert [b.type for b in r.content] == ["thinking", "text"] and r.content[0].signature, r
    turn = [b.model_dump(exclude_none=True) for b in r.content]
    again = client.messages.create(messages=ask + [{"role": "assistant", "content": turn}] + ask, **request)
    same(s, s.tap.last(), said(again))
    changed, signed = copy.deepcopy(turn), copy.deepcopy(turn)
    changed[0]["thinking"] += " And so on."
    signed[0]["signature"] = signed[0]["signature"][::-1]
    for wrong in (changed, signed):
        try:
            client.messages.create(messages=ask + [{"role": "assistant", "content": wrong}] + ask, **request)
        except anthropic.BadRequestError as e:
            assert e.body["error"]["type"] == "invalid_request_error", e
        else:
            raise AssertionError(f"altered thinking is taken: {wrong}")
    print(model, "thinking went back, 2 alterations refused")


def budgets(client, s):
    """thinking.budget_tokens: where the model takes it, what was thought stays below it."""
    request = dict(max_tokens=4000, messages=[{"role": "user", "content": s.problem}])
    told = []
    for model in ("phantom/small", "phantom/reasoner"):
        try:
            r = client.messages.create(model=model, thinking={"type": "enabled", "budget_tokens": 1024}, **request)
        except anthropic.BadRequestError as e:
            assert "adaptive" in e.body["error"]["message"], e
            told.append(f"{model} takes adaptive thinking only")
        else:
            same(s, s.tap.last(), said(r))
            assert r.usage.output_tokens_details.thinking_tokens <= 1024, r
            told.append(f"{model} thought {r.usage.output_tokens_details.thinking_tokens} of 1024 tokens")
    print("budget_tokens:", ", ".join(told))


def batched(client, s):
    """A batch by the client: its results are, custom id by custom id, what we read."""
    from anthropic.types.message_create_params import MessageCreateParamsNonStreaming
    ask = [{"role": "user", "content": s.problem}]
    batch = client.messages.batches.create(requests=[
        {"custom_id": f"q{i}", "params": MessageCreateParamsNonStreaming(model="phantom/small", max_tokens=limit, messages=ask)}
        for i, limit in enumerate((400, 5, 400))])
    for _ in range(100):
        if client.messages.batches.retrieve(batch.id).processing_status == "ended":
            break
        time.sleep(0.05)
    results = {r.custom_id: r.result for r in client.messages.batches.results(batch.id)}
    bodies = {line["custom_id"]: line["result"]["message"] for line in map(json.loads, s.tap.last().body.splitlines())}
    assert sorted(results) == sorted(bodies) == ["q0", "q1", "q2"], results
    seen = set()
    for name, result in results.items():
        assert result.type == "succeeded", result
        one = Exchange("POST", "/v1/messages", b"{}", {}, 200, json.dumps(bodies[name]).encode())
        seen.add(same(s, one, said(result.message))["outcome"])
    assert seen == {"ok", "truncated"}, seen
    print("batch:", len(results), "results")


def counted(client, s):
    """count_tokens says what the request's own usage says."""
    for request in (dict(messages=[{"role": "user", "content": s.problem}]),
                    dict(system=s.system, messages=[{"role": "user", "content": s.user}], tools=TOOLS)):
        n = client.messages.count_tokens(model="phantom/small", **request).input_tokens
        r = client.messages.create(model="phantom/small", max_tokens=50, **request)
        assert n == r.usage.input_tokens > 0, (n, r.usage)
    print("count_tokens", n)


def refused(client, s):
    ask = [{"role": "user", "content": "hello"}]
    wrong = ((anthropic.NotFoundError, "not_found_error", dict(model="phantom/none", max_tokens=9, messages=ask)),
             (anthropic.BadRequestError, "invalid_request_error", dict(model="phantom/small", max_tokens=9, messages=[])),
             (anthropic.BadRequestError, "invalid_request_error", dict(model="phantom/small", max_tokens=0, messages=ask)),
             (anthropic.BadRequestError, "invalid_request_error", dict(model="phantom/small", max_tokens=9, messages=[
                 *ask, {"role": "assistant", "content": "The answer is"}], thinking=SHOWN)),
             (anthropic.BadRequestError, "invalid_request_error", dict(
                 model="phantom/small", max_tokens=9, messages=ask, thinking=SHOWN, tools=TOOLS,
                 tool_choice={"type": "any"})))
    for kind, word, request in wrong:
        try:
            client.messages.create(**request)
        except anthropic.APIStatusError as e:
            assert type(e) is kind and e.body["error"]["type"] == word and e.body["request_id"], e
            s.ours.same("anthropic-messages", s.tap.last(), {
                "outcome": "http_error" if e.status_code == 404 else "rejected", "retry": False,
                "error": e.body["error"]["message"]})
        else:
            raise AssertionError(f"answered: {request}")
    print("refused", len(wrong))


# Status, class of the client, the vendor's word, our outcome.
STATUSES = ((400, anthropic.BadRequestError, "invalid_request_error", "rejected"),
            (401, anthropic.AuthenticationError, "authentication_error", "http_error"),
            (402, anthropic.APIStatusError, "billing_error", "http_error"),
            (403, anthropic.PermissionDeniedError, "permission_error", "http_error"),
            (404, anthropic.NotFoundError, "not_found_error", "http_error"),
            (413, anthropic.APIStatusError, "request_too_large", "rejected"),
            (429, anthropic.RateLimitError, "rate_limit_error", "rate_limited"),
            (500, anthropic.InternalServerError, "api_error", "provider_error"),
            (504, anthropic.APIStatusError, "timeout_error", "provider_error"),
            (529, anthropic.APIStatusError, "overloaded_error", "provider_error"))


def statuses(client, s):
    """Each status: the class the client raises, and that we repeat exactly what the client repeats."""
    patient = client.with_options(max_retries=1)
    for status, kind, word, ours in STATUSES:
        before = len(s.tap.exchanges)
        s.tap.answers(status, {"type": "error", "error": {"type": word, "message": f"status {status}"},
                               "request_id": "req_1"}, times=2, **{"retry-after-ms": "1"})
        try:
            patient.messages.create(model="phantom/small", max_tokens=9, messages=[{"role": "user", "content": "hi"}])
        except anthropic.APIStatusError as e:
            assert isinstance(e, kind) and e.status_code == status and e.body["error"]["type"] == word, e
        else:
            raise AssertionError(f"status {status} is answered")
        repeated = len(s.tap.exchanges) - before == 2
        assert s.tap.forget() == (0 if repeated else 1)
        s.ours.same("anthropic-messages", s.tap.last(), {"outcome": ours, "retry": repeated,
                                                         "error": f"status {status}"})
    print("statuses", len(STATUSES))


def main():
    s = scene()
    client = anthropic.Anthropic(base_url=s.tap.url, api_key="none", max_retries=0, timeout=20)
    for model, stream in (("phantom/small", False), ("phantom/reasoner", True)):
        calls, memory = sleeping(client, s, model, stream)
        assert memory, "nothing was learned"
        print(model, "tool calls", calls, "memory characters", len(memory))
    reasoned(client, s, "phantom/reasoner")
    budgets(client, s)
    counted(client, s)
    refused(client, s)
    statuses(client, s)
    batched(client, s)
    compared(client, s)
    print("anthropic", anthropic.__version__, "ok")


if __name__ == "__main__":
    main()

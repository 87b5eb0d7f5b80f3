"""openai_responses.py - the official `openai` package talks Responses to the embedded model.

    python openai_responses.py URL READ_REPLY DIR          (tap.py says what these are)

Plain, streamed, a sleep with tools whose items go back as they came, what a server says when they
do not, errors; and what the client parsed held against our reader. One line a check.
"""
import copy
import json

import openai

from tap import counts, outcome, scene

TOOLS = [{"type": "function", "name": name, "description": name, "strict": False, "parameters": {
    "type": "object", "properties": properties, "required": list(properties)}}
    for name, properties in (("rethink_memory", {"new_memory": {"type": "string"}}),
                             ("finish_rethinking_memory", {}))]
KEEP = dict(store=False, include=["reasoning.encrypted_content"])


def said(r):
    """A parsed response in the words of our struct reply."""
    calls = [{"id": i.call_id, "name": i.name, "arguments": i.arguments}
             for i in r.output if i.type == "function_call"]
    thoughts = [p.text for i in r.output if i.type == "reasoning" for p in i.content or i.summary]
    cut = r.status == "incomplete" and r.incomplete_details.reason == "max_output_tokens"
    u, put, got = r.usage, r.usage.input_tokens_details, r.usage.output_tokens_details
    return {"content": r.output_text, "reasoning": "\n\n".join(thoughts), "calls": calls,
            "finish": r.incomplete_details.reason if r.status == "incomplete" else r.status,
            "usage": counts(u.input_tokens, put and put.cached_tokens, getattr(put, "cache_write_tokens", None),
                            u.output_tokens, got and got.reasoning_tokens),
            "outcome": outcome(cut, r.output_text, calls), "retry": False}


def anonymous(r):
    """At temperature 0 two answers differ by their ids alone."""
    return {**said(r), "calls": [{**c, "id": ""} for c in said(r)["calls"]]}


def streamed(client, request):
    """Every event through the client's accumulator; the last says it is over."""
    types = []
    with client.responses.stream(**request) as stream:
        for event in stream:
            types.append(event.type)
            if event.type in ("response.completed", "response.incomplete"):
                whole = event.response
    assert types[0] == "response.created" and types[-1] in ("response.completed", "response.incomplete"), types
    return whole, types


def compared(client, s):
    sleep = [{"role": "system", "content": s.system}, {"role": "user", "content": s.user}]
    requests = [dict(model=model, input=s.problem, temperature=0, reasoning={"effort": effort, "summary": "auto"},
                     max_output_tokens=limit, **KEEP)
                for model in ("phantom/small", "phantom/large", "phantom/reasoner")
                for effort, limit in (("none", 400), ("none", 5), ("low", 400), ("medium", 400), ("high", 900),
                                      ("high", 3))]
    requests += [dict(model=model, input=sleep, temperature=0, tools=TOOLS, max_output_tokens=limit,
                      reasoning={"effort": effort}, **KEEP)
                 for model in ("phantom/small", "phantom/reasoner") for effort in ("none", "medium")
                 for limit in (2000, 20)]
    seen, events = set(), set()
    for request in requests:
        plain = client.responses.create(**request)
        seen.add(s.ours.same("openai-responses", s.tap.last(), said(plain))["outcome"])
        whole, types = streamed(client, request)
        s.ours.same("openai-responses", s.tap.last(), said(whole))
        events |= set(types)
        assert anonymous(whole) == anonymous(plain), (whole, plain)
    assert {"ok", "truncated", "no_answer_budget"} <= seen, seen
    assert {"response.output_text.delta", "response.function_call_arguments.delta"} <= events, events
    print("compared:", s.ours.summary(), "outcomes", " ".join(sorted(seen)))


def sleeping(client, s, model, effort):
    """The sleep: all items of a turn go back as the client holds them."""
    items = [{"role": "system", "content": s.system}, {"role": "user", "content": s.user}]
    calls, memory = 0, ""
    for _ in range(12):
        r = client.responses.create(model=model, input=items, tools=TOOLS, temperature=0,
                                    reasoning={"effort": effort}, **KEEP)
        s.ours.same("openai-responses", s.tap.last(), said(r))
        items += [i.model_dump(exclude_none=True) for i in r.output]
        asked = [i for i in r.output if i.type == "function_call"]
        if not asked:
            break
        for call in asked:
            calls += 1
            memory = json.loads(call.arguments).get("new_memory", memory)
            items.append({"type": "function_call_output", "call_id": call.call_id, "output": "The block was replaced."})
        if any(call.name == "finish_rethinking_memory" for call in asked):
            return calls, memory, items
    raise AssertionError(f"no end of the sleep after {calls} calls")


def reasoned(client, s, model):
    """A turn with reasoning goes back with its items and is answered; altered items are refused."""
    request = dict(model=model, temperature=0, reasoning={"effort": "medium"}, **KEEP)
    items = [{"role": "user", "content": s.problem}]
    r = client.responses.create(input=items, **request)
    assert [i.type for i in r.output] == ["reasoning", "message"], r
    assert r.output[0].encrypted_content, r
    turn = [i.model_dump(exclude_none=True) for i in r.output]
    more = [{"role": "user", "content": s.problem}]
    again = client.responses.create(input=items + turn + more, **request)
    s.ours.same("openai-responses", s.tap.last(), said(again))
    changed, secret = copy.deepcopy(turn), copy.deepcopy(turn)
    changed[1]["content"][0]["text"] += " Or not."
    secret[0]["encrypted_content"] = secret[0]["encrypted_content"][::-1]
    for wrong in (turn[1:], changed, secret, turn[:1]):
        try:
            client.responses.create(input=items + wrong + more, **request)
        except openai.BadRequestError as e:
            assert e.param == "input", e
        else:
            raise AssertionError(f"altered items are taken: {wrong}")
    print(model, "reasoning went back, 4 alterations refused")


def refused(client, s):
    wrong = ((openai.NotFoundError, {"model": "phantom/none", "input": "hello"}),
             (openai.BadRequestError, {"model": "phantom/small", "input": []}),
             (openai.BadRequestError, {"model": "phantom/small", "input": "hello", "extra_body": {"n": 2}}),
             (openai.BadRequestError, {"model": "phantom/small", "input": "hello", "extra_body": {"max_tokens": 9}}),
             (openai.BadRequestError, {"model": "phantom/small", "input": "hi", "previous_response_id": "resp_1"}))
    for kind, request in wrong:
        try:
            client.responses.create(**request)
        except openai.APIStatusError as e:
            assert type(e) is kind, e
            s.ours.same("openai-responses", s.tap.last(), {
                "outcome": "http_error" if e.status_code == 404 else "rejected", "retry": False,
                "error": e.body["message"]})
        else:
            raise AssertionError(f"answered: {request}")
    print("refused", len(wrong))


def main():
    s = scene()
    client = openai.OpenAI(base_url=s.tap.url + "/v1", api_key="none", max_retries=0, timeout=20)
    for model, effort in (("phantom/small", "none"), ("phantom/reasoner", "medium")):
        calls, memory, items = sleeping(client, s, model, effort)
        assert memory, "nothing was learned"
        kinds = sorted({i["type"] for i in items if "type" in i})
        print(model, "tool calls", calls, "memory characters", len(memory), "items", " ".join(kinds))
    reasoned(client, s, "phantom/reasoner")
    refused(client, s)
    compared(client, s)
    print("openai", openai.__version__, "ok")


if __name__ == "__main__":
    main()

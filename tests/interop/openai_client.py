"""openai_client.py - the official `openai` package talks Chat Completions to the embedded model.

    python openai_client.py URL READ_REPLY DIR          (tap.py says what these are)

Plain, streamed, with tools, a seed, a token limit, errors and the list of models, all through the
client's own types; then what the client parsed is held against what our reader makes of the same
bytes. Prints one line a check; the first that fails ends it with a traceback.
"""
import json

import openai

from tap import counts, outcome, scene

TOOLS = [{"type": "function", "function": {"name": name, "description": name, "parameters": {
    "type": "object", "properties": properties, "required": list(properties)}}}
    for name, properties in (("rethink_memory", {"new_memory": {"type": "string"}}),
                             ("finish_rethinking_memory", {}))]
USER = [{"role": "system", "content": "Answer briefly."}, {"role": "user", "content": "How much is 2 + 2?"}]


def plain(client, model):
    r = client.chat.completions.create(model=model, messages=USER, seed=7, max_tokens=200)
    choice = r.choices[0]
    assert choice.message.role == "assistant" and choice.message.content, r
    assert choice.finish_reason == "stop", r
    assert r.usage.prompt_tokens > 0 and r.usage.completion_tokens > 0, r
    assert r.usage.total_tokens == r.usage.prompt_tokens + r.usage.completion_tokens, r
    assert r.usage.completion_tokens_details.reasoning_tokens is not None, r
    assert r.model == model and r.object == "chat.completion" and r.id and r.created > 0, r
    again = client.chat.completions.create(model=model, messages=USER, seed=7, max_tokens=200)
    assert again.choices[0].message.content == choice.message.content, "same bytes and seed"
    return choice.message.content, r.usage


def streamed(client, model, content, usage):
    text, finish, seen = "", None, None
    with client.chat.completions.create(model=model, messages=USER, seed=7, max_tokens=200, stream=True,
                                        stream_options={"include_usage": True}) as stream:
        for chunk in stream:
            assert chunk.object == "chat.completion.chunk", chunk
            if chunk.usage:
                seen = chunk.usage
            for choice in chunk.choices:
                text += choice.delta.content or ""
                finish = choice.finish_reason or finish
    assert (text, finish) == (content, "stop"), (text, finish)
    assert seen.prompt_tokens == usage.prompt_tokens, (seen, usage)
    assert seen.completion_tokens == usage.completion_tokens, (seen, usage)


def truncated(client, model):
    r = client.chat.completions.create(model=model, messages=USER, seed=7, max_tokens=1)
    assert r.choices[0].finish_reason == "length" and r.usage.completion_tokens <= 1, r


def tools(client, model, system, user):
    """The sleep conversation as our runner has it, until the model finishes."""
    messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
    calls, memory = 0, ""
    for turn in range(10):
        r = client.chat.completions.create(model=model, messages=messages, tools=TOOLS, seed=turn)
        message = r.choices[0].message
        if not message.tool_calls:
            break
        assert r.choices[0].finish_reason == "tool_calls", r
        messages.append(message.model_dump(exclude_none=True))
        for call in message.tool_calls:
            calls += 1
            assert call.type == "function" and call.id, call
            arguments = json.loads(call.function.arguments)
            messages.append({"role": "tool", "tool_call_id": call.id, "content": "The block was replaced."})
            memory = arguments.get("new_memory", memory)
            if call.function.name == "finish_rethinking_memory":
                return calls, memory
    assert calls > 0, "no tool was called"
    return calls, memory


def streamed_tools(client, model, system, user):
    name, arguments = "", ""
    for chunk in client.chat.completions.create(model=model, tools=TOOLS, seed=0, stream=True, messages=[
            {"role": "system", "content": system}, {"role": "user", "content": user}]):
        for choice in chunk.choices:
            for call in choice.delta.tool_calls or []:
                name += call.function.name or ""
                arguments += call.function.arguments or ""
    assert name in ("rethink_memory", "finish_rethinking_memory"), name
    json.loads(arguments)


def refused(client, tap, ours):
    """Errors of the server are the client's exception classes, and our reader's rejections."""
    wrong = ((openai.NotFoundError, 404, {"model": "phantom/none", "messages": USER}),
             (openai.BadRequestError, 400, {"model": "phantom/small", "messages": []}),
             (openai.BadRequestError, 400, {"model": "phantom/small", "messages": USER, "max_tokens": -1}),
             (openai.BadRequestError, 400, {"model": "phantom/small", "messages": [
                 {"role": "tool", "tool_call_id": "call_1", "content": "nobody asked"}]}))
    for kind, status, request in wrong:
        try:
            client.chat.completions.create(**request)
        except openai.APIStatusError as e:
            assert type(e) is kind and e.status_code == status, e
            ours.same("openai-chat", tap.last(), {
                "outcome": "http_error" if status == 404 else "rejected", "retry": False,
                "error": e.body["message"], "content": "", "calls": []})
        else:
            raise AssertionError(f"answered: {request}")
    print("refused", len(wrong))


# Status, class of the client, our outcome. Whether it is worth repeating, the client says itself.
STATUSES = ((400, openai.BadRequestError, "rejected"), (401, openai.AuthenticationError, "http_error"),
            (403, openai.PermissionDeniedError, "http_error"), (404, openai.NotFoundError, "http_error"),
            (408, openai.APIStatusError, "timeout"), (409, openai.ConflictError, "http_error"),
            (422, openai.UnprocessableEntityError, "rejected"), (429, openai.RateLimitError, "rate_limited"),
            (500, openai.InternalServerError, "provider_error"), (503, openai.InternalServerError, "provider_error"))


def statuses(client, tap, ours):
    """Each status: the class the client raises, and that we repeat exactly what the client repeats."""
    patient = client.with_options(max_retries=1)
    for status, kind, word in STATUSES:
        seen = len(tap.exchanges)
        tap.answers(status, {"error": {"message": f"status {status}", "type": "t", "param": None, "code": "c"}},
                    times=2, **{"retry-after-ms": "1"})
        try:
            patient.chat.completions.create(model="phantom/small", messages=USER)
        except openai.APIStatusError as e:
            assert isinstance(e, kind) and e.status_code == status and e.body["code"] == "c", e
        else:
            raise AssertionError(f"status {status} is answered")
        repeated = len(tap.exchanges) - seen == 2
        assert tap.forget() == (0 if repeated else 1)
        ours.same("openai-chat", tap.last(), {"outcome": word, "retry": repeated, "error": f"status {status}"})
    print("statuses", len(STATUSES))


def seen_by_client(r):
    """A parsed completion in the words of our struct reply."""
    choice, usage = r.choices[0], r.usage
    message = choice.message
    calls = [{"id": c.id, "name": c.function.name, "arguments": c.function.arguments}
             for c in message.tool_calls or []]
    prompt, completion = usage.prompt_tokens_details, usage.completion_tokens_details
    text = message.content or ""
    return {"content": text, "reasoning": getattr(message, "reasoning_content", None) or "",
            "refusal": message.refusal or "", "finish": choice.finish_reason, "calls": calls,
            "usage": counts(usage.prompt_tokens, prompt and prompt.cached_tokens,
                            getattr(prompt, "cache_write_tokens", None), usage.completion_tokens,
                            completion and completion.reasoning_tokens),
            "outcome": outcome(choice.finish_reason == "length", text, calls, message.refusal), "retry": False}


def compared(client, s):
    """The same requests plain and streamed: theirs, accumulated by the client, and ours."""
    tap, ours = s.tap, s.ours
    sleep = [{"role": "system", "content": s.system}, {"role": "user", "content": s.user}]
    ask = [{"role": "user", "content": s.problem}]
    requests = [dict(model=model, messages=ask, seed=seed, reasoning_effort=effort, max_completion_tokens=limit)
                for model in ("phantom/small", "phantom/large", "phantom/reasoner") for seed in (1, 2)
                for effort, limit in (("none", 400), ("none", 5), ("medium", 400), ("high", 3))]
    requests += [dict(model=model, messages=sleep, seed=seed, tools=TOOLS, max_completion_tokens=limit)
                 for model in ("phantom/small", "phantom/reasoner") for seed in (1, 2) for limit in (2000, 20)]
    said = set()
    for request in requests:
        r = client.chat.completions.create(**request)
        said.add(ours.same("openai-chat", tap.last(), seen_by_client(r))["outcome"])
        with client.chat.completions.stream(stream_options={"include_usage": True}, **request) as stream:
            try:
                stream.until_done()
            except openai.LengthFinishReasonError:
                pass # what was said so far is there
            whole = stream.current_completion_snapshot
        ours.same("openai-chat", tap.last(), seen_by_client(whole))
        assert whole.choices[0].message.content in (r.choices[0].message.content, None, ""), (whole, r)
    assert {"ok", "truncated", "no_answer_budget", "tool_truncated"} <= said, said
    print("compared:", ours.summary(), "outcomes", " ".join(sorted(said)))


def main():
    s = scene()
    client = openai.OpenAI(base_url=s.tap.url + "/v1", api_key="none", max_retries=0, timeout=20)
    models = sorted(m.id for m in client.models.list())
    assert {"phantom/small", "phantom/large"} <= set(models), models
    print("models", " ".join(models))
    for model in ("phantom/small", "phantom/large"):
        content, usage = plain(client, model)
        print(model, "plain", usage.prompt_tokens, usage.completion_tokens)
        streamed(client, model, content, usage)
        truncated(client, model)
        calls, memory = tools(client, model, s.system, s.user)
        assert memory, "nothing was learned"
        streamed_tools(client, model, s.system, s.user)
        print(model, "streamed, truncated, tool calls", calls, "memory characters", len(memory))
    refused(client, s.tap, s.ours)
    statuses(client, s.tap, s.ours)
    compared(client, s)
    print("openai", openai.__version__, "ok")


if __name__ == "__main__":
    main()

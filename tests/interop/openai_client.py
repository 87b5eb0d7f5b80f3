"""openai_client.py - the official `openai` package talks to the embedded model.

    python openai_client.py http://127.0.0.1:PORT/v1

Plain, streamed, with tools, a seed, a token limit, errors and the list of models, all through the
client's own types. Prints one line a check; the first that fails ends it with a traceback.
"""
import json
import sys

import openai

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


def refused(client):
    try:
        client.chat.completions.create(model="phantom/none", messages=USER)
    except openai.NotFoundError as e:
        assert e.status_code == 404 and e.body, e
    else:
        raise AssertionError("an unknown model is answered")
    try:
        client.chat.completions.create(model="phantom/small", messages=[])
    except openai.BadRequestError:
        pass
    else:
        raise AssertionError("no messages are answered")


def main(url, system, user):
    client = openai.OpenAI(base_url=url, api_key="none", max_retries=0, timeout=20)
    models = sorted(m.id for m in client.models.list())
    assert {"phantom/small", "phantom/large"} <= set(models), models
    print("models", " ".join(models))
    for model in ("phantom/small", "phantom/large"):
        content, usage = plain(client, model)
        print(model, "plain", usage.prompt_tokens, usage.completion_tokens)
        streamed(client, model, content, usage)
        truncated(client, model)
        calls, memory = tools(client, model, system, user)
        assert memory, "nothing was learned"
        streamed_tools(client, model, system, user)
        print(model, "streamed, truncated, tool calls", calls, "memory characters", len(memory))
    refused(client)
    print("openai", openai.__version__, "ok")


if __name__ == "__main__":
    main(sys.argv[1], open(sys.argv[2]).read(), open(sys.argv[3]).read())

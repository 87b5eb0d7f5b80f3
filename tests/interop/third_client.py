"""third_client.py - official clients and our readers on the bytes of a model server of others.

    python third_client.py URL READ_REPLY DIR MODEL CLIENT          (tap.py says what the first three are)

CLIENT is openai or anthropic. A model with random weights says strange things: thoughts that never
end, cut calls, texts that are no language. What the client parses of them, plain and streamed, must
be what our reader makes of the same bytes.
"""
import json
import sys

from tap import scene

SEEDS = range(8)
DRAW = dict(temperature=1, extra_body={"top_k": 0, "top_p": 1, "min_p": 0})


def broken(call):
    try:
        return not isinstance(json.loads(call["arguments"] or "{}"), dict)
    except ValueError:
        return True


def same(s, name, theirs):
    """The client does not judge arguments; this server calls a turn completed that was cut in them."""
    if any(broken(call) for call in theirs["calls"]):
        reply = s.ours.same(name, s.tap.last(), {k: v for k, v in theirs.items() if k not in ("outcome", "retry")})
        assert reply["outcome"] in ("tool_truncated", "tool_invalid"), reply
        return reply
    return s.ours.same(name, s.tap.last(), theirs)


def chat(s, model):
    import openai
    import openai_client
    client = openai.OpenAI(base_url=s.tap.url + "/v1", api_key="none", max_retries=0, timeout=300)
    ask = [{"role": "user", "content": s.problem}]
    for tools in ({}, {"tools": openai_client.TOOLS}):
        for seed in SEEDS:
            request = dict(model=model, messages=ask, seed=seed, max_tokens=150, **tools, **DRAW)
            r = client.chat.completions.create(**request)
            yield same(s, "openai-chat", openai_client.seen_by_client(r))
            with client.chat.completions.stream(stream_options={"include_usage": True}, **request) as stream:
                try:
                    stream.until_done()
                except openai.LengthFinishReasonError:
                    pass # what was said so far is there
                whole = stream.current_completion_snapshot
            yield same(s, "openai-chat", openai_client.seen_by_client(whole))


def responses(s, model):
    import openai
    import openai_responses
    client = openai.OpenAI(base_url=s.tap.url + "/v1", api_key="none", max_retries=0, timeout=300)
    for tools in ({}, {"tools": openai_responses.TOOLS}):
        for limit in (150, 300):
            request = dict(model=model, input=s.problem, max_output_tokens=limit, **tools, temperature=1)
            r = client.responses.create(**request)
            yield same(s, "openai-responses", openai_responses.said(r))
            # events without output_index are more than the client's accumulator takes
            whole = [e.response for e in client.responses.create(stream=True, **request)
                     if e.type in ("response.completed", "response.incomplete")][-1]
            yield same(s, "openai-responses", openai_responses.said(whole))


def messages(s, model):
    import anthropic
    import anthropic_client
    client = anthropic.Anthropic(base_url=s.tap.url, api_key="none", max_retries=0, timeout=300)
    for tools in ({}, {"tools": anthropic_client.TOOLS}):
        for number in SEEDS:  # llama.cpp takes no seed here: other words make other answers
            request = dict(model=model, messages=[{"role": "user", "content": f"{number}. {s.problem}"}], max_tokens=200,
                           **tools, extra_body={"temperature": 1, **DRAW["extra_body"]})
            r = client.messages.create(**request)
            yield anthropic_client.same(s, s.tap.last(), anthropic_client.said(r))
            whole, _ = anthropic_client.streamed(client, request)
            yield anthropic_client.same(s, s.tap.last(), anthropic_client.said(whole))


def main():
    s, model, client = scene(), sys.argv[4], sys.argv[5]
    seen = {}
    for group in {"openai": (chat, responses), "anthropic": (messages,)}[client]:
        for reply in group(s, model):
            seen[reply["outcome"]] = seen.get(reply["outcome"], 0) + 1
    print("compared:", s.ours.summary(), "outcomes", ", ".join(f"{n} {o}" for o, n in sorted(seen.items())))


if __name__ == "__main__":
    main()

"""openai_raw.py - the official `openai` package: raw completions, files and batches of the embedded model.

    python openai_raw.py URL READ_REPLY DIR          (tap.py says what these are)

Completions plain, streamed, with echo and log-probabilities; a batch of chats from the upload to the
results; and what the client parsed held against our readers. One line a check.
"""
import json
import math
import time

import openai
from openai_client import seen_by_client

from tap import Exchange, counts, scene


def said(choice, usage):
    """A parsed completion in the words of our struct reply; None usage = not compared."""
    reply = {"content": choice.text, "finish": choice.finish_reason, "calls": [], "retry": False}
    if usage:
        put, got = usage.prompt_tokens_details, usage.completion_tokens_details
        reply["usage"] = counts(usage.prompt_tokens, put and put.cached_tokens, getattr(put, "cache_write_tokens", None),
                                usage.completion_tokens, got and got.reasoning_tokens)
    return reply


def streamed(client, request):
    text, last, usage = "", None, None
    for chunk in client.completions.create(stream=True, stream_options={"include_usage": True}, **request):
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.text
            last = choice if choice.finish_reason else last
    last.text = text
    return last, usage


def completed(client, s):
    prompts = [f"<|im_start|>user\n{s.problem}<|im_end|>\n<|im_start|>assistant\n",
               f"<|im_start|>user\n{s.problem}<|im_end|>\n<|im_start|>assistant\n<think>\n"]
    for model in ("phantom/small", "phantom/large", "phantom/reasoner"):
        for prompt in prompts:
            for limit in (300, 4):
                request = dict(model=model, prompt=prompt, max_tokens=limit, temperature=0, seed=1)
                r = client.completions.create(**request)
                s.ours.same("openai-completions", s.tap.last(), said(r.choices[0], r.usage))
                assert (r.choices[0].finish_reason == "length") == (limit == 4), r
                choice, usage = streamed(client, request)
                s.ours.same("openai-completions", s.tap.last(), said(choice, usage))
                assert choice.text == r.choices[0].text, (choice, r)
    print("completions:", s.ours.summary())


def scored(client, s):
    """echo and logprobs: one value a token of the prompt, the first unknown, the tokens are its text."""
    model = next((m.id for m in client.models.list() if "scorer" in m.id or "base" in m.id), "phantom/small")
    r = client.completions.create(model=model, prompt=s.problem, max_tokens=0, echo=True, logprobs=1, temperature=0)
    lp = r.choices[0].logprobs
    assert lp.token_logprobs[0] is None and all(v <= 0 for v in lp.token_logprobs[1:]), lp
    assert "".join(lp.tokens) == s.problem and len(lp.tokens) == r.usage.prompt_tokens, lp
    print(f"echo: {model}, {len(lp.tokens)} tokens, {-math.fsum(lp.token_logprobs[1:]) / len(lp.tokens):.2f} nats a token")


def batched(client, s):
    lines = [{"custom_id": f"q{i}", "method": "POST", "url": "/v1/chat/completions", "body": {
        "model": "phantom/small", "messages": [{"role": "user", "content": s.problem}], "seed": i, "max_tokens": limit}}
        for i, limit in enumerate((400, 5, 400))]
    file = client.files.create(file=("asked.jsonl", "\n".join(map(json.dumps, lines)).encode()), purpose="batch")
    batch = client.batches.create(input_file_id=file.id, endpoint="/v1/chat/completions", completion_window="24h")
    for _ in range(100):
        batch = client.batches.retrieve(batch.id)
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            break
        time.sleep(0.05)
    assert batch.status == "completed" and batch.request_counts.completed == 3, batch
    out = [json.loads(line) for line in client.files.content(batch.output_file_id).text.splitlines()]
    assert sorted(line["custom_id"] for line in out) == ["q0", "q1", "q2"], out
    seen = set()
    for line in out:
        body = line["response"]["body"]
        one = Exchange("POST", "/v1/chat/completions", b"{}", {}, line["response"]["status_code"], json.dumps(body).encode())
        parsed = openai.types.chat.ChatCompletion.model_validate(body)
        seen.add(s.ours.same("openai-chat", one, seen_by_client(parsed))["outcome"])
    assert seen == {"ok", "truncated"}, seen
    try:
        client.batches.retrieve("batch_none")
    except openai.NotFoundError:
        pass
    else:
        raise AssertionError("an unknown batch is answered")
    print("batch:", len(out), "results")


def main():
    s = scene()
    client = openai.OpenAI(base_url=s.tap.url + "/v1", api_key="none", max_retries=0, timeout=20)
    scored(client, s)
    batched(client, s)
    completed(client, s)
    print("openai", openai.__version__, "ok")


if __name__ == "__main__":
    main()

"""tiny_model.py - a language model with random weights, small enough to be made on the spot.

    python tiny_model.py OUT.gguf [--seed N] [--turn N] [--thought N] [--call N]

A decoder of the llama family in GGUF: 2 layers, 64 dimensions, 8192 tokens of context, about 800
pieces of vocabulary, 3 MB. It knows nothing; it is there so that a real server has something to
serve: tokens are drawn, thoughts and turns come to an end, special tokens and a chat template are
where servers look for them. The same seed gives the same weights.

Weights are normal noise. Two things are not left to chance. The first dimension of every embedding
is a constant, so that its column in the output matrix is a bias per token: bytes that are not text
never come, and a turn ends, a thought ends, a tool call begins once in about so many tokens as
--turn, --thought and --call say (a server that offers tools makes the rest of a call well-formed).
And the noise is loud enough that which token comes next depends on those before it.

Needs the packages gguf and numpy.
"""
import argparse

import gguf
import numpy as np

DIM, LAYERS, HEADS, FEED, CONTEXT = 64, 2, 4, 128, 8192
CONSTANT = 8.0  # first member of every embedding
NEVER = -60.0  # a logit that is never drawn

# Our own: roles in <|im_start|> ... <|im_end|>, thoughts in <think> ... </think>, calls as JSON.
TEMPLATE = """\
{%- if tools %}
{{- '<|im_start|>system\\n' }}
{%- if messages and messages[0].role == 'system' %}{{- messages[0].content + '\\n\\n' }}{%- endif %}
{{- 'Functions:\\n' }}
{%- for tool in tools %}{{- (tool | tojson) + '\\n' }}{%- endfor %}
{{- 'To call one, write <tool_call>{"name": NAME, "arguments": OBJECT}</tool_call><|im_end|>\\n' }}
{%- elif messages and messages[0].role == 'system' %}
{{- '<|im_start|>system\\n' + messages[0].content + '<|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
{%- if message.role == 'system' %}
{%- if not loop.first %}{{- '<|im_start|>system\\n' + message.content + '<|im_end|>\\n' }}{%- endif %}
{%- elif message.role == 'tool' %}
{{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}
{%- elif message.role == 'assistant' %}
{{- '<|im_start|>assistant\\n' }}
{%- if message.reasoning_content %}{{- '<think>\\n' + message.reasoning_content + '\\n</think>\\n\\n' }}{%- endif %}
{%- if message.content %}{{- message.content }}{%- endif %}
{%- if message.tool_calls %}
{%- for call in message.tool_calls %}
{%- set function = call.function if call.function else call %}
{{- '<tool_call>{"name": "' + function.name + '", "arguments": ' }}
{{- function.arguments if function.arguments is string else (function.arguments | tojson) }}
{{- '}</tool_call>' }}
{%- endfor %}
{%- endif %}
{{- '<|im_end|>\\n' }}
{%- else %}
{{- '<|im_start|>user\\n' + message.content + '<|im_end|>\\n' }}
{%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}
{{- '<|im_start|>assistant\\n' }}
{%- if enable_thinking is defined and not enable_thinking %}
{{- '<think>\\n\\n</think>\\n\\n' }}
{%- else %}
{{- '<think>\\n' }}
{%- endif %}
{%- endif %}
"""

SPECIAL = ["<|im_start|>", "<|im_end|>"]
TAGS = ["<think>", "</think>", "<tool_call>", "</tool_call>"]


def vocabulary():
    """Pieces, scores and types, in the order of their ids."""
    kind = gguf.TokenType
    rows = [("<unk>", 0.0, kind.UNKNOWN), ("<s>", 0.0, kind.CONTROL), ("</s>", 0.0, kind.CONTROL)]
    rows += [(f"<0x{b:02X}>", 0.0, kind.BYTE) for b in range(256)]
    rows += [(word, 0.0, kind.CONTROL) for word in SPECIAL]
    rows += [(word, 0.0, kind.USER_DEFINED) for word in TAGS]
    plain = "\u2581" + "".join(chr(c) for c in range(33, 127))
    pieces = [first + second for first in "bcdfghjklmnprstvwz" for second in "aeiou"]
    pieces += ["\u2581" + piece for piece in pieces] + [piece + "n" for piece in pieces]
    pieces += ["\u2581" + digit for digit in "0123456789"]
    seen = set(plain) | {row[0] for row in rows}
    rows += [(c, -1000.0 - i, kind.NORMAL) for i, c in enumerate(plain)]
    # a piece of two letters is worth more than its letters, one of three more than that
    for i, piece in enumerate(dict.fromkeys(pieces)):
        if piece not in seen:
            rows.append((piece, -float(100 // len(piece)) - i / 1000, kind.NORMAL))
    return rows


def biases(rows, every):
    """What is added to the logit of each token, so that those in `every` come once in so many."""
    bias = np.zeros(len(rows), dtype=np.float32)
    ordinary = sum(1 for row in rows if row[2] == gguf.TokenType.NORMAL)
    for i, (piece, _, kind) in enumerate(rows):
        if kind != gguf.TokenType.NORMAL:
            bias[i] = NEVER
        if piece in every:
            bias[i] = np.log(ordinary / every[piece])
    return bias


def tensors(rows, seed, every):
    """Names and weights, float32."""
    rng = np.random.default_rng(seed)

    def noise(*shape):
        return (rng.standard_normal(shape) / np.sqrt(shape[-1])).astype(np.float32)

    def norm():
        return np.ones(DIM, dtype=np.float32)

    embedding = noise(len(rows), DIM) * 8
    embedding[:, 0] = CONSTANT
    yield "token_embd.weight", embedding
    for layer in range(LAYERS):
        b = f"blk.{layer}."
        yield b + "attn_norm.weight", norm()
        for name in ("attn_q", "attn_k", "attn_v"):
            yield b + name + ".weight", noise(DIM, DIM)
        for name, width in (("attn_output", DIM), ("ffn_down", FEED)):
            out = noise(DIM, width)
            out[0] = 0  # nothing writes into the constant
            yield b + name + ".weight", out
        yield b + "ffn_norm.weight", norm()
        for name in ("ffn_gate", "ffn_up"):
            yield b + name + ".weight", noise(FEED, DIM)
    yield "output_norm.weight", norm()
    output = noise(len(rows), DIM)
    # After the last norm the constant has been divided by the root mean square of a whole vector.
    # Its size is that of the embedding, to which two layers add little.
    size = np.sqrt(np.mean(np.square(embedding), axis=1)).mean()
    output[:, 0] = biases(rows, every) / (CONSTANT / size)
    yield "output.weight", output


def write(path, seed, every):
    rows = vocabulary()
    w = gguf.GGUFWriter(path, "llama")
    w.add_name("tiny")
    w.add_context_length(CONTEXT)
    w.add_embedding_length(DIM)
    w.add_block_count(LAYERS)
    w.add_feed_forward_length(FEED)
    w.add_head_count(HEADS)
    w.add_head_count_kv(HEADS)
    w.add_rope_dimension_count(DIM // HEADS)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_vocab_size(len(rows))
    w.add_tokenizer_model("llama")
    w.add_token_list([row[0].encode() for row in rows])
    w.add_token_scores([row[1] for row in rows])
    w.add_token_types([row[2] for row in rows])
    ids = {row[0]: i for i, row in enumerate(rows)}
    w.add_bos_token_id(ids["<s>"])
    w.add_eos_token_id(ids["<|im_end|>"])
    w.add_unk_token_id(ids["<unk>"])
    w.add_add_bos_token(True)
    w.add_add_eos_token(False)
    w.add_add_space_prefix(False)
    w.add_chat_template(TEMPLATE)
    for name, weights in tensors(rows, seed, every):
        w.add_tensor(name, weights)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    return len(rows)


def main():
    p = argparse.ArgumentParser()
    p.add_argument("out")
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--turn", type=float, default=160, help="tokens of a turn, on average")
    p.add_argument("--thought", type=float, default=80, help="tokens of a thought, on average")
    p.add_argument("--call", type=float, default=120, help="tokens from one tool call to the next, on average")
    a = p.parse_args()
    every = {"<|im_end|>": a.turn, "</think>": a.thought, "<tool_call>": a.call, "<0x0A>": 20}
    print("tokens", write(a.out, a.seed, every))


if __name__ == "__main__":
    main()

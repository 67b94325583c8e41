"""A language model with random weights in llama.cpp's file format: it says nothing sensible, and any server runs it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

WIDTH, HEADS, HIDDEN, CONTEXT = 64, 4, 128, 16_384
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
CLOSING = b'"}],'
"""Bytes it likes best, so that a reply bound to a form comes to an end."""
LIKING = 4.0


def write_random_model(path: Path | str, *, seed: int = 0) -> None:
    """One layer, one token a byte, weights drawn at random but for a liking for what closes a reply."""
    from gguf import GGUFWriter  # a test dependency of its own

    rng = np.random.default_rng(seed)

    def drawn(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.05, shape).astype(np.float32)

    tokens = [b"<unk>", b"<s>", b"</s>", *(f"<0x{n:02X}>".encode() for n in range(256))]
    embedding, out = drawn(len(tokens), WIDTH), drawn(len(tokens), WIDTH)
    embedding[:, 0] = 1.0  # every state has this in common, and the bytes it likes are read from it
    out[[3 + byte for byte in CLOSING], 0] = LIKING / WIDTH**0.5
    writer = GGUFWriter(str(path), "llama")
    writer.add_context_length(CONTEXT)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(HIDDEN)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_vocab_size(len(tokens))
    writer.add_tokenizer_model("llama")
    writer.add_token_list(tokens)
    writer.add_token_scores([0.0] * len(tokens))
    writer.add_token_types([UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_unk_token_id(0)
    tensors = {
        "token_embd.weight": embedding,
        "output_norm.weight": np.ones(WIDTH, dtype=np.float32),
        "output.weight": out,
        "blk.0.attn_norm.weight": np.ones(WIDTH, dtype=np.float32),
        "blk.0.ffn_norm.weight": np.ones(WIDTH, dtype=np.float32),
        **{f"blk.0.attn_{part}.weight": drawn(WIDTH, WIDTH) for part in ("q", "k", "v", "output")},
        "blk.0.ffn_gate.weight": drawn(HIDDEN, WIDTH),
        "blk.0.ffn_up.weight": drawn(HIDDEN, WIDTH),
        "blk.0.ffn_down.weight": drawn(WIDTH, HIDDEN),
    }
    for name, values in tensors.items():
        writer.add_tensor(name, values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()

"""Attention in its variants, and the rotary embedding that goes with it."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import torch
from torch.nn import functional

from quantsim_viz.sim.operators.dtypes import storage_type
from quantsim_viz.sim.operators.interruption import asker
from quantsim_viz.sim.operators.normalization import softmax_along
from quantsim_viz.sim.operators.registry import operator

if TYPE_CHECKING:
    from torch import Tensor

    from quantsim_viz.sim.operators.registry import Kernel, OperatorSpec


def split_heads(x: Tensor, heads: int) -> Tensor:
    """Return `[N, T, heads·D]` as `[N, heads, T, D]`."""
    return x.reshape(*x.shape[:2], heads, -1).transpose(1, 2)


def merge_heads(x: Tensor) -> Tensor:
    """Undo `split_heads`."""
    return x.transpose(1, 2).flatten(2)


def _additive(mask: Tensor, like: Tensor) -> Tensor:
    """Return a boolean mask as 0 where it holds and −∞ where not; others as they are."""
    if mask.dtype != torch.bool:
        return mask
    return torch.zeros_like(mask, dtype=like.dtype).masked_fill_(~mask, float("-inf"))


def _window(scores: Tensor, offset: Tensor | int, left: int, right: int) -> Tensor:
    """Return which keys each query may attend by position: `p − left ≤ j ≤ p + right`.

    Query i stands at `p = i + offset`; a negative bound is none.

    Args:
        scores: `[N, H, T_q, T_k]`, for its shape.
        offset: One for all, or one an entry of the batch.
        left: How far back.
        right: How far ahead.
    """
    queries, keys = scores.shape[-2:]
    steps = torch.arange(queries, device=scores.device).unsqueeze(1)
    places = steps + (offset if isinstance(offset, int) else offset.reshape(-1, 1, 1, 1))
    ahead = torch.arange(keys, device=scores.device) - places
    allowed = torch.ones_like(ahead, dtype=torch.bool)
    if left >= 0:
        allowed &= ahead >= -left
    if right >= 0:
        allowed &= ahead <= right
    return allowed


@operator("Attention", since=23, aliases=True)
def attention(spec: OperatorSpec) -> Kernel:
    """Scaled dot-product attention with caches, masks, grouped heads and a soft cap.

    1. Inputs of rank 3 are split into heads, past keys and values go before the new ones.
    2. Scores `(q·√s)(k·√s)ᵀ`, capped by `c·tanh(scores/c)`.
    3. To them are added: the mask, padded with −∞; the causal and the sliding window; the mask of
       padded keys.
    4. Softmax, in its own precision if wanted. A query that may attend nothing gives zeros.
    """
    q_heads, kv_heads = spec.integer("q_num_heads"), spec.integer("kv_num_heads")
    cap, mode = spec.number("softcap"), spec.integer("qk_matmul_output_mode")
    causal = spec.flag("is_causal")
    left, right = spec.integer("left_window_size", -1), spec.integer("right_window_size", -1)
    precision = spec.integer("softmax_precision")
    scale = spec.number("scale") if spec.has("scale") else None

    def bias(
        scores: Tensor, mask: Tensor | None, past: Tensor | None, valid: Tensor | None
    ) -> Tensor | None:
        parts = []
        if mask is not None:
            missing = scores.shape[-1] - mask.shape[-1]
            parts.append(functional.pad(_additive(mask, scores), (0, missing), value=-torch.inf))
        offset: Tensor | int = 0 if past is None else past.shape[2]
        if past is None and valid is not None:
            offset = valid.reshape(-1) - scores.shape[-2]
        if causal:
            parts.append(_additive(_window(scores, offset, -1, 0), scores))
        if left >= 0 or right >= 0:
            parts.append(_additive(_window(scores, offset, left, right), scores))
        if valid is not None:
            keys = torch.arange(scores.shape[-1], device=scores.device)
            parts.append(_additive(keys < valid.reshape(-1, 1, 1, 1), scores))
        total = None
        for part in parts:
            total = part if total is None else total + part
        return total

    def kernel(
        q: Tensor,
        k: Tensor,
        v: Tensor,
        mask: Tensor | None = None,
        past_key: Tensor | None = None,
        past_value: Tensor | None = None,
        valid: Tensor | None = None,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        packed = q.ndim == 3
        if packed:
            q, k, v = split_heads(q, q_heads), split_heads(k, kv_heads), split_heads(v, kv_heads)
        if past_key is not None and past_value is not None:
            k, v = torch.cat([past_key, k], 2), torch.cat([past_value, v], 2)
        present = (k, v)
        groups = q.shape[1] // k.shape[1]
        if groups > 1:
            k, v = k.repeat_interleave(groups, 1), v.repeat_interleave(groups, 1)
        root = sqrt(1 / sqrt(q.shape[-1]) if scale is None else scale)
        factor = torch.tensor(root, dtype=q.dtype, device=q.device)
        scores = torch.matmul(q * factor, (k * factor).mT)
        stages = [scores]
        if cap > 0:
            scores = torch.tanh(scores / cap) * cap
        stages.append(scores)
        added = bias(scores, mask, past_key, valid)
        scores = scores if added is None else scores + added
        stages.append(scores)
        weights = scores.to(storage_type(precision)) if precision else scores
        weights = softmax_along(weights, -1)
        if added is not None:
            nothing = added.amax(-1, keepdim=True) == -torch.inf
            weights = torch.where(nothing, 0, weights)
        weights = weights.to(q.dtype)
        stages.append(weights)
        y = torch.matmul(weights, v)
        return (merge_heads(y) if packed else y, *present, stages[mode])

    if len(spec.node.outputs) == 1:
        return lambda *inputs: kernel(*inputs)[0]
    return kernel


@operator("RotaryEmbedding", since=23)
def rotary_embedding(spec: OperatorSpec) -> Kernel:
    """Rotate pairs of each head's features by an angle that grows with the position."""
    heads, width = spec.integer("num_heads"), spec.integer("rotary_embedding_dim")
    interleaved = spec.flag("interleaved")

    def kernel(x: Tensor, cos: Tensor, sin: Tensor, positions: Tensor | None = None) -> Tensor:
        packed = x.ndim == 3
        body = split_heads(x, heads) if packed else x
        size = width or body.shape[-1]
        turned, kept = body[..., :size], body[..., size:]
        if positions is not None:
            cos, sin = cos[positions], sin[positions]
        cos, sin = cos.unsqueeze(1), sin.unsqueeze(1)
        if interleaved:
            first, second = turned[..., 0::2], turned[..., 1::2]
        else:
            first, second = turned.chunk(2, -1)
        pair = (cos * first - sin * second, sin * first + cos * second)
        joined = torch.stack(pair, -1).flatten(-2) if interleaved else torch.cat(pair, -1)
        y = torch.cat([joined, kept], -1) if kept.shape[-1] else joined
        return merge_heads(y) if packed else y

    return kernel


@operator("LinearAttention", since=27, aliases=True)
def linear_attention(spec: OperatorSpec) -> Kernel:
    """Attention by a recurrent state `[N, H, D_k, D_v]`, one step a token.

    The state decays (`gated` rules), the value is corrected by what the state already holds for
    the key (`delta` rules), and key ⊗ value is added; the query reads the state. Computed in
    float32.
    """
    q_heads, kv_heads = spec.integer("q_num_heads"), spec.integer("kv_num_heads")
    scale = spec.number("scale")

    def kernel(
        q: Tensor,
        k: Tensor,
        v: Tensor,
        past: Tensor | None = None,
        decay: Tensor | None = None,
        beta: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        queries = split_heads(q.float(), q_heads)
        keys, values = split_heads(k.float(), kv_heads), split_heads(v.float(), kv_heads)
        factor = scale or 1 / sqrt(queries.shape[-1])
        gates = None if decay is None else split_heads(decay.float(), kv_heads).exp()
        rates = None if beta is None else beta.float().transpose(1, 2).unsqueeze(-1)
        state = queries.new_zeros(*keys.shape[:2], keys.shape[-1], values.shape[-1])
        if past is not None:
            state = past.float()
        rows = []
        ask = asker()
        for step in range(q.shape[1]):
            ask()
            key, value = keys[:, :, step], values[:, :, step]
            if gates is not None:
                state = state * gates[:, :, step].unsqueeze(-1)
            if rates is not None:
                held = torch.einsum("nhkv,nhk->nhv", state, key)
                value = rates[:, :, step] * (value - held)
            state = state + key.unsqueeze(-1) * value.unsqueeze(-2)
            seen = state.repeat_interleave(q_heads // kv_heads, 1)
            rows.append(torch.einsum("nhk,nhkv->nhv", queries[:, :, step], seen) * factor)
        y = merge_heads(torch.stack(rows, 2)) if rows else v.new_zeros(*q.shape[:2], 0)
        return y.to(q.dtype), state.to(q.dtype if past is None else past.dtype)

    return kernel

"""A page that only works on what a handler changes."""

from __future__ import annotations

from copy import copy
from typing import Any

import gradio as gr
from gradio.block_function import BlockFunction
from gradio.blocks import Block
from gradio.state_holder import SessionState


class ChangingBlocks(gr.Blocks):
    """Blocks for handlers that name every part of the page as their output and change a few.

    Gradio makes each output anew for each event, from its constructor, also when nothing about it changes: with fifty
    parts and five events a turn that was most of the processor time of a turn.
    """

    async def postprocess_data(
        self,
        block_fn: BlockFunction,
        predictions: list[Any] | dict[Any, Any],
        state: SessionState | None,
    ) -> list[Any]:
        """What the browser is sent for each output; nothing for those that stay as they are."""
        if not isinstance(predictions, dict) or not all(isinstance(part, Block) for part in predictions):
            return list(await super().postprocess_data(block_fn, predictions, state))
        parts = [part for part in block_fn.outputs if predictions.get(part, gr.skip()) != gr.skip()]
        some = copy(block_fn)
        some.outputs = parts
        values = [predictions[part] for part in parts]
        sent = await super().postprocess_data(some, values[0] if len(values) == 1 else values, state)
        by_id = {part._id: value for part, value in zip(parts, sent, strict=True)}
        return [by_id.get(part._id, gr.skip()) for part in block_fn.outputs]

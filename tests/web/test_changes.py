"""A page works on what a handler changes, and the browser is told the same as by Gradio's own way."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from typing import Any, TypeVar

import gradio as gr
import pytest
from gradio.blocks import BlockFunction
from gradio.state_holder import SessionState

from assistant.web.changes import ChangingBlocks

T = TypeVar("T")


def page_of(kind: type[gr.Blocks]) -> tuple[gr.Blocks, list[gr.Textbox], BlockFunction]:
    """A page with three boxes that one handler may change."""
    with kind(analytics_enabled=False) as page:
        boxes = [gr.Textbox(label=f"box {n}") for n in range(3)]
        button = gr.Button()
        button.click(lambda: None, None, boxes)
    return page, boxes, page.fns[0]


def finished(work: Coroutine[Any, Any, T]) -> T:
    """What comes of it, on a thread of its own: this one may hold the event loop of the browser tests."""
    with ThreadPoolExecutor(1) as another:
        return another.submit(asyncio.run, work).result()


@pytest.mark.parametrize(
    "changes",
    [
        {0: "new"},
        {1: gr.update(label="other", visible=False)},
        {0: "new", 2: gr.update(value="newer")},
        {0: gr.skip(), 1: "new"},
        {0: "a", 1: "b", 2: "c"},
    ],
)
def test_the_browser_is_told_the_same(changes):
    """Values, updates and parts that stay as they are, in the order of the outputs."""
    told = []
    for kind in (gr.Blocks, ChangingBlocks):
        page, boxes, handler = page_of(kind)
        predictions = {boxes[n]: value for n, value in deepcopy(changes).items()}
        told.append(finished(page.postprocess_data(handler, predictions, SessionState(page))))

    assert told[0] == told[1]


def test_what_stays_is_left_alone():
    """Only the part that changes is made anew for the session."""
    page, boxes, handler = page_of(ChangingBlocks)
    session = SessionState(page)

    finished(page.postprocess_data(handler, {boxes[1]: gr.update(label="other")}, session))

    assert [session[box._id] is box for box in boxes] == [True, False, True]
    assert session[boxes[1]._id].label == "other"


def test_the_end_of_a_handler_passes_through():
    """A handler that has said everything ends as Gradio ends it."""
    page, _, handler = page_of(ChangingBlocks)
    ended = [gr.components._Keywords.FINISHED_ITERATING] * 3

    assert finished(page.postprocess_data(handler, ended, SessionState(page))) == [None] * 3

"""A conversation of thirty turns with a language model, beside a plain LangChain chain: python -m bench.turns.

Both talk to the same server on this machine, which takes a fixed time for each answer and answers as fast as it can
beyond that. The chain does what a first version usually does: the same instructions, and the whole history of
messages with every call. Measured: our own time in a turn beyond the endpoint's, tokens sent by turn, and what the
session costs at an example price. Writes bench/out/turns.md and turns.svg.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from langchain_core.messages import BaseMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_openai import ChatOpenAI
from matplotlib.figure import Figure

from assistant.domain import Conversation
from assistant.judging.llm import instructions
from assistant.settings import Settings
from assistant.tokens import count
from assistant.wiring import Product, build
from tests.faults.server import FaultServer

OUT = Path(__file__).resolve().parent / "out"
MODEL = "test-model"
PRICE_IN, PRICE_OUT = 1.0, 4.0
"""Dollars for a million tokens: an example, no provider's list."""
PROSE = (
    "Thank you, that makes it clearer. From what you describe, residents lose time because nobody can say which cases "
    "are looked at first, and the people who choose have no list to work from. It would help to know a little more. "
    "Who exactly would choose differently, how often, and which record would they look at when they do?"
)
"""What a chain's model says in a turn: about as long as our own replies."""
MESSAGES = (
    "Tenants in the east side are evicted before anyone at the city hears about it.",
    "Which thirty households the prevention team phones first each week, instead of waiting for them to walk in.",
    "The head of the housing prevention team chooses them.",
    "The four prevention caseworkers would use the list.",
    "Court filings, water shut-off notices and the rent arrears file of the housing authority.",
    "Four caseworkers, and a privacy rule that keeps arrears data inside the housing authority.",
    "For six weeks two caseworkers use the list and two work as before, and we compare.",
    "Fewer filings that end in an eviction among the households we phoned.",
    "Families renting in the three east side postcodes.",
    "The deputy head of housing coordinates it two days a week.",
    "The city manager asked for it and freed the caseworkers' time.",
    "A family might feel watched, and landlords could learn who is on the list.",
    "Two of the caseworkers have fifteen years on that service.",
    "One analyst knows the arrears file and the court extract.",
    "We are a city of about 240,000 residents.",
    "The court sends its filings every Friday as a table.",
    "The water company sends its shut-off list on the first of the month.",
    "The arrears file is updated every night and held by the housing authority's finance office.",
    "Addresses without a flat number are the largest gap in the court table.",
    "The legal office needs three weeks to agree the use of the arrears file.",
    "The list would be a sheet of paper at first, printed on Mondays.",
    "A caseworker can always move a family up when she knows something the data does not.",
    "Families who do not speak English are called by the bilingual caseworker.",
    "Landlords never see the list, and names are removed after ninety days.",
    "Last winter 212 households were evicted in the three postcodes.",
    "In the spring we tried leaflets in the hallways, and nobody called.",
    "The tenants' union would sit with us when we look at the results.",
    "If the households on the list are not nearer to an eviction than the others, we stop.",
    "After the pilot the prevention team keeps the list, and the analyst half a day a week.",
    "That is all we know today.",
)


OPENING = {
    "title": "Which families are visited first before an eviction",
    "summary": "Families lose their homes before anybody calls. The prevention team would choose whom to visit first.",
}
"""What the model says when the brief is due."""


def answer(body: dict[str, Any]) -> str:
    """What the model says: for us the form asked for, with what was asked heard in the whole message; else prose."""
    if "response_format" not in body:
        return PROSE
    material = json.loads(body["messages"][-1]["content"].split("\n")[1])
    if "asked" not in material:
        return json.dumps(OPENING)
    element, message = material["asked"] or "resident_problem", material["message"]
    return json.dumps(
        {
            "reply": "Thank you, that is noted.",
            "elements": [{"element": element, "state": "stated", "quote": message}],
            "corrections": [],
            "flags": [],
            "types": [],
            "questions": [
                {"element": g, "question": "How would that work in your office on an ordinary day?"}
                for g in material["gaps"]
            ],
            "answer": {"text": "", "passages": []},
        }
    )


class Side:
    """Seconds and tokens by turn of one way of doing it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.seconds: list[float] = []
        self.calls: list[int] = []
        self.tokens_in: list[int] = []
        self.tokens_out: list[int] = []

    def play(self, server: FaultServer, say: Callable[[str], object]) -> Side:
        """Say every message in turn."""
        for message in MESSAGES:
            server.forget()
            began = time.perf_counter()
            say(message)
            self.seconds.append(time.perf_counter() - began)
            bodies = [call.body for call in server.calls if call.route == "chat"]
            self.calls.append(len(bodies))
            self.tokens_in.append(sum(_tokens(json.dumps(b, ensure_ascii=False)) for b in bodies))
            self.tokens_out.append(sum(_tokens(answer(b)) for b in bodies))
        return self

    def own(self, alone: float) -> list[float]:
        """Milliseconds of each turn beyond what the endpoint takes for its calls; `alone` is one call, in seconds."""
        return [(s - n * alone) * 1000 for s, n in zip(self.seconds, self.calls, strict=True)]

    @property
    def cost(self) -> list[float]:
        """Dollars spent by the end of each turn, at the example price."""
        spent, total = [], 0.0
        for told, given in zip(self.tokens_in, self.tokens_out, strict=True):
            total += (told * PRICE_IN + given * PRICE_OUT) / 1e6
            spent.append(total)
        return spent


def _tokens(text: str) -> int:
    return count(text, MODEL).tokens


@contextmanager
def product(server: FaultServer) -> Iterator[Product]:
    """The product with the server as its language model and a new index."""
    with TemporaryDirectory() as folder:
        yield build(
            Settings(
                _env_file=None,
                engine="llm",
                ASSISTANT_LLM_BASE_URL=server.url(),
                llm_model=MODEL,
                data_dir=Path(folder),
            )
        )


def ours(server: FaultServer) -> Side:
    """The assistant with its language-model engine, warm."""
    with product(server) as made:
        made.warm()  # as the page does when it starts
        made.assistant.respond(Conversation(), MESSAGES[0])
        state = [Conversation()]

        def say(message: str) -> None:
            state[0] = made.assistant.respond(state[0], message).conversation

        return Side("assistant").play(server, say)


def chain(server: FaultServer, system: str) -> Side:
    """A prompt, a model and a history of messages, warm."""
    prompt = ChatPromptTemplate.from_messages(
        [("system", "{system}"), MessagesPlaceholder("history"), ("human", "{text}")]
    )
    model = ChatOpenAI(model=MODEL, base_url=server.url(), api_key="none", max_retries=0, streaming=True)
    history: list[BaseMessage] = []

    def say(text: str) -> None:
        asked = prompt.invoke({"system": system, "history": history, "text": text})
        history.extend([asked.to_messages()[-1], model.invoke(asked)])

    say(MESSAGES[0])
    history.clear()
    return Side("LangChain chain with history").play(server, say)


def endpoint(server: FaultServer, times: int = 15) -> float:
    """Seconds that the endpoint takes by itself for one streamed answer: the median of several."""
    body = {"model": MODEL, "stream": True, "messages": [{"role": "user", "content": "hello"}]}
    request = urllib.request.Request(  # noqa: S310  # our own server
        server.url() + "/chat/completions",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
    )
    found = []
    for _ in range(times):
        began = time.perf_counter()
        with urllib.request.urlopen(request) as reply:  # noqa: S310
            reply.read()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def p95(values: Sequence[float]) -> float:
    """The value that one in twenty exceeds."""
    return statistics.quantiles(values, n=20)[-1]


def report(sides: Sequence[Side], alone: float) -> str:
    """The figures as a Markdown table."""
    rows = [
        f"The endpoint by itself takes {alone * 1000:.0f} ms. Thirty turns, one session each.",
        "",
        "| | own time p50, ms | own time p95, ms | tokens in, turn 5 | turn 30 | turn 30 / turn 5 | "
        "session, tokens in | session, example dollars |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for side in sides:
        own = side.own(alone)
        fifth, last = side.tokens_in[4], side.tokens_in[-1]
        rows.append(
            f"| {side.name} | {statistics.median(own):.0f} | {p95(own):.0f} | {fifth} | {last} | {last / fifth:.2f} | "
            f"{sum(side.tokens_in)} | {side.cost[-1]:.4f} |"
        )
    rows += ["", f"Example price: {PRICE_IN:g} dollars a million tokens in, {PRICE_OUT:g} out."]
    return "\n".join(rows) + "\n"


def plot(sides: Sequence[Side], alone: float, path: Path) -> None:
    """Own time, tokens and cost by turn."""
    figure = Figure(figsize=(11, 3.4), layout="constrained")
    axes = figure.subplots(1, 3)
    turns = range(1, len(MESSAGES) + 1)
    for side, style in zip(sides, ("-", "--"), strict=True):
        axes[0].plot(turns, side.own(alone), style, label=side.name)
        axes[1].plot(turns, side.tokens_in, style, label=side.name)
        axes[2].plot(turns, side.cost, style, label=side.name)
    for each, label in zip(
        axes, ("own time, ms", "tokens sent", "example dollars, whole session"), strict=True
    ):
        each.set(xlabel="turn", ylabel=label, ylim=(0, None))
    axes[0].legend()
    figure.savefig(path)


def main() -> None:
    """Measure both sides, print and write the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--delay", type=float, default=0.3, help="seconds the endpoint takes for an answer")
    parser.add_argument("--out", type=Path, default=OUT)
    options = parser.parse_args()
    with FaultServer(answer, delay=options.delay, models=(MODEL,)) as server:
        alone = endpoint(server)
        with product(server) as made:
            system = instructions(made.prompts.active("turn"), made.programme)
        sides = [ours(server), chain(server, system)]
    text = report(sides, alone)
    options.out.mkdir(parents=True, exist_ok=True)
    (options.out / "turns.md").write_text(text, encoding="utf-8")
    plot(sides, alone, options.out / "turns.svg")
    print(text)


if __name__ == "__main__":
    main()

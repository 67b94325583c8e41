"""What masking costs: time for long and for hostile texts, and what it loads."""

from __future__ import annotations

import sys
import time
from subprocess import run

import pytest

from assistant.privacy import mask
from tests.privacy.identifiers import CONTACTS, IDS
from tests.privacy.samples import CONTEXTS, ROOT, SEED, samples


def test_a_long_text_is_masked_in_time() -> None:
    """200,000 characters of proposals with an identifier every few lines take less than two seconds."""
    texts = [s.text for s in samples({**IDS, **CONTACTS}, 400, SEED)]
    clean = [t for lang in ("en", "es", "pt") for t in CONTEXTS["clean"][lang]]
    long = "\n".join([*texts, *clean * 90])[:200_000]
    mask("call 55 1234 5678")  # what is loaded once is not counted

    start = time.process_time()
    masked = mask(long)

    print(f"{time.process_time() - start:.2f} s, {len(masked.found)} found")
    assert len(long) == 200_000
    assert time.process_time() - start < 2


@pytest.mark.parametrize(
    "unit",
    [
        "1 ",
        "1-",
        "1.",
        "@",
        "a@a.",
        "1.2.3.4-",
        "tel 1-",
        "1234 ",
        "1:",
        "1° ",
        "$ ",
        "arroba a",
        "[email]1",
        "AB12 3456 ",
    ],
)
def test_no_text_takes_long(unit: str) -> None:
    """Text made to send a search back and forth costs no more than other text of its length."""
    text = (unit * 200_000)[:200_000]

    start = time.process_time()
    mask(text)

    assert time.process_time() - start < 5


def test_numbering_plans_are_loaded_late() -> None:
    """Text without a candidate loads neither the telephone plans nor the check-digit modules; a telephone does."""
    probe = (
        "import sys\nfrom assistant.privacy import mask\n"
        "heavy = lambda: [m for m in ('phonenumbers', 'stdnum') if m in sys.modules]\n"
        "mask('El 40 % de 12.345 viviendas en 2024-2027; R$ 1.250.000,00')\nprint(heavy())\n"
        "mask('Ana, 55 1234 5678')\nprint(heavy())"
    )

    out = run([sys.executable, "-c", probe], capture_output=True, text=True, cwd=ROOT, check=True).stdout

    assert out.splitlines() == ["[]", "['phonenumbers']"]

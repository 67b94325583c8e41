"""The table that sets a past project beside the proposal."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from assistant.domain import Difference
from assistant.web.reader import Reader


def side_by_side(reader: Reader, rows: Sequence[Difference]) -> Markup:
    """The differences as a table with headings on both sides; empty when there are none."""
    if not rows:
        return Markup("")
    head = Markup('<tr><th scope="col">{}</th><th scope="col">{}</th><th scope="col">{}</th></tr>').format(
        *(reader.say(f"page.case_{column}") for column in ("aspect", "yours", "theirs"))
    )
    body = Markup("").join(
        Markup('<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>').format(
            row.aspect, row.yours, row.theirs
        )
        for row in rows
    )
    return Markup(
        '<details class="beside"><summary>{}</summary><table><thead>{}</thead><tbody>{}</tbody></table></details>'
    ).format(reader.say("page.case_beside"), head, body)

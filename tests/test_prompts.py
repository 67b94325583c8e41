"""Prompts load from files that say what they are, and a mistake in one names its line and remedy."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from assistant.errors import ConfigError
from assistant.prompts import load_prompts

TURN = """\
---
name: turn
version: 1
reply: TurnReply
purpose: Read one message
  and report what it says.
changed: First version.
---
You read for {{programme}}.

Elements of {{programme}}:
{{elements}}
Give back {"quote": {"text": "…"}}.
"""
SECOND = TURN.replace("version: 1", "version: 2").replace("First version.", "Asks for less.")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two versions of one prompt, and the second is in use."""
    (tmp_path / "turn.v1.md").write_text(TURN, encoding="utf-8")
    (tmp_path / "turn.v2.md").write_text(SECOND, encoding="utf-8")
    (tmp_path / "README.md").write_text("How to write a prompt.", encoding="utf-8")
    (tmp_path / "active.toml").write_text("# turn is the first\nturn = 2\n", encoding="utf-8")
    return tmp_path


def refusal(folder: Path) -> ConfigError:
    """The error that loading ends with."""
    with pytest.raises(ConfigError) as refused:
        load_prompts(folder)
    return refused.value


def test_the_pinned_version_is_in_use(folder: Path) -> None:
    """active.toml chooses; the header tells the rest, and the body stands without it."""
    prompt = load_prompts(folder).active("turn")

    assert (prompt.name, prompt.version, prompt.reply) == ("turn", 2, "TurnReply")
    assert prompt.purpose == "Read one message and report what it says."
    assert prompt.changed == "Asks for less."
    assert prompt.body.startswith("You read for {{programme}}.")
    assert prompt.slots == ("programme", "elements")


def test_the_label_names_the_content_whatever_the_line_ends(folder: Path) -> None:
    """The same words have the same label after a checkout with other line ends, and other words another."""
    unix = load_prompts(folder).active("turn")
    digest = hashlib.sha256(SECOND.encode()).hexdigest()
    (folder / "turn.v2.md").write_bytes(SECOND.replace("\n", "\r\n").encode())
    windows = load_prompts(folder).active("turn")
    (folder / "turn.v2.md").write_text(SECOND.replace("Asks for less.", "Asks for more."), encoding="utf-8")
    edited = load_prompts(folder).active("turn")

    assert unix.sha == digest
    assert unix.label == f"turn@2:{digest[:8]}"
    assert (windows.label, windows.body) == (unix.label, unix.body)
    assert edited.label != unix.label


def test_values_go_in_once_and_word_for_word(folder: Path) -> None:
    """A value that looks like a slot, a group or an escape stands as it is; every place of a slot is filled."""
    prompt = load_prompts(folder).active("turn")

    text = prompt.fill(programme="{{elements}}", elements=r"\1 \n {{programme}} $name {x}")

    assert text == (
        "You read for {{elements}}.\n\nElements of {{elements}}:\n"
        '\\1 \\n {{programme}} $name {x}\nGive back {"quote": {"text": "…"}}.'
    )


def test_a_slot_without_a_value_is_named_with_its_line(folder: Path) -> None:
    """No prompt leaves with a hole in it."""
    prompt = load_prompts(folder).active("turn")

    with pytest.raises(ConfigError, match=r"turn\.v2\.md:12: no value for {{elements}}") as refused:
        prompt.fill(programme="P")

    assert "elements" in str(refused.value)
    assert refused.value.fix


def test_a_value_without_a_slot_is_refused(folder: Path) -> None:
    """What the code means to say may not get lost because a version dropped its slot."""
    with pytest.raises(ConfigError, match=r"turn\.v2\.md:\d+: no slot {{criteria}}"):
        load_prompts(folder).active("turn").fill(programme="P", elements="E", criteria="C")


def test_another_version_can_be_tried(folder: Path) -> None:
    """A run can use another version without touching the pin; one that is not there is refused by name."""
    prompts = load_prompts(folder)

    assert prompts.with_version("turn", 1).active("turn").version == 1
    assert prompts.active("turn").version == 2
    with pytest.raises(ConfigError, match=r"there is no turn\.v9\.md, there is turn\.v1\.md, turn\.v2\.md"):
        prompts.with_version("turn", 9)


def test_an_unknown_name_is_refused_with_the_known_ones(folder: Path) -> None:
    """A wrong name says which names there are."""
    with pytest.raises(ConfigError, match="'brief'; pinned: turn") as refused:
        load_prompts(folder).active("brief")

    assert "active.toml" in str(refused.value)


@pytest.mark.parametrize(
    ("pins", "place", "problem"),
    [
        ("# turn\nturn = 3", "active.toml:2", "there is no turn.v3.md"),
        ("turn = 1\nbrief = 1", "active.toml:2", "there is no brief.v1.md"),
        ('turn = "1"', "active.toml:1", "must be a version number"),
        ("turn = true", "active.toml:1", "must be a version number"),
        ("\n[turn]\nversion = 1", "active.toml:2", "must be a version number"),
        ("turn = 1\nturn = 2", "active.toml", "line 2"),
        ("turn 1", "active.toml", "line 1"),
    ],
)
def test_wrong_pins_name_their_line(folder: Path, pins: str, place: str, problem: str) -> None:
    """A pin without its file, without a number, twice or unreadable is told where it stands."""
    (folder / "active.toml").write_text(pins + "\n", encoding="utf-8")

    error = refusal(folder)

    assert str(error).startswith(place)
    assert problem in str(error)
    assert error.fix


@pytest.mark.parametrize(
    ("old", "new", "line", "problem"),
    [
        ("---\nname", "name", 1, "no header"),
        ("---\nYou", "You", 1, "does not end"),
        ("name: turn", "name: tern", 2, "name is 'tern'"),
        ("version: 2", "version: 3", 3, "version is '3'"),
        ("version: 2", "version: two", 3, "version is 'two'"),
        ("reply: TurnReply\n", "", 1, "says no reply"),
        ("reply: TurnReply", "reply:", 1, "says no reply"),
        ("reply: TurnReply", "reply TurnReply", 4, "no header line"),
        ("reply: TurnReply", "replies: TurnReply", 4, "no header line"),
        ("changed:", "reply: Other\nchanged:", 7, "reply stands twice"),
        ("{{elements}}", "{{ elements }}", 12, "not a slot"),
        ("{{elements}}", "{{Elements}}", 12, "not a slot"),
        ("{{elements}}", "{{elements}", 12, "not a slot"),
        (SECOND[SECOND.index("You") :], "\n \n", 8, "no text"),
    ],
)
def test_a_mistake_in_a_file_names_its_line(
    folder: Path, old: str, new: str, line: int, problem: str
) -> None:
    """Header and slots are checked when the folder is read, whether the version is in use or not."""
    assert old in SECOND
    (folder / "turn.v2.md").write_text(SECOND.replace(old, new), encoding="utf-8")

    error = refusal(folder)

    assert str(error).startswith(f"turn.v2.md:{line}: ")
    assert problem in str(error)
    assert error.fix


def test_a_version_in_two_files_is_refused(folder: Path) -> None:
    """turn.v02.md is version 2 as well: nobody could tell which one is in use."""
    (folder / "turn.v02.md").write_text(SECOND, encoding="utf-8")

    error = refusal(folder)

    assert "turn.v2.md" in str(error)
    assert "same version" in str(error)


def test_a_file_in_another_encoding_is_refused(folder: Path) -> None:
    """Accents saved by an old editor are told as what they are."""
    (folder / "turn.v2.md").write_bytes(SECOND.replace("…", "ã").encode("latin-1"))

    assert "turn.v2.md:1: it is not UTF-8" in str(refusal(folder))


def test_a_mark_of_the_encoding_does_no_harm(folder: Path) -> None:
    """Some editors begin a file with a mark that nobody sees."""
    (folder / "turn.v2.md").write_bytes(SECOND.encode("utf-8-sig"))

    assert load_prompts(folder).active("turn").version == 2


def test_a_folder_without_pins_is_refused(tmp_path: Path) -> None:
    """A missing folder or active.toml says which setting to look at."""
    error = refusal(tmp_path / "nowhere")

    assert "active.toml is missing" in str(error)
    assert "ASSISTANT_HOME" in error.fix

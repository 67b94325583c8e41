"""Prompts: versioned files with a header and named slots; active.toml says which version is in use."""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from assistant.domain import Frozen
from assistant.errors import ConfigError

PINS = "active.toml"
FIELDS = ("name", "version", "reply", "purpose", "changed")
HOME_FIX = "point ASSISTANT_HOME at a folder with corpus/ and prompts/, or unset it"
_FILE = re.compile(r"(?P<name>[a-z][a-z0-9_-]*)\.v(?P<version>\d+)\.md")
_SLOT = re.compile(r"\{\{([a-z][a-z0-9_]*)\}\}")
_FIELD = re.compile(r"(?P<key>[a-z]+):(?P<value>.*)")


class Prompt(Frozen):
    """One version of a prompt."""

    name: str
    version: int
    reply: str
    """The name of the type that the reply must have."""
    purpose: str
    changed: str
    """What differs from the version before, and why."""
    body: str
    sha: str
    """SHA-256 of the whole file, whatever its line endings."""
    first_line: int
    """The line of the file that the body begins on."""

    @property
    def label(self) -> str:
        """Name, version and content in one word, as in `turn@1:3fa9c1d2`."""
        return f"{self.name}@{self.version}:{self.sha[:8]}"

    @property
    def file(self) -> str:
        """The file it comes from."""
        return f"{self.name}.v{self.version}.md"

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of its slots, in the order of the text."""
        return tuple(dict.fromkeys(_SLOT.findall(self.body)))

    def fill(self, /, **slots: str) -> str:
        """The body with each slot's value, put in once and word for word; raises ConfigError when they differ."""
        for slot in self.slots:
            if slot not in slots:
                line = self.first_line + _line(self.body, "{{" + slot + "}}")
                _refuse(
                    self.file, line, f"no value for {{{{{slot}}}}}", "give the slot a value, or take it out"
                )
        for name in slots:
            if name not in self.slots:
                _refuse(
                    self.file, self.first_line, f"no slot {{{{{name}}}}}", "add the slot, or give no value"
                )
        return _SLOT.sub(lambda found: slots[found[1]], self.body)


class Prompts:
    """Every prompt of a folder, and which version of each is in use."""

    def __init__(self, prompts: Mapping[tuple[str, int], Prompt], pins: Mapping[str, int]) -> None:
        self._prompts, self._pins = prompts, pins

    def active(self, name: str) -> Prompt:
        """The version in use; raises ConfigError for a name that is not pinned."""
        if name not in self._pins:
            known = ", ".join(sorted(self._pins)) or "none"
            raise ConfigError(
                f"{PINS}: no prompt is called {name!r}; pinned: {known}",
                fix=f"use one of those names, or pin {name} in prompts/{PINS}",
            )
        return self._prompts[name, self._pins[name]]

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that a file has, in order."""
        return tuple(sorted({name for name, _ in self._prompts}))

    def versions(self, name: str) -> tuple[Prompt, ...]:
        """The versions of a name, newest first; none for a name that no file has."""
        return tuple(p for (known, _), p in sorted(self._prompts.items(), reverse=True) if known == name)

    def pinned(self, name: str) -> int | None:
        """The version in use; None when the name is not pinned."""
        return self._pins.get(name)

    def with_version(self, name: str, version: int) -> Prompts:
        """The same prompts with another version of one in use; raises ConfigError when there is no such file."""
        if (name, version) not in self._prompts:
            raise ConfigError(_absent(self._prompts, name, version), fix=_add(name, version))
        return Prompts(self._prompts, {**self._pins, name: version})


def load_prompts(folder: Path) -> Prompts:
    """The prompts of a folder; raises ConfigError naming the file and line that is wrong."""
    prompts: dict[tuple[str, int], Prompt] = {}
    for path in sorted(folder.glob("*.md")):
        if found := _FILE.fullmatch(path.name):
            prompt = _read_prompt(path, found["name"], int(found["version"]))
            if (key := (prompt.name, prompt.version)) in prompts:
                _refuse(path.name, 1, f"{prompt.file} is the same version", "keep one of the two files")
            prompts[key] = prompt
    return Prompts(prompts, _read_pins(folder / PINS, prompts))


def _read_pins(path: Path, prompts: Mapping[tuple[str, int], Prompt]) -> dict[str, int]:
    text = _text(path)
    try:
        pins = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{PINS}: {error}", fix=f"correct {path}") from None
    for name, version in pins.items():
        line = _pin_line(text, name)
        if type(version) is not int:
            _refuse(PINS, line, f"{name} must be a version number", f"write it as: {name} = 1")
        if (name, version) not in prompts:
            _refuse(PINS, line, _absent(prompts, name, version), _add(name, version))
    return pins


def _pin_line(text: str, name: str) -> int:
    """The line that pins a name, as far as it can be found."""
    pin = re.compile(rf"\W*{re.escape(name)}\b")
    lines = enumerate(text.split("\n"), 1)
    return next((n for n, line in lines if pin.match(line.partition("#")[0])), 1)


def _read_prompt(path: Path, name: str, version: int) -> Prompt:
    text = _text(path)
    header, body, first_line = _split(path.name, text)
    fields = _header(path.name, header)
    for key, expected in (("name", name), ("version", str(version))):
        if fields[key] != expected:
            line = 1 + _line(text, f"\n{key}:") + 1
            _refuse(path.name, line, f"{key} is {fields[key]!r}", f"write {expected}, as in the file's name")
    _check_slots(path.name, body, first_line)
    sha = hashlib.sha256(text.encode("utf-8")).hexdigest()
    given = {key: fields[key] for key in ("reply", "purpose", "changed")}
    return Prompt(name=name, version=version, body=body, sha=sha, first_line=first_line, **given)


def _text(path: Path) -> str:
    """A file's text with plain line ends."""
    try:
        return path.read_bytes().decode("utf-8").replace("\r\n", "\n").replace("\r", "\n")
    except FileNotFoundError:
        raise ConfigError(f"{path} is missing", fix=HOME_FIX) from None
    except UnicodeDecodeError:
        return _refuse(path.name, 1, "it is not UTF-8 text", "save the file as UTF-8")


def _split(file: str, text: str) -> tuple[list[str], str, int]:
    """The header's lines, the body, and the line that the body begins on."""
    lines = text.removeprefix("\ufeff").split("\n")
    if lines[0].rstrip() != "---":
        _refuse(file, 1, "there is no header", "begin the file with a line ---, the header, and a line ---")
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == "---"), None)
    if end is None:
        _refuse(file, 1, "the header does not end", "end the header with a line ---")
    body = "\n".join(lines[end + 1 :])
    first_line = end + 2 + len(body) - len(body.lstrip("\n"))
    if not body.strip():
        _refuse(file, end + 1, "there is no text after the header", "write the prompt below the header")
    return lines[1:end], body.strip("\n"), first_line


def _header(file: str, lines: list[str]) -> dict[str, str]:
    """The header's fields; a line that begins with a space goes on with the field above."""
    fields: dict[str, str] = {}
    key = ""
    for number, line in enumerate(lines, 2):
        if key and line.startswith((" ", "\t")):
            fields[key] += " " + line.strip()
            continue
        found = _FIELD.fullmatch(line)
        if not found or found["key"] not in FIELDS:
            _refuse(file, number, f"{line!r} is no header line", f"write one of: {', '.join(FIELDS)}")
        if (key := found["key"]) in fields:
            _refuse(file, number, f"{key} stands twice", "keep one of the two lines")
        fields[key] = found["value"].strip()
    for field in FIELDS:
        if not fields.get(field):
            _refuse(file, 1, f"the header says no {field}", f"add a line to the header: {field}: …")
    return fields


def _check_slots(file: str, body: str, first_line: int) -> None:
    """Refuses a brace pair that is not a slot: it would reach the model as it stands."""
    rest = _SLOT.sub(lambda found: " " * len(found[0]), body)
    if "{{" in rest:
        fix = "write slots as {{name}}, in small letters, digits and underscores"
        _refuse(file, first_line + _line(rest, "{{"), "this is not a slot", fix)


def _absent(prompts: Mapping[tuple[str, int], Prompt], name: str, version: int) -> str:
    has = ", ".join(prompt.file for key, prompt in sorted(prompts.items()) if key[0] == name)
    return f"there is no {name}.v{version}.md" + (f", there is {has}" if has else "")


def _add(name: str, version: int) -> str:
    return f"add prompts/{name}.v{version}.md, or name a version that is there"


def _line(text: str, part: str) -> int:
    """How many lines stand above the first occurrence of a part."""
    return text.count("\n", 0, text.find(part))


def _refuse(file: str, line: int, problem: str, fix: str) -> NoReturn:
    raise ConfigError(f"{file}:{line}: {problem}", fix=fix)

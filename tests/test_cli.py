"""The `scoping` command as a person runs it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.domain import Judgement
from assistant.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
TEXTS = {
    "en": "Families wait months for a repair. Each Monday the repairs supervisor picks which twenty flats come first.",
    "es": "Las familias esperan meses por un arreglo. Cada lunes el jefe elige qué veinte viviendas van primero.",
    "pt": "As famílias esperam meses por um conserto. Toda segunda o chefe escolhe quais vinte casas vêm primeiro.",
}
ERROR = "error: "
FIX = "fix: "


class Scoping:
    """Runs `scoping` with one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir

    def __call__(
        self, *arguments: str, stdin: str | bytes = "", **env: str
    ) -> subprocess.CompletedProcess[str]:
        data = stdin if isinstance(stdin, bytes) else stdin.encode()
        run = subprocess.run(
            [sys.executable, "-m", "assistant", *arguments],
            input=data,
            capture_output=True,
            cwd=ROOT,
            env={"ASSISTANT_DATA_DIR": str(self.data_dir), "HOME": str(self.data_dir), "PATH": "", **env},
            timeout=120,
            check=False,
        )
        return subprocess.CompletedProcess(
            run.args, run.returncode, run.stdout.decode("utf-8"), run.stderr.decode("utf-8")
        )


@pytest.fixture
def scoping(settings: Settings) -> Scoping:
    """The command on the session's index."""
    return Scoping(settings.data_dir)


def assert_refused(run: subprocess.CompletedProcess[str], code: int, says: str) -> None:
    """Two lines on standard error, nothing on standard output, no traceback."""
    lines = run.stderr.strip().splitlines()
    assert run.returncode == code, run.stderr
    assert run.stdout == ""
    assert len(lines) == 2, run.stderr
    assert lines[0].startswith(ERROR)
    assert lines[1].startswith(FIX)
    assert says in lines[0]


@pytest.mark.parametrize("lang", TEXTS)
def test_check_prints_the_contract(scoping: Scoping, lang: str) -> None:
    """For a text in any of the languages, standard output is one judgement/1 document and nothing else."""
    run = scoping("check", "-", "--json", stdin=TEXTS[lang])

    data = json.loads(run.stdout)
    judgement = Judgement.model_validate(data)
    assert run.returncode == 0
    assert data["schema"] == "judgement/1"
    assert data["lang"] == lang
    assert judgement.type.primary == "who_to_focus_on"
    assert judgement.similar_cases
    assert all(e.quote in TEXTS[lang] for e in judgement.elements if e.quote)


def test_check_reads_a_file(scoping: Scoping, tmp_path: Path) -> None:
    """A .md file is judged like the same text on standard input."""
    path = tmp_path / "draft.md"
    path.write_text(TEXTS["es"], encoding="utf-8")

    from_file, from_input = (
        scoping("check", str(path), "--json"),
        scoping("check", "--json", stdin=TEXTS["es"]),
    )

    assert json.loads(from_file.stdout) == json.loads(from_input.stdout)


def test_check_reads_well_for_a_person(scoping: Scoping) -> None:
    """Without --json the verdict, the elements and the next question are there in the applicant's language."""
    run = scoping("check", "-", stdin=TEXTS["pt"], COLUMNS="200")

    assert run.returncode == 0
    assert "Quem atender primeiro" in run.stdout
    assert "?" in run.stdout


@pytest.mark.parametrize(
    ("stdin", "says"),
    [
        ("", "empty"),
        ("housing", "too short"),
        ("word " * 50_000, "characters"),
        (b"\x00\x01\x02\x03\xff\xfe" * 40, "not text"),
        ("Les familles de nos logements vivent pendant des mois avec des moisissures noires.", "language"),
    ],
    ids=["empty", "one word", "too long", "binary", "French"],
)
def test_bad_input_is_refused_in_two_lines(scoping: Scoping, stdin: str | bytes, says: str) -> None:
    """Each kind of unusable text has one clear error and its remedy, and exit code 2."""
    assert_refused(scoping("check", "-", "--json", stdin=stdin), 2, says)


def test_a_missing_file_and_a_wrong_option_are_refused(scoping: Scoping, tmp_path: Path) -> None:
    """What the caller got wrong is told in two lines with exit code 2."""
    assert_refused(scoping("check", str(tmp_path / "no.pdf")), 2, "no.pdf")
    assert_refused(scoping("check", "--nonsense"), 2, "nonsense")
    assert_refused(scoping("check", "-", "--lang", "fr", stdin=TEXTS["en"]), 2, "fr")


def test_a_wrong_setting_is_named(scoping: Scoping) -> None:
    """A setting that cannot be is refused by its name."""
    run = scoping("check", "-", stdin=TEXTS["en"], ASSISTANT_RETENTION_DAYS="soon")

    assert_refused(run, 2, "ASSISTANT_RETENTION_DAYS")


def test_an_unusable_data_folder_is_refused(scoping: Scoping, tmp_path: Path) -> None:
    """A data folder that cannot be made is one error with a remedy."""
    blocked = tmp_path / "file"
    blocked.write_text("x", encoding="utf-8")

    run = scoping("ask", "How many residents must a city have?", ASSISTANT_DATA_DIR=str(blocked / "data"))

    assert run.returncode == 1
    assert run.stdout == ""
    assert run.stderr.strip().splitlines()[-2].startswith(ERROR)
    assert "ASSISTANT_DATA_DIR" in run.stderr


def test_batch_goes_on_past_bad_rows(scoping: Scoping, tmp_path: Path) -> None:
    """A bad row becomes a row with an error; every good row is judged; the run exits 0."""
    rows = tmp_path / "rows.jsonl"
    lines = [
        json.dumps({"id": "a", "text": TEXTS["en"]}),
        "{broken",
        json.dumps({"id": "b"}),
        json.dumps({"id": "a", "text": TEXTS["es"]}),
        json.dumps({"id": "c", "text": TEXTS["es"], "lang": "xx"}),
        json.dumps({"id": "d", "text": TEXTS["pt"], "lang": "pt"}),
        json.dumps(["no", "object"]),
    ]
    rows.write_text("\n".join(lines), encoding="utf-8")
    out = tmp_path / "out.jsonl"

    run = scoping("check", "--batch", str(rows), "--out", str(out))

    results = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert run.returncode == 0, run.stderr
    assert [r["id"] for r in results if "error" not in r] == ["a", "d"]
    assert len(results) == len(lines)
    assert all(r["fix"] for r in results if "error" in r)


def test_batch_goes_on_where_it_was_stopped(scoping: Scoping, tmp_path: Path) -> None:
    """A run that finds a journal of an earlier one keeps its results and judges only the rest."""
    rows, out = tmp_path / "rows.jsonl", tmp_path / "out.jsonl"
    texts = [{"id": str(i), "text": TEXTS["en"]} for i in range(3)]
    rows.write_text("\n".join(map(json.dumps, texts)), encoding="utf-8")
    scoping("check", "--batch", str(rows), "--out", str(out))
    whole = out.read_text(encoding="utf-8")
    first, second, _ = whole.splitlines()
    out.unlink()
    out.with_name("out.jsonl.partial").write_text(first + "\n" + second[:100], encoding="utf-8")

    run = scoping("check", "--batch", str(rows), "--out", str(out))

    assert "1 already there" in run.stderr
    assert out.read_text(encoding="utf-8") == whole


@pytest.mark.parametrize("ending", [".csv", ".xlsx"])
def test_batch_reads_and_writes_tables(scoping: Scoping, tmp_path: Path, ending: str) -> None:
    """A table in gives a table out, in which no cell is a formula."""
    from openpyxl import Workbook, load_workbook

    source, out = tmp_path / f"in{ending}", tmp_path / f"out{ending}"
    rows = [["id", "text"], ["+1+1", TEXTS["en"]], ["b", TEXTS["es"]]]
    if ending == ".csv":
        source.write_bytes("\n".join(f'"{a}","{b}"' for a, b in rows).encode("latin-1"))
    else:
        book = Workbook()
        for row in rows:
            book.active.append(row)  # type: ignore[union-attr]
        book.save(source)

    run = scoping("check", "--batch", str(source), "--out", str(out))

    assert run.returncode == 0, run.stderr
    if ending == ".csv":
        table = out.read_text(encoding="utf-8-sig")
        assert "'+1+1,fit" in table
        assert "esperan" in table or "who_to_focus_on" in table
    else:
        sheet = load_workbook(out).active
        assert sheet is not None
        assert [sheet.cell(row=2, column=c).value for c in (1, 2)] == ["'+1+1", "fit"]


def test_interview_answers_line_by_line(scoping: Scoping) -> None:
    """Each line gets a turn/1 line; a line that is no JSON or has no text gets an error, and the rest goes on."""
    lines = [
        json.dumps({"text": TEXTS["en"]}),
        "not json",
        json.dumps({"say": "hello"}),
        json.dumps({"text": "We do not know."}),
        json.dumps({"text": "That is all, write the brief"}),
    ]

    run = scoping("interview", "--jsonl", stdin="\n".join(lines) + "\n")

    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert run.returncode == 0, run.stderr
    assert [a.get("outcome") for a in answers] == ["question", None, None, "question", "brief"]
    assert all(a["error"] and a["fix"] for a in answers[1:3])
    assert answers[0]["schema"] == "turn/1"
    assert answers[3]["record"][answers[0]["asked"]]["state"] == "unknown"
    assert answers[4]["brief"]["schema"] == "brief/2"


def test_ask_and_search_print_json(scoping: Scoping) -> None:
    """An answer has its citations, a search its passages and cases with their sources."""
    answer = json.loads(scoping("ask", "How many residents must a city have?", "--json").stdout)
    found = json.loads(scoping("search", "moho en viviendas públicas", "--json", "-k", "6").stdout)

    assert "100,000" in answer["text"]
    assert answer["citations"]
    assert len(found) == 6
    assert {"id", "source", "locator", "score", "text"} <= found[0].keys()


def test_doctor_finds_everything_in_order(scoping: Scoping) -> None:
    """On a fresh installation each part is found and works."""
    run = scoping("doctor", "--json")

    assert run.returncode == 0
    assert all(f["ok"] for f in json.loads(run.stdout))


def test_a_saved_brief_takes_other_forms(scoping: Scoping, tmp_path: Path) -> None:
    """The brief of an interview, saved as JSON, comes out as Markdown and as a Word file."""
    lines = [json.dumps({"text": TEXTS["es"]}), json.dumps({"text": "eso es todo"})]
    turns = scoping("interview", "--jsonl", stdin="\n".join(lines)).stdout.splitlines()
    saved, word = tmp_path / "brief.json", tmp_path / "brief.docx"
    saved.write_text(json.dumps(json.loads(turns[-1])["brief"]), encoding="utf-8")

    text = scoping("brief", str(saved), "--to", "md").stdout
    made = scoping("brief", str(saved), "--to", "docx", "-o", str(word))

    assert "Cada lunes el jefe elige qué veinte viviendas van primero" in text
    assert made.returncode == 0
    assert word.read_bytes()[:2] == b"PK"

"""The layers, the settings and the documents are what they say they are."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

from assistant.settings import ROOT, Settings

PACKAGE = ROOT / "assistant"


def imported(path: Path) -> set[str]:
    """The modules a file imports anywhere, by full name."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


# Down the flow: a module may import those before it.
FLOW = [
    "errors", "settings", "clauses", "lexicon", "tables", "fragments", "corpus", "places", "questions", "numerals", "lookalikes", "units", "amounts", "guard", "answer", "measures", "policies", "facts",
    "ratios", "quantities", "labels", "parts", "years", "slots", "calculators", "boundaries", "conditions", "audit", "spelling", "references", "classifier", "answerability", "targets", "understanding", "subjects", "routes", "figures", "memory", "understander", "tokens", "embeddings", "manifest", "index", "reranker", "retrieval",
    "relevance", "sections", "sweep", "wording", "passages", "composition", "sentences", "tools", "chain", "local_model", "chat_model", "proposal", "explanation", "assistance", "checkup", "wiring", "__main__",
]  # fmt: skip


def test_dependencies_run_one_way_down_the_flow() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    assert modules == set(FLOW)
    for name in FLOW:
        ours = {n.split(".")[1] for n in imported(PACKAGE / f"{name}.py") if n.startswith("assistant.")}
        backwards = {n for n in ours & set(FLOW) if FLOW.index(n) > FLOW.index(name)}
        assert not backwards, f"{name} imports {backwards}"


# The desk stands on the flow and beside it: only the command line and the pages know it.
DESK = [
    "schema", "store", "masking", "accounts", "inbox", "answers", "cases", "curation", "cards", "lookup", "keeping", "export",
    "supervision", "backup", "commands",
]  # fmt: skip


def test_the_desk_stands_on_the_flow_and_nothing_of_the_flow_on_the_desk() -> None:
    assert {path.stem for path in (PACKAGE / "desk").glob("*.py")} - {"__init__"} == set(DESK)
    for name in DESK:
        names = imported(PACKAGE / "desk" / f"{name}.py")
        ours = {n.split(".")[2] for n in names if n.startswith("assistant.desk.")} & set(DESK)
        assert not {n for n in ours if DESK.index(n) > DESK.index(name)}, name
        assert not {n for n in names if n.startswith(("assistant.pages", "gradio", "fastapi", "langchain"))}, name
    for name in set(FLOW) - {"__main__"}:
        assert not {n for n in imported(PACKAGE / f"{name}.py") if n.startswith("assistant.desk")}, name


def test_pages_know_neither_langchain_nor_chroma_and_calculators_no_langchain() -> None:
    for path in (PACKAGE / "pages").glob("*.py"):
        assert not {n for n in imported(path) if n.startswith(("langchain", "chromadb"))}
    for name in ("calculators", "facts", "amounts", "measures", "understander", "guard", "wording", "composition"):
        assert not {n for n in imported(PACKAGE / f"{name}.py") if n.startswith("langchain")}


def test_nothing_heavy_is_loaded_to_read_an_amount() -> None:
    code = "import sys, assistant.calculators; print([m for m in ('torch', 'chromadb', 'gradio', 'langchain_core') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_every_setting_and_command_is_documented(name: str) -> None:
    text = (ROOT / name).read_text("utf-8")
    for field in Settings.model_fields:
        assert f"ASSISTANT_{field.upper()}" in text
    for command in ("ask", "estimate", "search", "index", "check", "doctor", "desk"):
        assert f"assistant {command}" in text


def test_every_dependency_is_justified_in_one_line() -> None:
    listed = re.findall(r'^    "([a-z0-9-]+)>=', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    text = (ROOT / "README.md").read_text("utf-8")
    assert listed
    assert [name for name in listed if f"| `{name}` |" not in text] == []


def test_every_dependency_is_pinned_in_the_constraints() -> None:
    listed = re.findall(r'^    "([a-z0-9-]+)>=', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    pinned = {line.partition("==")[0].lower() for line in (ROOT / "constraints.txt").read_text("utf-8").splitlines()}
    assert [name for name in listed if name not in pinned and name.replace("-", "_") not in pinned] == []


README_QUESTION = re.compile(r"assistant ask \"?([^\"\n`]+)\"?")


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_answer_shown_in_the_readme_is_the_real_one(name: str, assistant: object) -> None:
    from datetime import date

    from assistant.wiring import Assistant

    assert isinstance(assistant, Assistant)
    text = (ROOT / name).read_text("utf-8")
    question = README_QUESTION.search(text)
    assert question is not None
    shown = text[question.end() :].split("```")[0].strip()
    assert shown == assistant.reply([question[1]], date(2026, 11, 22)).text.strip()


def test_the_readme_commands_are_targets_of_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for name in ("README.md", "README.zh-CN.md"):
        used = set(re.findall(r"make ([a-z]+)", (ROOT / name).read_text("utf-8")))
        assert used
        assert used <= targets
    assert "make test" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_calculation_shown_in_the_readme_runs(capsys: pytest.CaptureFixture[str]) -> None:
    from assistant.__main__ import main

    for name in ("README.md", "README.zh-CN.md"):
        example = re.search(r"`assistant (estimate \S+ [^`…]+)`", (ROOT / name).read_text("utf-8").split("…`")[-1])
        assert example is not None
        assert main(example[1].split()) == 0
        assert "最高不超过 280 万元" in capsys.readouterr().out

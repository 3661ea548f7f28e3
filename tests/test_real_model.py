"""A handful of questions to the real local model of the extra `local-llm`; skipped where that is not installed."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.errors import ModelTrouble
from assistant.explanation import OPENING
from assistant.local_model import BUNDLE, find_model, parts_of
from assistant.settings import ROOT, Settings
from assistant.wiring import Assistant, open_assistant
from evals.questions import Case
from evals.scorers.evidence import unbound

ON = date(2026, 11, 22)
FREE = ["用大白话给老板解释一下技改怎么补", "技改投了3000万，写一段话给老板解释能拿多少", "说人话，贷款贴息是怎么回事"]
UNSURE = ["把人工都换成机械手了，花了两千来万，政府意思意思不"]


@pytest.fixture(scope="module")
def local(settings: Settings) -> Assistant:
    pytest.importorskip("xllamacpp", reason="the extra local-llm is not installed")
    try:
        parts_of(BUNDLE)
    except ModelTrouble as trouble:
        pytest.skip(str(trouble))
    model = find_model("", ROOT / "build")  # joined once, for later runs too
    return open_assistant(settings.model_copy(update={"llm": "local", "llm_model": str(model), "llm_timeout": 240}))


@pytest.mark.parametrize("question", FREE + UNSURE)
def test_the_real_model_helps_and_changes_no_fact(local: Assistant, assistant: Assistant, question: str) -> None:
    own, *_, reply = [assistant.reply([question], ON), *local.stream([question], ON)]
    assert reply.trace is not None
    assert reply.trace.trouble == ""
    if question in UNSURE:
        assert reply.trace.proposals
        return
    assert (reply.status, reply.citations, reply.calculations, reply.missing) == (
        own.status, own.citations, own.calculations, own.missing,
    )  # fmt: skip
    assert reply.trace.sentences
    shown = [j for j in reply.trace.sentences if j.verdict != "dropped"]
    assert reply.text.startswith(OPENING) == bool(shown)
    assert reply.text.endswith(own.text)
    case = Case(id="x", kind="fact", split="dev", turns=(question,), status=("answered",), source="")
    assert unbound(case, reply) == ()


def test_the_server_listens_on_loopback_only(local: Assistant) -> None:
    assert local.assistance is not None
    assert local.assistance.model.base_url.startswith("http://127.0.0.1:")

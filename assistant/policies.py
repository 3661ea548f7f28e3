"""A policy's directory → its description, repaired text, clauses, measures and silences, checked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

from pydantic import RootModel

from assistant.clauses import Clause, split_clauses, squeeze
from assistant.corpus import Data, read_corpus
from assistant.errors import CorpusError
from assistant.measures import Condition, Measure, NotARule, SharedCondition, Silence, Topic, Wording


class Repair(Data):
    """One declared change to the text as received: `find` stands in it once and becomes `replace`."""

    find: str
    replace: str
    reason: str


class Term(Data):
    """The period a policy is in force, both days included, with the words that say so."""

    start: date
    end: date
    clause: str
    quote: str

    def is_over(self, on: date) -> bool:
        return on > self.end


class Contact(Data):
    """The department the policy names for questions about itself, with the words that say so."""

    department: str
    clause: str
    quote: str


class Description(Data):
    """`policy.toml`: what the document is, and how its received text is repaired."""

    id: str
    title: str
    short_title: str
    number: str
    issuer: str
    issued: date
    source_sha256: str
    support_chapter: str
    place: str
    coverage: str
    examples: tuple[str, ...] = ()
    term: Term
    contact: Contact
    repairs: tuple[Repair, ...] = ()


class _Measures(Data):
    shared_conditions: tuple[SharedCondition, ...] = ()
    measures: tuple[Measure, ...]
    not_rules: tuple[NotARule, ...] = ()


class _Silences(Data):
    silences: tuple[Silence, ...]


class _Topics(Data):
    topics: tuple[Topic, ...]


class _Wordings(RootModel[dict[str, Wording]]):
    """Condition → the words that decide it."""


class _Examples(RootModel[dict[str, tuple[str, ...]]]):
    """Target → example utterances."""


@dataclass(frozen=True)
class Policy:
    """One policy: description, clauses in document order, support measures, and what it is silent on.

    `source` is the file as received, `text` what the declared repairs make of it.
    """

    description: Description
    source: Path
    text: str
    clauses: tuple[Clause, ...]
    measures: tuple[Measure, ...]
    not_rules: tuple[NotARule, ...]
    silences: tuple[Silence, ...]
    topics: tuple[Topic, ...]
    examples: dict[str, tuple[str, ...]]

    @property
    def id(self) -> str:
        return self.description.id

    @cached_property
    def _by_id(self) -> dict[str, Clause]:
        return {clause.id: clause for clause in self.clauses}

    def clause(self, clause_id: str) -> Clause:
        """The clause with this id; `CorpusError` when the policy has none."""
        try:
            return self._by_id[clause_id]
        except KeyError:
            raise CorpusError(f"政策 {self.id} 没有条款 {clause_id}。") from None

    def has_clause(self, clause_id: str) -> bool:
        return clause_id in self._by_id

    def measures_of(self, clause_id: str) -> tuple[Measure, ...]:
        """The measures of a clause, in order; none when it gives nothing."""
        return tuple(m for m in self.measures if m.clause == clause_id)

    def measure(self, measure_id: str) -> Measure:
        """The measure with this id; `CorpusError` when the policy has none."""
        for measure in self.measures:
            if measure.id == measure_id:
                return measure
        raise CorpusError(f"政策 {self.id} 没有事项 {measure_id}；可用：{'、'.join(m.id for m in self.measures)}。")


def read_policy(directory: Path) -> Policy:
    """Read and check one policy's directory; `CorpusError` names the file, the key and the next step."""
    description = read_corpus(directory / "policy.toml", Description)
    source = _read_source(directory / "source.txt", description)
    text = repair(source, description.repairs, directory / "policy.toml")
    clauses = tuple(split_clauses(description.id, text))
    support = read_corpus(directory / "measures.toml", _Measures)
    return Policy(
        description=description,
        source=directory / "source.txt",
        text=text,
        clauses=clauses,
        measures=_with_wordings(
            _with_shared_conditions(support, directory / "measures.toml"),
            frozenset(condition.name for condition in support.shared_conditions),
            read_corpus(directory / "conditions.toml", _Wordings).root,
            directory / "conditions.toml",
        ),
        not_rules=support.not_rules,
        silences=read_corpus(directory / "silences.toml", _Silences).silences,
        topics=read_corpus(directory / "topics.toml", _Topics).topics,
        examples=_read_examples(directory / "examples"),
    )


def read_policies(corpus_dir: Path) -> tuple[Policy, ...]:
    """Every policy under `corpus_dir/policies`, in name order; `CorpusError` when there is none."""
    directories = sorted(p.parent for p in (corpus_dir / "policies").glob("*/policy.toml"))
    if not directories:
        raise CorpusError(
            f"{corpus_dir / 'policies'} 里没有政策（应有 <编号>/policy.toml）。"
            "请检查 ASSISTANT_CORPUS_DIR 或恢复 corpus/。"
        )
    return tuple(read_policy(directory) for directory in directories)


def repair(source: str, repairs: tuple[Repair, ...], where: Path) -> str:
    """Apply each declared repair, each of which must find its words exactly once."""
    for item in repairs:
        if (count := source.count(item.find)) != 1:
            raise CorpusError(f"{where}：修复 {item.find!r} 应在原文出现 1 次，实际 {count} 次。请核对原文与该条修复。")
        source = source.replace(item.find, item.replace)
    return source


def lost_or_added(policy: Policy) -> str:
    """Where the clauses put together differ from the repaired text, white space aside; "" when nowhere."""
    whole, parts = squeeze(policy.text), squeeze("".join(clause.text for clause in policy.clauses))
    if whole == parts:
        return ""
    at = next((i for i, (a, b) in enumerate(zip(whole, parts, strict=False)) if a != b), min(len(whole), len(parts)))
    return f"第 {at + 1} 字起不同：原文“{whole[at : at + 20]}”，条款“{parts[at : at + 20]}”"


def _with_shared_conditions(support: _Measures, where: Path) -> tuple[Measure, ...]:
    shared = {condition.name: condition for condition in support.shared_conditions}
    if unknown := {name for measure in support.measures for name in measure.shares} - shared.keys():
        raise CorpusError(f"{where}：shares 用到没有定义的共用条件 {'、'.join(sorted(unknown))}。请补上或改名。")
    return tuple(
        measure.model_copy(update={"conditions": (*measure.conditions, *(shared[name] for name in measure.shares))})
        for measure in support.measures
    )


def _with_wordings(
    measures: tuple[Measure, ...], shared: frozenset[str], wordings: dict[str, Wording], path: Path
) -> tuple[Measure, ...]:
    """The measures with the words of each condition; those of a condition on a figure are the figure."""

    def key(measure: Measure, condition: Condition) -> str:
        return condition.words or (condition.name if condition.name in shared else f"{measure.id}/{condition.name}")

    keys = {key(m, c) for m in measures for c in m.conditions if not c.input}
    if unknown := wordings.keys() - keys:
        raise CorpusError(f"{path}：measures.toml 没有条件 {'、'.join(sorted(unknown))}。请改名或删去。")
    return tuple(
        m.model_copy(
            update={
                "conditions": tuple(
                    c if c.input else c.model_copy(update={"wording": wordings.get(key(m, c), Wording())})
                    for c in m.conditions
                )
            }
        )
        for m in measures
    )


def _read_examples(directory: Path) -> dict[str, tuple[str, ...]]:
    """Every file of the directory; none where there is no directory."""
    examples: dict[str, tuple[str, ...]] = {}
    for path in sorted(directory.glob("*.toml")):
        for target, texts in read_corpus(path, _Examples).root.items():
            if target in examples:
                raise CorpusError(f"{path}：目标 {target} 在别的文件里已经有了。请把例句合在一处。")
            examples[target] = texts
    return examples


def _read_source(path: Path, description: Description) -> str:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"读不到政策原文 {path}（{error.strerror}）。请从版本库恢复该文件。") from error
    if (digest := hashlib.sha256(data).hexdigest()) != description.source_sha256:
        raise CorpusError(
            f"{path} 与登记的不一致：source_sha256 应为 {description.source_sha256[:12]}…，实际 {digest[:12]}…。"
            "请恢复原文件；若确为新版本，请核对全文后更新 policy.toml。"
        )
    return data.decode("utf-8")

"""A profile (an enterprise's story and the form it filled in) → a row for every measure of the policy."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from assistant.answer import State
from assistant.calculators import Verdict, calculate
from assistant.conditions import verdicts_in
from assistant.errors import UnusableInput
from assistant.facts import Fact, read_words
from assistant.measures import Condition, Measure
from assistant.policies import Policy
from assistant.sweep import Row, sweep
from assistant.understander import Understander
from assistant.understanding import Understanding

FORM = "表中填的"
_SHOWN = 40  # characters of a wrong value that its error repeats


@dataclass(frozen=True)
class Profile:
    """What an enterprise tells: its `story`, and by measure id the form's inputs (in words) and conditions, by name.

    An empty input and a condition left "unknown" are not told, so what the story says of them stands. A condition that
    measures share may be told once, under the measure id "".
    """

    story: str = ""
    inputs: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    conditions: Mapping[str, Mapping[str, State]] = field(default_factory=dict)


def check(understander: Understander, profile: Profile) -> tuple[Row, ...]:
    """A row for every measure: what the story says and, over it, what the form says.

    A measure is mentioned where the story points at it or the form tells something of it alone. `UnusableInput` names
    the field and the value that cannot be used, or says what is wrong with the story.
    """
    policy = understander.policy
    _refuse_unknown(policy, profile)
    read = read_story(understander, profile.story)
    told = _verdicts_told(understander, read)
    mentioned = {measure.id for measure in read.measures}
    pairs = []
    for measure in policy.measures:
        form = _form_facts(measure, profile.inputs.get(measure.id, {}))
        decided = form_verdicts(profile.conditions.get(measure.id, {}), fillable(measure))
        shared = form_verdicts(profile.conditions.get("", {}), measure.shares)
        if form or decided:
            mentioned.add(measure.id)
        facts = _over(measure, _story_facts(measure, read), form)
        refuse_larger_part(measure, facts)
        verdicts = {**told.get(measure.id, {}), **shared, **decided}
        pairs.append((measure, calculate(measure, facts, verdicts, read.years)))
    return sweep(pairs, mentioned)


def read_story(understander: Understander, story: str) -> Understanding:
    """A story as one message, an empty one telling nothing; `UnusableInput` says what is wrong with it.

    Its `unused` are the figures that no measure takes up.
    """
    if not story.strip():
        return Understanding("")
    read = understander.read([story])
    if read.problem:
        raise UnusableInput(read.problem)
    return read


def fillable(measure: Measure) -> dict[str, Condition]:
    """By name the conditions a form can ask about: those that no figure decides."""
    return {condition.name: condition for condition in measure.conditions if not condition.input}


def _refuse_unknown(policy: Policy, profile: Profile) -> None:
    ids = [measure.id for measure in policy.measures]
    _refuse_others("文件没有事项", profile.inputs, ids)
    _refuse_others("文件没有事项", profile.conditions.keys() - {""}, ids)
    shared = dict.fromkeys(name for measure in policy.measures for name in measure.shares)
    _refuse_others("文件没有共用条件", profile.conditions.get("", {}), shared)
    for measure in policy.measures:
        inputs, conditions = profile.inputs.get(measure.id, {}), profile.conditions.get(measure.id, {})
        _refuse_others(f"{measure.name}没有输入项", inputs, [item.name for item in measure.inputs])
        _refuse_others(f"{measure.name}没有可填的条件", conditions, fillable(measure))


def _refuse_others(fault: str, names: Iterable[str], known: Collection[str]) -> None:
    if others := [name for name in names if name not in known]:
        shown = "、".join(name[:_SHOWN] for name in others)
        raise UnusableInput(f"{fault} {shown}；可用：{'、'.join(known) or '无'}。")


def refuse_larger_part(measure: Measure, facts: Mapping[str, Fact]) -> None:
    """`UnusableInput` where a part is told as larger than its whole."""
    for item in (i for i in measure.inputs if i.name in facts and i.part_of in facts):
        part, whole = facts[item.name], facts[item.part_of or ""]
        if part.low > whole.high and whole.bound not in ("over", "at_least"):
            label = measure.input(whole.name).label
            raise UnusableInput(
                f"{measure.name}的{item.label}＝{part.words}，大于{label} {whole.words}。请核对这两个数。"
            )


def _verdicts_told(understander: Understander, read: Understanding) -> dict[str, dict[str, Verdict]]:
    """By measure id and condition name: the story's, for every measure and not only those it points at."""
    questions = understander.questions
    said = questions.left_out.sub("", questions.aside.sub("", read.text))
    told: dict[str, dict[str, Verdict]] = {}
    for (owner, name), verdict in verdicts_in(said, understander.policy.measures).items():
        told.setdefault(owner, {})[name] = verdict
    return told


def _story_facts(measure: Measure, read: Understanding) -> dict[str, Fact]:
    """What the story tells of a measure, also where it points at another one that asks for the very same thing.

    The same name alone is not enough: the area of a factory is not that of a platform's premises.
    """
    same = {(item.name, item.label) for pointed in read.measures for item in pointed.inputs}
    facts = read.facts_of(measure)
    return {i.name: facts[i.name] for i in measure.inputs if (i.name, i.label) in same and i.name in facts}


def _form_facts(measure: Measure, words: Mapping[str, str]) -> dict[str, Fact]:
    facts: dict[str, Fact] = {}
    for name, value in ((name, value.strip()) for name, value in words.items() if value.strip()):
        try:
            facts[name] = read_words(measure.input(name), value)
        except UnusableInput as error:
            raise UnusableInput(f"{measure.name}的{error}") from error
    return facts


def form_verdicts(states: Mapping[str, State], names: Collection[str]) -> dict[str, Verdict]:
    """What the form says of the conditions `names`; what it leaves unknown is not told."""
    return {n: Verdict(state, FORM) for n, state in states.items() if n in names and state != "unknown"}


def _over(measure: Measure, story: Mapping[str, Fact], form: Mapping[str, Fact]) -> dict[str, Fact]:
    """Both, the form before the story, also where the form tells what an input of the story is derived from."""
    known = {**story, **form}
    for item in (i for i in measure.inputs if i.derived and i.name not in form):
        assert item.derived is not None
        sources = set(item.derived.of)
        if sources & form.keys() and sources <= known.keys():
            known.pop(item.name, None)
    return known

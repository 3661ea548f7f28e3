"""A policy's TOML → typed measures, silences and topics; every figure stands beside the words it is read from."""

from __future__ import annotations

import re
from collections.abc import Collection
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from assistant.corpus import Data
from assistant.fragments import Pattern

Modality = Literal["exact", "at_most"]
Kind = Literal["money", "rate", "area", "unit_rent", "months", "count"]


def _decimal(value: object) -> object:
    if isinstance(value, float):
        raise ValueError("小数须由 TOML 以 Decimal 读入")
    return value


def _pattern(value: str) -> str:
    for part in value.split(" + "):
        try:
            re.compile(part)
        except re.error as error:
            raise ValueError(f"不是有效的正则表达式（{error}）") from error
    return value


Number = Annotated[Decimal, BeforeValidator(_decimal)]
Patterns = tuple[Annotated[Pattern, AfterValidator(_pattern)], ...]


class Figure(Data):
    """A figure of the policy (yuan, a fraction, years, or yuan per ㎡ per month) and its words in the clause."""

    value: Number
    quote: str


class Series(Data):
    """Figures the clause lists in one breath, in its order, and those words."""

    values: tuple[Number, ...]
    quote: str


class Derived(Data):
    """What an input comes to where it is not told: the difference or the quotient of two others."""

    operation: Literal["difference", "quotient"]
    of: tuple[str, str]


class Input(Data):
    """Something the user must tell: its kind, how to ask for it, and the words that point at it.

    `not_words` label a quantity as something else (原值 is not 净值). `sum` adds up several mentions.
    `optional` inputs are used when told; a `part_of` another input is no larger than that, and as
    large where `all_words` say so; a `derived` one need not be
    told where the two it is made of are.
    """

    name: str
    label: str
    kind: Kind
    ask: str
    words: Patterns
    not_words: Patterns = ()
    sum: bool = False
    optional: bool = False
    default: Number | None = None
    part_of: str | None = None
    all_words: Patterns = ()
    derived: Derived | None = None
    only_labelled: bool = False


class Wording(Data):
    """Patterns of users' words that say a condition is met, and that it is not; with neither said it is unknown.

    What `settles` it is met whatever else is said (没控股，但是第一大股东); else `fails` goes before `meets`.
    They are many and long, so each is compiled when first asked for; the audit compiles them all.
    """

    meets: tuple[Pattern, ...] = ()
    fails: tuple[Pattern, ...] = ()
    settles: tuple[Pattern, ...] = ()


class Condition(Data):
    """A condition of the clause, whose words stand in `clause`, or in the measure's own when that is "".

    `words` names the entry of conditions.toml that decides it ("": measure/condition, or the shared condition's name).
    A condition on a figure names the `input` it looks at and the `at_least` (the limit itself meets it). One that
    speaks of tiers not reached before is `decided_by` the input that tells what was, where that is known.
    """

    name: str
    text: str
    clause: str = ""
    quote: str
    words: str = ""
    wording: Wording = Wording()
    input: str | None = None
    at_least: Figure | None = None
    decided_by: str | None = None


class Formula(Data):
    """A formula of the table in `calculators`, by name, with the inputs and figures it works on."""

    name: Literal["none", "cap_only", "share", "interest", "tiers", "per_head", "rent"]
    base: str | None = None
    rate: Figure | None = None
    cap: Figure | None = None
    asset: str | None = None
    asset_share: Figure | None = None
    interest_rate: str | None = None
    thresholds: Series | None = None
    awards: Series | None = None
    previous: str | None = None
    heads: tuple[str, ...] = ()
    area: str | None = None
    unit_rent: str | None = None
    unit_cap: Figure | None = None
    months: str | None = None


class Measure(Data):
    """One route of one support item: who gets what, worked out how, on which conditions.

    `cues` point at it in a question: parts joined by ` + ` must all occur, `|` separates words for one part.
    `unless` are words that say another route is meant. `years` bounds how long a yearly benefit is paid.
    `aloud` is a line of at most 60 characters to say on the telephone.
    """

    id: str
    clause: str
    name: str
    benefit: str
    modality: Modality | None = None
    per: str = ""
    quote: str
    aloud: str
    cues: Patterns
    unless: Patterns = ()
    formula: Formula
    years: Figure | None = None
    inputs: tuple[Input, ...] = ()
    conditions: tuple[Condition, ...] = ()
    notes: tuple[str, ...] = ()
    twins: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    shares: tuple[str, ...] = ()

    def input(self, name: str) -> Input:
        return next(item for item in self.inputs if item.name == name)

    def figures(self) -> tuple[Figure | Series, ...]:
        """Every figure of the policy this measure is bound to."""
        formula = self.formula
        own = (formula.rate, formula.cap, formula.asset_share, formula.thresholds, formula.awards, formula.unit_cap)
        limits = (condition.at_least for condition in self.conditions)
        return tuple(figure for figure in (*own, self.years, *limits) if figure is not None)

    def condition_inputs(self) -> set[str]:
        return {condition.input for condition in self.conditions if condition.input}

    def missing(self, known: Collection[str]) -> tuple[Input, ...]:
        """The inputs still needed, most decisive first; of a per-head formula any one grade is enough."""
        if self.formula.heads:
            return () if set(self.formula.heads) & set(known) else (self.input(self.formula.heads[0]),)
        needed = (i for i in self.inputs if not i.optional and i.name not in known)
        # The whole of a known part is at least as large as it, so a limit on the whole can be checked on the part.
        parts = {i.part_of for i in self.inputs if i.part_of and i.name in known}
        return tuple(i for i in needed if i.name not in parts)


class SharedCondition(Condition):
    """A condition several measures list by name in `shares`."""


class NotARule(Data):
    """A figure of the support chapter that no measure calculates with, and why."""

    clause: str
    quote: str
    reason: str


class Silence(Data):
    """Something users ask that the policy does not say: its cues, what is said nearby, and whom to ask."""

    id: str
    topic: str
    cues: Patterns
    unless: Patterns = ()
    says: str
    near: tuple[str, ...] = ()
    beside_several: bool = False  # said of itself beside several amounts
    measures: tuple[str, ...] = ()


class Topic(Data):
    """A plain question and the clause (or the words of it) that answers it; `with` brings the places below along.

    A `passing` one is also what an enterprise says of its trade (做激光的，搬设备补多少) without asking about it.
    """

    clause: str
    cues: Patterns
    unless: Patterns = ()
    quote: str = ""
    says: str = ""
    parts: tuple[str, ...] = Field(default=(), alias="with")
    titles_only: bool = False
    passing: bool = False

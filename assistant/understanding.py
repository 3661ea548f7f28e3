"""What a message asks, with what earlier messages said folded in: the result of reading a conversation."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from assistant.amounts import Quantity
from assistant.calculators import Verdict
from assistant.facts import Fact
from assistant.measures import Measure, Silence, Topic
from assistant.targets import TELLING

# What a question about a benefit asks for.
OF_BENEFITS = frozenset(
    ("amount", "rule", "reckon", "inverse", "boundary", "money", "support", "compare", "overview", "department", "term")
)


@dataclass(frozen=True)
class Understanding:
    """What a message asks, with what earlier messages said folded in; `carried` marks what leans on them.

    `decided`: the verdicts of the last message itself. `is_sure`: whatever else is said, it is the silences that are
    asked about. `hint` is the place of the text that is likeliest by what the classifier has learnt.
    `rest`: for who asks 还有呢, the benefits of the clause that were not spoken of before; from now on they are.
    `is_sweep`: an enterprise has told of itself and asks what there is for it, so every measure is looked at.
    """

    text: str
    intents: frozenset[str] = frozenset()
    measures: tuple[Measure, ...] = ()
    rest: tuple[Measure, ...] = ()
    clauses: tuple[str, ...] = ()
    topics: tuple[Topic, ...] = ()
    silences: tuple[Silence, ...] = ()
    asides: tuple[Topic, ...] = ()
    departments: tuple[str, ...] = ()
    subjects: tuple[tuple[Measure, ...], ...] = ()
    facts: dict[str, Fact] = field(default_factory=dict)
    own_facts: dict[tuple[str, str], Fact] = field(default_factory=dict)
    told: frozenset[str] = frozenset()
    unused: tuple[str, ...] = ()
    verdicts: dict[tuple[str, str], Verdict] = field(default_factory=dict)
    decided: frozenset[tuple[str, str]] = frozenset()
    claims: tuple[Quantity, ...] = ()
    quantities: tuple[Quantity, ...] = ()
    years: Decimal | None = None
    is_outside: bool = False
    is_sweep: bool = False
    is_sure: bool = False
    hint: str = ""
    carried: bool = False
    problem: str = ""

    @property
    def is_statement(self) -> bool:
        """Whether the message only told something, and named no measure yet."""
        asks = self.intents - TELLING
        return bool(self.text) and not (asks or self.subjects or self.silences or self.is_outside or self.problem)

    @property
    def asks_term(self) -> bool:
        """Whether it is asked how long the policy holds, and not for a place of its text or an amount."""
        of_place = any(not t.quote and not t.passing for t in self.topics)
        supposes = "suppose" in self.intents and self.measures
        return "term" in self.intents and not self.rest and not self.told and not of_place and not supposes

    @property
    def is_bare(self) -> bool:
        """Whether it tells nothing, and names neither a clause nor a plain fact of the document."""
        said = self.told or self.claims or self.clauses or self.silences or self.departments
        return not (said or self.carried or self.is_outside or self.problem or any(t.quote for t in self.topics))

    @property
    def asks_of_text(self) -> bool:
        """Whether it may be another place of the text that is asked about than its cues point at.

        Either what the classifier has learnt says so, or a measure's or a trade's word stands in a question that
        speaks of no money, amount or rule.
        """
        if not self.is_bare or not (self.measures or self.topics):
            return False
        is_hinted = bool(self.hint) and self.hint not in [t.clause for t in self.topics[:1]]
        is_open = bool(self.measures) or all(t.passing for t in self.topics)
        return is_hinted or (is_open and "asks" in self.intents and not self.intents & OF_BENEFITS)

    def facts_of(self, measure: Measure) -> dict[str, Fact]:
        """By input name: what was said of this measure alone, else of all that share the input."""
        return {**self.facts, **{name: fact for (owner, name), fact in self.own_facts.items() if owner == measure.id}}

    def verdicts_of(self, measure: Measure) -> dict[str, Verdict]:
        return {name: verdict for (owner, name), verdict in self.verdicts.items() if owner == measure.id}

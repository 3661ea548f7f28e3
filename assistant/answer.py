"""What a question comes out as: the fixed Reply of the JSON contract and its parts."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

Status = Literal["answered", "needs_input", "not_covered", "refused"]
State = Literal["meets", "fails", "unknown"]
STATES: dict[State, str] = {"meets": "符合", "fails": "不符合", "unknown": "待确认"}


def plain(value: Decimal) -> str:
    """A decimal as a plain string: no exponent, no trailing zeros."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def percent(rate: Decimal) -> str:
    """0.045 → "4.5%"."""
    return f"{plain((rate * 100).normalize())}%"


Yuan = Annotated[Decimal, PlainSerializer(plain, return_type=str)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Citation(_Part):
    """A clause shown as evidence, with its words."""

    policy: str
    clause: str
    label: str
    quote: str


class Reading(_Part):
    """Another figure that belongs beside the main one: a range's end, a total over the years, a second reading."""

    label: str
    amount_yuan: Yuan


class Check(_Part):
    """One condition of a measure, whether it holds, the user's words that decide it and the words of the clause."""

    text: str
    state: State
    words: str = ""
    quote: str = ""

    @property
    def detail(self) -> str:
        """The condition with the user's words and those of the clause."""
        said = f"（您说的是“{self.words}”）" if self.words else ""
        return f"{self.text}{said}——条文：“{self.quote}”"


class Calculation(_Part):
    """One measure worked out in yuan; `amount_yuan` is None while an input is missing or a condition fails."""

    measure: str
    name: str
    clause: str
    amount_yuan: Yuan | None
    modality: Literal["exact", "at_most"] | None
    per: str
    steps: tuple[str, ...] = ()
    readings: tuple[Reading, ...] = ()
    conditions: tuple[Check, ...] = ()
    given: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    limits: tuple[str, ...] = ()

    @property
    def failed(self) -> tuple[Check, ...]:
        """The conditions that do not hold; with any, nothing is given."""
        return tuple(check for check in self.conditions if check.state == "fails")

    @property
    def most(self) -> str:
        """What is written before an amount of this measure: an upper bound is worded as one."""
        return "最高不超过 " if self.modality == "at_most" else ""

    @property
    def told(self) -> tuple[str, ...]:
        """The first of the steps, which only repeat what the user said, one for each input given."""
        return self.steps[: len(self.given)]

    @property
    def working(self) -> tuple[str, ...]:
        """The steps between those and the last, which show either side of the limits."""
        return self.steps[len(self.given) : len(self.steps) - len(self.limits)]


class Missing(_Part):
    """An input still needed and the question that asks for it."""

    name: str
    question: str


class Judged(_Part):
    """What became of a sentence that a language model wrote; one that was not kept has its figures blotted out."""

    sentence: str
    verdict: Literal["kept", "replaced", "dropped"]
    reason: str = ""


class Trace(_Part):
    """What a language model was asked for an answer, and what was made of what it said.

    `prompts` are names with their versions, `proposals` what it took the message for and what became of that, a line
    each, `offers` the questions put back to the user, `trouble` why it was of no use.
    """

    model: str
    prompts: tuple[str, ...] = ()
    proposals: tuple[str, ...] = ()
    offers: tuple[str, ...] = ()
    sentences: tuple[Judged, ...] = ()
    trouble: str = ""
    elapsed_ms: float = 0.0


class Reply(_Part):
    """The answer to one message, as the contract fixes it; `text` is Markdown and holds every notice once.

    `trace` is no part of the contract: it is there, in JSON too, only where a language model was asked.
    """

    status: Status
    text: str
    citations: tuple[Citation, ...] = ()
    calculations: tuple[Calculation, ...] = ()
    missing: tuple[Missing, ...] = ()
    notices: tuple[str, ...] = ()
    receipt: str = ""
    elapsed_ms: float = 0.0
    trace: Trace | None = Field(None, exclude_if=lambda trace: trace is None)

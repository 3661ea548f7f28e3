"""What staff type while someone waits → what may answer it, best first, within milliseconds."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log

from assistant.amounts import read_quantities
from assistant.clauses import COLOPHON
from assistant.desk.answers import find_answers
from assistant.desk.cards import Cards, Hit, answer_hit, case_hit, curated_hit
from assistant.desk.cases import Filter, find_cases
from assistant.desk.curation import curated_answers
from assistant.guard import Figure, figures
from assistant.measures import Measure
from assistant.policies import Policy
from assistant.questions import Cues
from assistant.references import read_references
from assistant.targets import UNLISTED
from assistant.understander import Understander

_SHOWN, _SETTLED = 12, 2
# What a query's parts are worth: a clause named by number goes before all, then figures, departments, cues and words.
_NAMED, _FIGURE, _DEPARTMENT, _CUE, _GUESSED, _TITLED = 1000.0, 60.0, 50.0, 40.0, 35.0, 20.0
_TITLE_WORD, _WORD = 4.0, 1.0
_MEASURE_FIRST = 1.2  # of a clause and its measure the measure tells more
_SURE = 0.1  # how far ahead the likeliest target must be
_HELD = 0.5  # share of what a query says that an entry must hold where nothing else speaks for it
_NEAR_BEST = 0.15
_SHORTEST = 2  # characters that look for earlier calls and departments
_RECEIPT = re.compile(r"(?:回执)?([0-9a-f]{6,10})")
_OF_TWO = re.compile(r"(\d{1,2})[-－—。．](\d{1,2})(?!\d)")
_CHAPTER_ITEM = re.compile(r"第([一二三四五六七八九十]+)[条章部分]+第?([一二三四五六七八九十]+)[项条点]")


@dataclass(frozen=True)
class _Entry:
    hit: Hit
    place: str
    title: str
    text: str
    figures: frozenset[Figure]
    departments: tuple[str, ...]
    cues: Cues | None = None


class Lookup:
    """Looks up the measures, clauses and silences of one policy, and what staff have settled before."""

    def __init__(self, cards: Cards, understander: Understander, tokens: Callable[[str], list[str]]) -> None:
        self._cards, self._reader, self._tokens = cards, understander, tokens
        self._policy: Policy = cards.policy
        self._clean = understander.lexicon.simplified
        self._entries = self._list_entries()
        counts = Counter(token for entry in self._entries for token in set(tokens(f"{entry.title} {entry.text}")))
        self._rarity = {token: log(1 + len(self._entries) / count) for token, count in counts.items()}
        self._unknown = log(1 + len(self._entries))

    def find(self, words: str) -> list[Hit]:
        """The results for what has been typed so far, best first; none for nothing."""
        typed = words.strip()
        if not typed:
            return []
        receipt = _RECEIPT.fullmatch(re.sub(r"\s", "", typed).lower())
        if receipt and (kept := find_answers(self._cards.store, receipt[1])):
            return [answer_hit(found) for found in kept]
        text = self._clean(_CHAPTER_ITEM.sub(r"\1、（\2）", _OF_TWO.sub(r"\1.\2", typed)))
        parts = [t for t in dict.fromkeys(self._tokens(text)) if not t[0].isdigit()]
        scored = sorted(
            ((-score, order, entry.hit) for order, (entry, score) in enumerate(self._scores(text, parts)) if score > 0),
            key=lambda item: item[:2],
        )
        enough = _NEAR_BEST * scored[0][0] if scored else 0
        best = [hit for score, _, hit in scored if score <= enough]
        best = list(dict.fromkeys([*best, *self._beside(best)]))[:_SHOWN]
        settled = self._settled(typed, parts) if len(typed) >= _SHORTEST else []
        return [*best[:1], *settled[:_SETTLED], *best[1:]] if best else settled

    def _beside(self, best: Sequence[Hit]) -> list[Hit]:
        """The clause of the best measure and what that is taken for."""
        if not best or best[0].kind != "measure":
            return []
        measure = self._policy.measure(best[0].id)
        twins = [self._cards.measure_hit(other) for other in self._cards.twins_of(measure)]
        return [self._cards.clause_hit(self._policy.clause(measure.clause)), *twins]

    def _scores(self, text: str, parts: Sequence[str]) -> list[tuple[_Entry, float]]:
        """Every entry with what speaks for it; 0 where too little does."""
        quantities = read_quantities(text)
        named = set(read_references(text, quantities, self._policy))
        asked = {f for f in figures(text, frozenset(named)) if f[0] != "digits"}
        likely = self._likely(text)
        total = sum(self._rarity.get(part, self._unknown) for part in parts)
        scores = []
        for entry in self._entries:
            score = _NAMED * any(entry.place == n or entry.place.startswith(f"{n}.") for n in named)
            score += _FIGURE * len(asked & entry.figures)
            score += _DEPARTMENT * any(len(text) >= _SHORTEST and (text in d or d in text) for d in entry.departments)
            score += _CUE * bool(entry.cues and entry.cues.weight(text))
            score += _GUESSED * ((entry.hit.kind, entry.hit.id) == likely)
            score += _TITLED * (len(text) >= _SHORTEST and text in entry.title)
            held = [part for part in parts if part in entry.title or part in entry.text]
            weight = sum(self._rarity.get(part, 0.0) for part in held)
            speaks = score > 0 or (total > 0 and weight >= _HELD * total) or (not parts and text in entry.text)
            if speaks and not (asked and not named and not score):
                in_title = sum(self._rarity.get(part, 0.0) for part in held if part in entry.title)
                score += _WORD * (weight or 1.0) + (_TITLE_WORD - _WORD) * in_title
                score *= _MEASURE_FIRST if entry.hit.kind == "measure" else 1.0
            else:
                score = 0.0
            scores.append((entry, score))
        return scores

    def _likely(self, text: str) -> tuple[str, str]:
        """The entry that the classifier, or the plain meaning of the words, points at."""
        description, intents = self._policy.description, self._reader.questions.intents_of(text)
        if "term" in intents:
            return "clause", description.term.clause
        guess = self._reader.pointer.guess(text)
        if guess is not None and guess.margin >= _SURE:
            if guess.kind in ("measure", "silence"):
                return guess.kind, guess.name
            if guess.kind in ("topic", "term"):
                return "clause", guess.name or description.term.clause
        return ("clause", description.contact.clause) if "department" in intents else ("", "")

    def _list_entries(self) -> tuple[_Entry, ...]:
        clauses = [c for c in self._policy.clauses if c.id != COLOPHON]
        return (
            *(self._measure_entry(m) for m in self._policy.measures),
            *(
                _Entry(
                    self._cards.silence_hit(s), "", self._clean(s.topic), self._clean(s.says), frozenset(), (),
                    self._reader.pointer.silence_cues[s.id],
                )
                for s in self._policy.silences
                if s.id != UNLISTED
            ),
            *(
                _Entry(
                    self._cards.clause_hit(c), c.id, self._clean(c.title), self._clean(c.text),
                    figures(self._clean(c.body)), c.departments,
                )
                for c in clauses
            ),
        )  # fmt: skip

    def _measure_entry(self, measure: Measure) -> _Entry:
        clause = self._policy.clause(measure.clause)
        text = f"{measure.quote} {' '.join(c.text for c in measure.conditions)} {measure.benefit} {measure.aloud}"
        return _Entry(
            self._cards.measure_hit(measure), clause.id, self._clean(f"{measure.name} {clause.title}"),
            self._clean(text), figures(self._clean(measure.quote)), clause.departments,
            self._reader.pointer.cues[measure.id],
        )  # fmt: skip

    def _settled(self, typed: str, parts: Sequence[str]) -> list[Hit]:
        """Curated answers, then answered calls, that hold every word typed."""
        words = typed.split() if " " in typed else list(parts) or [typed]
        store = self._cards.store
        hits = [
            curated_hit(answer)
            for answer in curated_answers(store, self._policy)
            if answer.is_current and all(word in f"{answer.row.question} {answer.row.answer}" for word in words)
        ]
        calls = find_cases(store, Filter(asked=" ".join(words), outcome="resolved"), 5)
        return [*hits, *(case_hit(case) for case in calls)]

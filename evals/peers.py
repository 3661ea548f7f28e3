"""The same questions to our assistant and to a stock LangChain retrieval pipeline, side by side."""

from __future__ import annotations

import argparse
import json
import os
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from uuid import uuid4

from langchain_core.embeddings import Embeddings

from assistant.clauses import Clause, squeeze
from assistant.embeddings import open_embeddings
from assistant.policies import Policy
from assistant.settings import ROOT, Settings, read_settings
from assistant.wiring import Assistant, open_assistant
from evals.questions import QUESTIONS, Case, read_cases

RESULT = ROOT / "build" / "evals" / "peers.json"
ON = date(2026, 11, 22)
# What a typical tutorial sets, and how many passages LangChain's retrievers return when nothing is said.
CHUNK_SIZE, CHUNK_OVERLAP, PASSAGES = 500, 50, 4
# Characters in a row that an answer must share with a clause to hold its words (a shorter clause must stand whole).
RUN = 20
UNSTATED = "文件未规定"
PROMPT = (
    "只根据下面的政策原文回答问题；原文没有规定的，只回答“{unstated}”。\n\n政策原文：\n{passages}\n\n问题：{question}"
)

_FIGURE = re.compile(
    r"(?<![\d.,])(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(?![\d.]*\d)\s*"
    r"(?:(?P<unit>[万亿])\s*(?:元|(?![\s平㎡家个人台套名吨亩户件次]))|元)"
)
_UNITS = {"": 1, "万": 10_000, "亿": 100_000_000}


@dataclass(frozen=True)
class Answer:
    """What a pipeline shows for a question, and whether that is a refusal."""

    text: str
    is_refusal: bool = False


Pipeline = Callable[[str], Answer]


@dataclass(frozen=True)
class Score:
    """One pipeline over all questions: shares of 1 (None where no question asks for it) and milliseconds.

    `figures`: calculations whose every expected figure stands in the answer. `refusals`: questions the policy does
    not answer that were refused. `answers`: questions it answers that were not refused. `clauses`: answers holding
    the right clause's words. `length`: median characters of an answer.
    """

    pipeline: str
    figures: float | None
    refusals: float | None
    answers: float | None
    clauses: float | None
    length: int
    median_ms: float


def figures(text: str) -> set[Decimal]:
    """The sums of money in a text, in yuan, each as a whole: "1100万元" holds no 100万元."""
    numbers = ((m["number"].replace(",", ""), m["unit"] or "") for m in _FIGURE.finditer(text))
    return {Decimal(number) * _UNITS[unit] for number, unit in numbers}


def holds_figures(case: Case, answer: Answer) -> bool:
    """Whether every amount the case expects stands in the answer."""
    return {amount for amount in case.amounts.values() if amount is not None} <= figures(answer.text)


def holds_words(answer: Answer, clause: Clause) -> bool:
    """Whether the answer shares a run of `RUN` characters with the clause's own words, spaces aside."""
    said, words = squeeze(answer.text.replace(">", "")), squeeze(clause.body)
    length = min(RUN, len(words))
    return any(words[at : at + length] in said for at in range(len(words) - length + 1))


def ours(assistant: Assistant) -> Pipeline:
    """Our assistant: what the page shows, which is the text with its quotes."""

    def answer(question: str) -> Answer:
        reply = assistant.reply([question], ON)
        return Answer(reply.text, reply.status in ("not_covered", "refused"))

    return answer


class StockRetrieval:
    """Raw text → passages of equal length in Chroma; no rules, no lexicon, no keywords."""

    def __init__(self, source: str, embeddings: Embeddings) -> None:
        import chromadb
        from chromadb.config import Settings as ChromaSettings
        from langchain_chroma import Chroma
        from langchain_text_splitters import RecursiveCharacterTextSplitter

        splitter = RecursiveCharacterTextSplitter(chunk_size=CHUNK_SIZE, chunk_overlap=CHUNK_OVERLAP)
        client = chromadb.EphemeralClient(ChromaSettings(anonymized_telemetry=False))
        name = f"stock-{uuid4()}"  # clients in memory share what they hold
        self._store = Chroma(name, embeddings, client=client)
        self._store.add_texts(splitter.split_text(source))

    def passages(self, question: str, k: int) -> list[str]:
        return [document.page_content for document in self._store.similarity_search(question, k)]

    def pipeline(self, k: int) -> Pipeline:
        """Answers with the `k` nearest passages; it has no means of refusing."""
        return lambda question: Answer("\n\n".join(self.passages(question, k)))


@dataclass(frozen=True)
class Endpoint:
    """An OpenAI-compatible language model that is already running."""

    url: str
    model: str
    key: str = ""

    def complete(self, prompt: str) -> str:
        import httpx

        body = {"model": self.model, "temperature": 0, "messages": [{"role": "user", "content": prompt}]}
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        response = httpx.post(f"{self.url.rstrip('/')}/chat/completions", json=body, headers=headers, timeout=300)
        return str(response.raise_for_status().json()["choices"][0]["message"]["content"])


def read_endpoint(environment: Mapping[str, str]) -> Endpoint | None:
    """The model that `ASSISTANT_LLM_BASE_URL` and `ASSISTANT_LLM_MODEL` name, or None."""
    url, model = environment.get("ASSISTANT_LLM_BASE_URL", ""), environment.get("ASSISTANT_LLM_MODEL", "")
    return Endpoint(url, model or "default", environment.get("ASSISTANT_LLM_API_KEY", "")) if url else None


def with_model(retrieval: StockRetrieval, endpoint: Endpoint) -> Pipeline:
    """The stock pipeline with a language model that reads the passages; told how to refuse."""

    def answer(question: str) -> Answer:
        passages = "\n\n".join(retrieval.passages(question, PASSAGES))
        text = endpoint.complete(PROMPT.format(unstated=UNSTATED, passages=passages, question=question))
        return Answer(text, UNSTATED in text)

    return answer


def chosen(cases: Iterable[Case]) -> tuple[Case, ...]:
    """The questions of one turn: a stock pipeline remembers none before."""
    return tuple(case for case in cases if len(case.turns) == 1)


def compare(cases: Sequence[Case], pipelines: Mapping[str, Pipeline], policy: Policy) -> list[Score]:
    """Ask every pipeline each question in turn, so that the noise of the machine hits all alike."""
    answers: dict[str, list[Answer]] = {name: [] for name in pipelines}
    times: dict[str, list[float]] = {name: [] for name in pipelines}
    for pipeline in pipelines.values():
        pipeline("预热")
    for case in cases:
        for name, pipeline in pipelines.items():
            started = time.perf_counter()
            answers[name].append(pipeline(case.turns[0]))
            times[name].append((time.perf_counter() - started) * 1000)
    return [score(name, cases, answers[name], times[name], policy) for name in pipelines]


def score(name: str, cases: Sequence[Case], answers: Sequence[Answer], times: Sequence[float], policy: Policy) -> Score:
    """One pipeline's shares; `times` in milliseconds."""
    pairs = list(zip(cases, answers, strict=True))
    return Score(
        pipeline=name,
        figures=_share(holds_figures(c, a) for c, a in pairs if is_calculation(c)),
        refusals=_share(a.is_refusal for c, a in pairs if is_unanswerable(c)),
        answers=_share(not a.is_refusal for c, a in pairs if is_answerable(c)),
        clauses=_share(
            any(holds_words(a, policy.clause(clause)) for clause in c.clauses)
            for c, a in pairs
            if is_answerable(c) and c.clauses
        ),
        length=round(statistics.median(len(a.text) for a in answers)),
        median_ms=round(statistics.median(times), 1),
    )


def is_calculation(case: Case) -> bool:
    return case.kind == "calculation" and bool(case.amounts) and None not in case.amounts.values()


def is_unanswerable(case: Case) -> bool:
    return case.kind in ("silent", "outside") and case.status == ("not_covered",)


def is_answerable(case: Case) -> bool:
    return case.status == ("answered",)


def table(scores: Sequence[Score]) -> str:
    """Scores as a Markdown table, then ours as a ratio to each other pipeline."""
    head = "| pipeline | figure in calculations | refused when unanswerable | answered when answerable"
    lines = [f"{head} | right clause's words | median characters | median ms |", "| --- |" + " ---: |" * 6]
    for s in scores:
        shares = " | ".join("–" if v is None else f"{v:.3f}" for v in (s.figures, s.refusals, s.answers, s.clauses))
        lines.append(f"| {s.pipeline} | {shares} | {s.length} | {s.median_ms:.1f} |")
    return "\n".join((*lines, "", *_ratios(scores)))


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the comparison and write `peers.json`; a peer that is not installed is said to be so and left out."""
    parser = argparse.ArgumentParser(prog="python -m evals.peers", description=main.__doc__)
    parser.add_argument("--questions", type=Path, default=QUESTIONS, help="directory of question sets")
    parser.add_argument("--split", choices=("dev", "test"), help="only this part of the questions")
    parser.add_argument("--result", type=Path, default=RESULT, help="file of results")
    options = parser.parse_args(arguments)
    cases = [c for c in chosen(read_cases(options.questions)) if options.split in (None, c.split)]
    if not cases:
        print(f"No questions in {options.questions}; nothing to compare.")
        return 0
    settings = read_settings()
    assistant = open_assistant(settings)
    pipelines = {"ours": ours(assistant)}
    try:
        retrieval = StockRetrieval(read_source(settings, assistant.policy), open_embeddings(settings.embedding_model))
    except ImportError as error:
        print(f"The stock pipeline is left out: {error}. pip install langchain-chroma langchain-text-splitters\n")
    else:
        pipelines |= {
            "stock LangChain, best passage": retrieval.pipeline(1),
            f"stock LangChain, best {PASSAGES} passages": retrieval.pipeline(PASSAGES),
        }
        if endpoint := read_endpoint(os.environ):
            pipelines[f"stock LangChain with {endpoint.model}"] = with_model(retrieval, endpoint)
        else:
            print("No language model is named by ASSISTANT_LLM_BASE_URL; the pipeline with one is left out.\n")
    scores = compare(cases, pipelines, assistant.policy)
    counts = {
        "questions": len(cases),
        "calculations": sum(map(is_calculation, cases)),
        "unanswerable": sum(map(is_unanswerable, cases)),
        "answerable": sum(map(is_answerable, cases)),
    }
    print(", ".join(f"{number} {name}" for name, number in counts.items()) + f"; split {options.split or 'all'}\n")
    print(table(scores))
    result = {"split": options.split or "all", "counts": counts, "scores": [asdict(s) for s in scores]}
    options.result.parent.mkdir(parents=True, exist_ok=True)
    options.result.write_text(json.dumps(result, ensure_ascii=False, indent=1), "utf-8")
    return 0


def read_source(settings: Settings, policy: Policy) -> str:
    """The policy's text as received."""
    return (settings.corpus_dir / "policies" / policy.description.id / "source.txt").read_text("utf-8")


def _share(marks: Iterable[bool]) -> float | None:
    found = list(marks)
    return round(sum(found) / len(found), 4) if found else None


def _ratios(scores: Sequence[Score]) -> Iterator[str]:
    mine, *others = scores
    for other in others:
        parts = []
        for name in ("figures", "refusals", "answers", "clauses", "median_ms"):
            a, b = getattr(mine, name), getattr(other, name)
            if a is not None and b is not None:
                parts.append(f"{name} {a / b:.2f}" if b else f"{name} {a:.3f} to 0")
        yield f"ours / {other.pipeline}: {', '.join(parts)}"


if __name__ == "__main__":
    sys.exit(main())

"""Settings → an assistant ready to answer; the only place where heavy things are built."""

from __future__ import annotations

import hashlib
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from functools import cache
from importlib.metadata import version
from pathlib import Path

from langchain_core.runnables import Runnable, RunnableGenerator

from assistant import conditions, places
from assistant.answer import Reply
from assistant.assistance import Assistance
from assistant.audit import audit
from assistant.chain import Answering, Question, Search, build_chain
from assistant.chat_model import ChatModel, check_model, open_chat_model
from assistant.checkup import Profile, check, read_story
from assistant.classifier import Classifier, open_classifier, path_of, read_classifier
from assistant.composition import Composer
from assistant.embeddings import open_embeddings
from assistant.errors import AssistantError, CorpusError
from assistant.index import build_index, ensure_index, open_index
from assistant.lexicon import Lexicon, read_lexicon
from assistant.policies import Policy, read_policies
from assistant.questions import Questions, read_questions
from assistant.relevance import Relevance
from assistant.reranker import open_reranker
from assistant.retrieval import Retriever
from assistant.settings import Settings
from assistant.spelling import Speller
from assistant.sweep import Row
from assistant.targets import Pointer
from assistant.tokens import Tokenizer
from assistant.tools import build_tools
from assistant.understander import Understander


class Assistant:
    """Answers questions about one policy; holds no conversation, so one serves every user."""

    def __init__(
        self,
        policy: Policy,
        understander: Understander,
        search: Search,
        versions: str,
        tokens: Callable[[str], list[str]],
        model: ChatModel | None = None,
    ) -> None:
        self.policy = policy
        self.understander = understander
        self.versions = versions
        self.tokens = tokens
        self.chain: Runnable[Question, Answering] = build_chain(
            understander, search, build_tools(policy), Composer(policy)
        )
        self.assistance = Assistance(model, understander, self.chain.invoke) if model else None
        if self.assistance:
            self.versions = hashlib.sha256("\x1e".join((versions, *self.assistance.versions)).encode()).hexdigest()
            self.chain = self.chain | RunnableGenerator(self.assistance.help)

    @property
    def title(self) -> str:
        return self.policy.description.short_title

    @property
    def subtitle(self) -> str:
        description = self.policy.description
        return f"{description.number}　{description.coverage}"

    @property
    def examples(self) -> tuple[str, ...]:
        return self.policy.description.examples

    def reply(self, turns: Sequence[str], on: date) -> Reply:
        """Answer the last of a conversation's user messages as of a day."""
        return deque(self.stream(turns, on), maxlen=1)[0]

    def stream(self, turns: Sequence[str], on: date) -> Iterator[Reply]:
        """The same as the program answers, at once, then with what a language model adds to it; the last is whole."""
        started = time.perf_counter()
        for state in self.chain.stream(Question(tuple(turns), on)):
            assert state.reply is not None
            elapsed = round((time.perf_counter() - started) * 1000, 2)
            yield state.reply.model_copy(update={"receipt": self._receipt(turns, on), "elapsed_ms": elapsed})

    def check(self, profile: Profile) -> tuple[Row, ...]:
        """Every measure as it stands for an enterprise; `UnusableInput` names the field that cannot be read."""
        return check(self.understander, profile)

    def unused(self, profile: Profile) -> tuple[str, ...]:
        """The figures of the profile's story that nothing takes up."""
        return read_story(self.understander, profile.story).unused

    def _receipt(self, turns: Sequence[str], on: date) -> str:
        words = "\x1e".join((self.versions, on.isoformat(), *turns))
        return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:10]


def open_assistant(settings: Settings, *, opens_search: bool = True) -> Assistant:
    """Read the corpus, open (or build) the index, load the model; any `AssistantError` says what to do.

    With `opens_search` off the index, the model, jieba's word list and the words of conditions wait until a question
    needs them, which most do not: right for a process that answers once.
    """
    policies = read_policies(settings.corpus_dir)
    lexicon, questions = _read_language(settings)
    policy = policies[0]
    tokenizer = cache(lambda: Tokenizer(lexicon))
    relevance = cache(lambda: Relevance(policy, _open_retriever(settings, policies, tokenizer()), questions))
    if opens_search:
        relevance()
    terms = (*lexicon.terms, *lexicon.synonyms)
    speller = Speller(terms, lambda text: tokenizer().pieces(text), lambda text: tokenizer().is_word(text))
    pointer = Pointer(policy, questions, _open_classifier(settings, policy, lexicon))
    understander = Understander(pointer, lexicon, questions, speller.correct)
    assistant = Assistant(
        policy,
        understander,
        lambda text, money: relevance().clauses(text, money),
        _versions(settings),
        lambda text: tokenizer().tokens(text),
        open_chat_model(settings),
    )
    if opens_search:
        conditions.prepare(policy.measures)
        places.prepare()
        for example in policy.description.examples[:1]:  # what is loaded at the first question is loaded now
            next(assistant.stream([example], policy.description.term.end))
    return assistant


def open_retriever(settings: Settings) -> tuple[Retriever, tuple[Policy, ...]]:
    """The search alone, over every policy of the corpus."""
    policies = read_policies(settings.corpus_dir)
    return _open_retriever(settings, policies, Tokenizer(_read_language(settings)[0])), policies


def build(settings: Settings) -> str:
    """Bring the index and what the classifier has learnt up to date; a sentence about the index."""
    policies = read_policies(settings.corpus_dir)
    lexicon, _ = _read_language(settings)
    clauses = [clause for policy in policies for clause in policy.clauses]
    embeddings = open_embeddings(settings.embedding_model)
    index = build_index(clauses, embeddings, Tokenizer(lexicon), settings.index_dir)
    _open_classifier(settings, policies[0], lexicon)
    return index.describe()


def diagnose(settings: Settings) -> Iterator[tuple[bool, str]]:
    """The state of each part, one line each: whether it is well, and what it is or what to do about it.

    A part that is not well hides none of the others that can be told without it.
    """
    yield True, "设置：" + "，".join(f"ASSISTANT_{k.upper()}={v}" for k, v in settings.model_dump(mode="json").items())
    policies: Sequence[Policy] = ()
    try:
        policies = read_policies(settings.corpus_dir)
        _versions(settings)  # reads every file of the corpus
        faults = [fault for policy in policies for fault in audit(policy)]
        yield (
            not faults,
            f"政策：{'、'.join(p.description.title for p in policies)}"
            + (f"；{len(faults)} 处问题，请运行 assistant check" if faults else ""),
        )
    except AssistantError as error:
        yield False, f"政策：{error}"
    try:
        lexicon, _ = _read_language(settings)
        yield True, f"词表：{len(lexicon.terms)} 个词，{len(lexicon.synonyms)} 组同义词"
        embeddings = open_embeddings(settings.embedding_model)
        yield True, f"嵌入模型：{embeddings.name}，{embeddings.dimension} 维"
        reranker = open_reranker(settings.reranker)
        yield True, f"重排模型：{reranker.name if reranker else '没有启用（ASSISTANT_RERANKER 没有写）'}"
        if not policies:
            yield False, "索引、分类器：政策读不到，没有检查。"
            return
        yield _learnt(settings, policies[0], lexicon)
        clauses = [clause for policy in policies for clause in policy.clauses]
        yield True, f"索引：{open_index(clauses, embeddings, Tokenizer(lexicon), settings.index_dir).describe()}"
        yield True, f"语言模型：{check_model(settings)}"
    except AssistantError as error:
        yield False, str(error)


def _read_language(settings: Settings) -> tuple[Lexicon, Questions]:
    directory = settings.corpus_dir / "lexicon"
    return read_lexicon(directory), read_questions(directory / "questions.toml")


def _open_classifier(settings: Settings, policy: Policy, lexicon: Lexicon) -> Classifier | None:
    """None for a policy without examples: then its cues and the search must do."""
    if not policy.examples:
        return None
    return open_classifier(policy.examples, lexicon.simplified, lexicon.synonyms, settings.index_dir)


def _learnt(settings: Settings, policy: Policy, lexicon: Lexicon) -> tuple[bool, str]:
    """The state of what the classifier has learnt, for `diagnose`."""
    path = path_of(policy.examples, lexicon.synonyms, settings.index_dir)
    if not os.path.lexists(path):
        return True, "分类器：还没有，首次启动时学出来，几秒即可"
    try:
        read_classifier(path)
    except AssistantError as error:
        return False, str(error)
    return True, f"分类器：{path.name}"


def _open_retriever(settings: Settings, policies: Sequence[Policy], tokenizer: Tokenizer) -> Retriever:
    clauses = [clause for policy in policies for clause in policy.clauses]
    embeddings = open_embeddings(settings.embedding_model)
    index = ensure_index(clauses, embeddings, tokenizer, settings.index_dir)
    return Retriever(index, embeddings, tokenizer, open_reranker(settings.reranker))


def _versions(settings: Settings) -> str:
    """What an answer depends on besides the question: the corpus's files, this program and the model."""
    models = " ".join(filter(None, (settings.embedding_model, settings.reranker)))
    digest = hashlib.sha256(f"{version('policy-assistant')} {models}".encode())
    for path in sorted(p for p in Path(settings.corpus_dir).rglob("*") if p.is_file()):
        try:
            digest.update(path.relative_to(settings.corpus_dir).as_posix().encode() + path.read_bytes())
        except OSError as error:
            raise CorpusError.unreadable(path, error) from error
    return digest.hexdigest()

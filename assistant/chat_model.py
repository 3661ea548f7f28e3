"""Settings → the one door to a language model: what it says, streamed, or an object of a JSON schema; bounded in time.

Both doors speak OpenAI's protocol through the same client: `openai` to an endpoint elsewhere, `local` to llama.cpp on
loopback in this process. What goes wrong is a `ModelTrouble` in a sentence of our own: the endpoint's words, which may
repeat a key, are never passed on.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import BaseModel, SecretStr, ValidationError

from assistant.errors import ModelTrouble
from assistant.local_model import BUNDLE, INSTALL, LocalServer, find_model
from assistant.prompts import Messages
from assistant.settings import Settings

if TYPE_CHECKING:
    from langchain_openai import ChatOpenAI

_LONGEST_ANSWER = 800  # tokens
_LONGEST_WAIT = 2.0  # seconds before the one retry, whatever the endpoint would like
_CHECKED = 10.0  # seconds that `assistant doctor` waits
_KEYLESS = "none"  # the client wants a key; an endpoint without one ignores it

T = TypeVar("T", bound=BaseModel)


class ChatModel:
    """A language model behind an OpenAI-compatible endpoint; the client is built at the first request."""

    def __init__(self, name: str, open_client: Callable[[], ChatOpenAI], timeout: float) -> None:
        self.name = name
        self._open, self._timeout = open_client, timeout
        self._client: ChatOpenAI | None = None
        self._lock = threading.Lock()
        self._ways = [_as_schema, _as_tool, _as_text]

    def propose(self, messages: Messages, form: type[T], schema: dict[str, Any]) -> T:
        """A `form` that keeps to the schema: by JSON schema, else a tool call, else in words, as the endpoint can."""
        deadline = time.monotonic() + self._timeout
        while True:
            way = self._ways[0]
            try:
                text = "".join(self._tried(messages, deadline, way(form.__name__, schema)))
                break
            except _Unsupported:
                if len(self._ways) == 1:
                    raise
                self._ways = self._ways[1:]
        try:
            return form.model_validate_json(text[text.find("{") : text.rfind("}") + 1])
        except ValidationError:
            raise ModelTrouble("语言模型的答复不是约定的 JSON") from None

    def stream(self, messages: Messages) -> Iterator[str]:
        """What the model says, piece by piece; `ModelTrouble` may come after some of it."""
        yield from self._tried(messages, time.monotonic() + self._timeout, {})

    @property
    def base_url(self) -> str:
        """The endpoint's address, opened if it is not yet."""
        return str(self._opened().openai_api_base)

    def _tried(self, messages: Messages, deadline: float, options: dict[str, Any]) -> Iterator[str]:
        """The answer's pieces; a request that failed before the first is made once more, where that may help."""
        for is_last in (False, True):
            is_begun = False
            try:
                for piece in self._pieces(messages, deadline, options):
                    is_begun = True
                    yield piece
                return
            except _Passing as trouble:
                if is_last or is_begun or time.monotonic() + trouble.wait >= deadline:
                    raise
                time.sleep(trouble.wait)

    def _pieces(self, messages: Messages, deadline: float, options: dict[str, Any]) -> Iterator[str]:
        """The answer's pieces until the deadline, read in a thread: an endpoint that only keeps alive is never done."""
        read: queue.Queue[str | ModelTrouble | None] = queue.Queue()
        given_up = threading.Event()

        def receive() -> None:
            try:
                for piece in self._received(messages, deadline, options):
                    read.put(piece)
                    if given_up.is_set():
                        return
                read.put(None)
            except ModelTrouble as trouble:
                read.put(trouble)

        threading.Thread(target=receive, name="language-model", daemon=True).start()
        try:
            while True:
                match read.get(timeout=max(deadline - time.monotonic(), 0.0)):
                    case None:
                        return
                    case ModelTrouble() as trouble:
                        raise trouble
                    case piece:
                        yield piece
        except queue.Empty:
            raise ModelTrouble("语言模型没有在规定时间内答完") from None
        finally:
            given_up.set()

    def _received(self, messages: Messages, deadline: float, options: dict[str, Any]) -> Iterator[str]:
        ended = ""
        with _in_words():
            client = self._opened()
            for chunk in client.stream(messages, timeout=max(deadline - time.monotonic(), 0.001), **options):
                ended = chunk.response_metadata.get("finish_reason") or ended
                calls = getattr(chunk, "tool_call_chunks", ())
                yield "".join(str(call["args"] or "") for call in calls) or str(chunk.text)
        if not ended:
            raise ModelTrouble("语言模型的答复中途断了")

    def _opened(self) -> ChatOpenAI:
        with self._lock:
            if self._client is None:
                self._client = self._open()
            return self._client


def open_chat_model(settings: Settings) -> ChatModel | None:
    """The model `ASSISTANT_LLM` asks for, None for `none`; nothing is loaded or requested before the first question."""
    if settings.llm == "openai":
        url, model = settings.llm_base_url, settings.llm_model
        return ChatModel(f"openai {model}", lambda: _client(settings, url, model), settings.llm_timeout)
    if settings.llm == "local":
        name = f"local {settings.llm_model or BUNDLE.name}"
        return ChatModel(name, lambda: _local_client(settings), settings.llm_timeout)
    return None


def check_model(settings: Settings) -> str:
    """The state of the door in a line, without its key; `ModelTrouble` when it would not open."""
    if settings.llm == "none":
        return "没有启用（ASSISTANT_LLM=none）"
    if settings.llm == "local":
        path = find_model(settings.llm_model, settings.index_dir)
        if find_spec("xllamacpp") is None:
            raise ModelTrouble(f"语言模型：缺少 xllamacpp。{INSTALL}。")
        return f"本机 {path}，第一次用到时载入"
    client = _client(settings, settings.llm_base_url, settings.llm_model)
    with _in_words():
        models = [model.id for model in client.root_client.models.list(timeout=min(settings.llm_timeout, _CHECKED))]
    if settings.llm_model not in models:
        raise ModelTrouble(
            f"语言模型：{settings.llm_base_url} 没有模型 {settings.llm_model}，请核对 ASSISTANT_LLM_MODEL。"
        )
    return f"{settings.llm_base_url} 的 {settings.llm_model}，接口可用"


def _local_client(settings: Settings) -> ChatOpenAI:
    path = find_model(settings.llm_model, settings.index_dir)
    server = LocalServer(path)
    client = _client(settings.model_copy(update={"llm_api_key": SecretStr("")}), server.base_url, path.name)
    client.metadata = {"server": server}  # which lives as long as its client
    return client


def _client(settings: Settings, base_url: str, model: str) -> ChatOpenAI:
    import httpx

    try:
        from langchain_openai import ChatOpenAI
    except ImportError as error:
        raise ModelTrouble(f"ASSISTANT_LLM={settings.llm} 需要 langchain-openai，请重新安装本程序") from error
    is_local = settings.llm == "local"
    return ChatOpenAI(
        model=model,
        base_url=base_url,
        api_key=SecretStr(settings.llm_api_key.get_secret_value() or _KEYLESS),
        timeout=settings.llm_timeout,
        max_retries=0,
        temperature=0,
        seed=0,
        max_completion_tokens=_LONGEST_ANSWER,
        stream_usage=False,
        use_responses_api=False,
        # A proxy of the environment has no business on loopback.
        http_client=httpx.Client(trust_env=False) if is_local else None,
    )


def _as_schema(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    form = {"name": name, "strict": True, "schema": schema}
    return {"response_format": {"type": "json_schema", "json_schema": form}}


def _as_tool(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    function = {"name": name, "description": schema.get("description", ""), "parameters": schema}
    return {
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": name}},
    }


def _as_text(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {}


class _Unsupported(ModelTrouble):
    """The endpoint does not take the request in this form."""


class _Passing(ModelTrouble):
    """A trouble that may be over in a moment."""

    def __init__(self, message: str, wait: float = 0.0) -> None:
        super().__init__(message)
        self.wait = wait


@contextmanager
def _in_words() -> Iterator[None]:
    """What the client raises inside, as a `ModelTrouble` in our own words and nothing of the endpoint's."""
    try:
        yield
    except ModelTrouble:
        raise
    except Exception as error:  # the client's own, httpx's, and whatever a malformed answer leads to
        raise _in_our_words(error) from None


def _in_our_words(error: Exception) -> ModelTrouble:
    import httpx
    import openai

    match error:
        case openai.APITimeoutError() | httpx.TimeoutException():
            return ModelTrouble("语言模型没有在规定时间内答复")
        case openai.AuthenticationError() | openai.PermissionDeniedError():
            return ModelTrouble("语言模型的接口不接受所设的密钥（ASSISTANT_LLM_API_KEY）")
        case openai.NotFoundError():
            return ModelTrouble("语言模型的接口没有这个模型或地址（ASSISTANT_LLM_MODEL、ASSISTANT_LLM_BASE_URL）")
        case openai.RateLimitError():
            return _Passing("语言模型的接口限制了请求次数", _wait(error))
        case openai.InternalServerError():
            return _Passing("语言模型的接口出了内部错误")
        case openai.APIStatusError():
            return _Unsupported("语言模型的接口不接受这样的请求")
        case openai.APIConnectionError():
            return _Passing("连不上语言模型的接口（ASSISTANT_LLM_BASE_URL）")
        case httpx.HTTPError():
            return ModelTrouble("语言模型的答复中途断了")
    return ModelTrouble("语言模型的答复不合格式")


def _wait(error: Any) -> float:
    """The seconds the endpoint asks to wait, at most as long as a user would."""
    try:
        return min(max(float(error.response.headers.get("retry-after", 1)), 0.0), _LONGEST_WAIT)
    except ValueError:
        return _LONGEST_WAIT

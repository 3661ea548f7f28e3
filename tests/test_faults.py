"""What breaks under a running program: named by `assistant doctor`, mended by the command the message gives."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from databases import NOON
from test_deploy import READ_ONLY, ask, ready
from test_index import CountingEmbeddings
from test_serving import free_port

from assistant import wiring
from assistant.__main__ import main
from assistant.classifier import open_classifier
from assistant.desk.accounts import IDLE, LOCKS_NAME, WHILE, Accounts
from assistant.desk.backup import purge
from assistant.desk.cases import CaseForm, Filter, change_case, find_cases, open_case
from assistant.desk.store import open_store
from assistant.errors import AccessRefused, UnusableInput
from assistant.settings import ROOT, Settings

EXAMPLES = {"measure:a": ("买设备补多少", "设备补贴"), "silence:b": ("电话多少", "联系方式")}


@pytest.fixture
def home(settings: Settings, assistant: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A corpus, an index and a database of this test's own, to be spoiled at will."""
    shutil.copytree(settings.corpus_dir, tmp_path / "corpus")
    shutil.copytree(settings.index_dir, tmp_path / "index")
    monkeypatch.setenv("ASSISTANT_CORPUS_DIR", str(tmp_path / "corpus"))
    monkeypatch.setenv("ASSISTANT_INDEX_DIR", str(tmp_path / "index"))
    monkeypatch.setenv("ASSISTANT_DATABASE_URL", f"sqlite:///{tmp_path / 'desk.db'}")
    return tmp_path


def live(home: Path) -> Path:
    return home / "index" / (home / "index" / "current").read_text()


def doctor(capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    capsys.readouterr()
    return main(["doctor"]), capsys.readouterr().out


def halve(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def test_a_sound_installation_is_told_part_by_part(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, told = doctor(capsys)
    assert code == 0
    assert [line.split("  ")[0] for line in told.splitlines()] == ["正常"] * 9
    parts = (
        "设置：", "政策：", "词表：", "嵌入模型：", "重排模型：", "分类器：classifier-", "索引：", "语言模型：", "数据库：",
    )  # fmt: skip
    for part in parts:
        assert part in told


@pytest.mark.parametrize(
    ("file", "named"),
    [
        ("chroma/chroma.sqlite3", "chroma.sqlite3"),
        ("bm25/data.csc.index.npy", "data.csc"),
        ("manifest.json", "索引清单"),
    ],
)
def test_a_damaged_index_is_named_by_the_doctor_and_mended_by_the_command_it_gives(
    home: Path, capsys: pytest.CaptureFixture[str], file: str, named: str
) -> None:
    halve(live(home) / file)
    code, told = doctor(capsys)
    assert code == 1
    assert named in told
    assert "请运行 assistant index 重建索引" in told
    assert "正常  数据库" in told
    if file.startswith("bm25"):  # the others embed the whole text again, as tests/test_index.py shows in small
        assert main(["index"]) == 0
        assert doctor(capsys)[0] == 0


def test_a_policy_cut_short_is_named_hides_nothing_else_and_is_mended_by_putting_it_back(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = next((home / "corpus" / "policies").glob("*/source.txt"))
    whole = source.read_bytes()
    halve(source)
    code, told = doctor(capsys)
    assert code == 1
    assert "异常  政策：" in told
    assert "source.txt 与登记的不一致" in told
    for part in ("正常  词表", "正常  嵌入模型", "正常  数据库"):
        assert part in told
    assert main(["ask", "技改补多少"]) == 1
    assert "与登记的不一致" in capsys.readouterr().err
    source.write_bytes(whole)
    assert doctor(capsys)[0] == 0


@pytest.mark.parametrize("name", ["measures.toml", "policy.toml", "silences.toml"])
def test_data_of_a_policy_cut_short_is_named_with_its_file(
    home: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    halve(next((home / "corpus" / "policies").glob(f"*/{name}")))
    code, told = doctor(capsys)
    assert code == 1
    assert "异常  政策：" in told
    assert name in told


def test_a_damaged_database_is_named_and_answers_are_still_given(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "desk.db").write_bytes(b"no database" * 500)
    code, told = doctor(capsys)
    assert code == 1
    assert "异常" in told.splitlines()[-1]
    assert "desk.db" in told.splitlines()[-1]
    assert main(["ask", "首次突破5亿元奖多少"]) == 0


def test_the_doctor_tells_no_secret(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ASSISTANT_DATABASE_URL", "postgresql://desk:secret-word@127.0.0.1:9/none")
    code, told = doctor(capsys)
    assert code == 1
    assert "127.0.0.1:9" in told
    assert "secret-word" not in told


# — The classifier —


def test_a_damaged_classifier_is_learnt_again(tmp_path: Path) -> None:
    first = open_classifier(EXAMPLES, str, None, tmp_path)
    kept = next(tmp_path.glob("classifier-*.npz"))
    for spoil in (halve, lambda path: path.write_bytes(b""), lambda path: path.write_bytes(b"x" * 999)):
        spoil(kept)
        assert open_classifier(EXAMPLES, str, None, tmp_path).guess("设备补贴") == first.guess("设备补贴")


def test_killed_while_it_keeps_the_classifier_a_process_leaves_no_half_of_one(tmp_path: Path) -> None:
    code = f"""
        import os, signal
        from pathlib import Path
        from assistant import classifier
        classifier.os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
        classifier.open_classifier({EXAMPLES!r}, str, None, Path({str(tmp_path)!r}))
    """
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], cwd=ROOT)
    assert done.returncode == -signal.SIGKILL
    assert not list(tmp_path.glob("classifier-*.npz"))
    open_classifier(EXAMPLES, str, None, tmp_path)
    [kept] = tmp_path.glob("classifier-*.npz")
    assert {path.name for path in tmp_path.iterdir()} - {".classifier.lock"} == {kept.name}


# — An index spoilt under a running installation —


SPOILS: list[tuple[str, Callable[[Path], object]]] = [
    ("chroma/chroma.sqlite3", lambda path: path.write_bytes(bytes(path.stat().st_size))),
    ("manifest.json", lambda path: path.write_bytes(b"")),
    ("../current", lambda path: path.write_bytes(b"\xff")),
]


@pytest.fixture
def small(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose index was built with vectors that cost nothing."""
    monkeypatch.setattr(wiring, "open_embeddings", lambda _: CountingEmbeddings())
    (home / "index" / "current").unlink()
    assert main(["index"]) == 0
    return home


def test_whatever_is_spoilt_of_an_index_the_command_that_the_doctor_gives_mends_it(
    small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, spoil in SPOILS:
        spoil(live(small) / name)
        code, told = doctor(capsys)
        assert code == 1, name
        [wrong] = [line for line in told.splitlines() if line.startswith("异常")]
        assert str(small / "index") in wrong, name
        command = re.search(r"请运行 assistant (\w+)", wrong)
        assert command is not None, wrong
        assert main([command[1]]) == 0, name
        assert doctor(capsys)[0] == 0, name


def test_a_search_over_a_spoilt_index_says_what_is_wrong_mends_it_and_answers(
    small: Path, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    halve(live(small) / "manifest.json")
    assert main(["search", "技术改造"]) == 0
    assert "5.8" in capsys.readouterr().out
    assert re.search(r"索引正在重建，因为：索引清单 .*manifest.json 已损坏", caplog.text)
    assert doctor(capsys)[0] == 0


# — What its user may not read or write —

# Shuts one place after the other to itself; says what the commands said.
SHUT = """
import io, json, sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from assistant.__main__ import main

def told(*arguments):
    said = io.StringIO()
    with redirect_stdout(said), redirect_stderr(said):
        code = main(arguments)
    return code, said.getvalue()

told("desk", "accounts")  # makes the database
for place in map(Path, sys.argv[1:]):
    mode = place.stat().st_mode
    place.chmod(0)
    commands = [["doctor"], ["desk", "accounts"]]
    if place.suffix != ".npz":  # what was learnt is learnt again, as where the whole index is shut
        commands.append(["ask", "首次突破5亿元奖多少"])
    print(json.dumps([told(*command) for command in commands]), flush=True)
    place.chmod(mode)
"""


# Root may do anything until it is told otherwise.
_AS_ANYBODY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"] if os.geteuid() == 0 else []


def test_what_may_not_be_read_or_written_is_named_and_hinders_no_more_than_it_must(home: Path) -> None:
    policy = next((home / "corpus" / "policies").iterdir())
    build = live(home)
    classifier = next((home / "index").glob("classifier-*.npz"))
    needed, spare = [policy / "examples"], [build.parent, classifier]
    database, own = home / "desk.db", home / ".env"
    places = [*needed, *spare, database, own]
    own.write_text("# nothing")
    done = subprocess.run(
        [*_AS_ANYBODY, sys.executable, "-c", SHUT, *map(str, places)],
        cwd=home, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for place, line in zip(places, done.stdout.splitlines(), strict=True):
        (is_ill, told), (is_shut, desk), *answers = json.loads(line)
        assert "Traceback" not in line
        assert is_ill == 1, place
        wrong = [one for one in told.splitlines() if not one.startswith("正常")]
        name = ".env" if place == own else str(place)
        assert any(name in one and "请" in one for one in wrong), (place, told)
        for cannot, answer in answers:
            assert cannot == (place in (*needed, own)), (place, answer)
            assert ("100 万元" in answer) == (not cannot)
        assert is_shut == (place in (database, own)), (place, desk)


# — The clock —


def test_cases_are_kept_and_changed_whichever_way_the_clock_jumps(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'desk.db'}")
    form = CaseForm(question="技改")
    case = open_case(store, form, "lin", NOON + timedelta(days=400))
    changed = change_case(store, case.id, case.version, form.model_copy(update={"outcome": "resolved"}), "lin", NOON)
    assert changed.version == case.version + 1
    other = open_case(store, form, "lin", NOON - timedelta(days=400))
    assert {found.id for found in find_cases(store, Filter())} == {case.id, other.id}


def test_tries_made_while_the_clock_was_ahead_lock_nobody_out_until_then(tmp_path: Path) -> None:
    accounts = Accounts(open_store(f"sqlite:///{tmp_path / 'desk.db'}"))
    accounts.add("lin", "staff", "correct horse", NOON)
    ahead = NOON + timedelta(days=400)
    for _ in range(LOCKS_NAME):
        with pytest.raises(AccessRefused, match="账号或密码"):
            accounts.sign_in("lin", "wrong", "", ahead)
    with pytest.raises(AccessRefused, match="次数太多"):
        accounts.sign_in("lin", "correct horse", "", ahead)
    with pytest.raises(AccessRefused, match="次数太多"):  # a correction of some minutes unlocks nothing
        accounts.sign_in("lin", "correct horse", "", ahead - WHILE / 2)
    assert accounts.member(accounts.sign_in("lin", "correct horse", "", NOON), NOON) is not None


def test_a_clock_far_ahead_clears_nothing_away(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'desk.db'}")
    open_case(store, CaseForm(question="技改", outcome="resolved"), "lin", NOON)
    for days in (366, 4000):
        with pytest.raises(UnusableInput, match="核对时钟"):
            purge(store, 365, NOON + timedelta(days=days))
    assert len(find_cases(store, Filter())) == 1
    assert purge(store, 365, NOON + timedelta(days=366), is_sure=True)["案件"] == 1


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-400)])
def test_whichever_way_the_clock_jumps_nobody_stays_signed_in_for_longer(jump: timedelta, tmp_path: Path) -> None:
    accounts = Accounts(open_store(f"sqlite:///{tmp_path / 'desk.db'}"))
    accounts.add("lin", "staff", "correct horse", NOON)
    token = accounts.sign_in("lin", "correct horse", "", NOON)
    assert accounts.member(token, NOON - IDLE) is not None  # as clocks are corrected
    assert accounts.member(token, NOON + jump) is None


# — A database that cannot be written —

_CAN_BIND = subprocess.run(["unshare", "-m", "mount", "--bind", "/mnt", "/mnt"], capture_output=True).returncode == 0


@pytest.mark.skipif(not _CAN_BIND, reason="mounting is not allowed here")
def test_with_a_database_on_a_read_only_disk_questions_are_answered_and_the_desk_says_that_it_is_shut(
    settings: Settings, assistant: object, tmp_path: Path
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    open_store(f"sqlite:///{disk / 'desk.db'}").engine.dispose()
    own = {"PORT": free_port(), "INDEX_DIR": settings.index_dir, "DATABASE_URL": f"sqlite:///{disk / 'desk.db'}"}
    command = ["unshare", "-m", "sh", "-c", READ_ONLY, "sh", str(disk), sys.executable]
    url = f"http://127.0.0.1:{own['PORT']}/"
    environment = os.environ | {f"ASSISTANT_{name}": str(value) for name, value in own.items()}
    server = subprocess.Popen(
        command, cwd=ROOT, env=environment, text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    try:
        ready(url)
        assert '"amount_yuan": "1000000"' in ask(url, "首次突破5亿元奖多少")
        shown = httpx.get(f"{url}desk/login")
        tried = httpx.post(f"{url}desk/login", data={"name": "lin", "password": "correct horse"})
        judged = httpx.post(f"{url}feedback", json={"receipt": "0123456789", "verdict": "good"})
    finally:
        server.kill()
        _, said = server.communicate()
    assert (shown.status_code, tried.status_code, judged.status_code) == (200, 503, 503)
    for answer in (shown, tried, judged):
        assert "数据库现在用不了" in answer.text
        assert "desk.db" not in answer.text  # where it is concerns no visitor
    assert f"写不了数据库文件 {disk / 'desk.db'}" in said
    assert "an answer was given but not kept" in said
    assert "Traceback" not in said


# — A disk that is really full —

_FULL = 'mount -t tmpfs -o size=256k none "$1" && head -c 250k /dev/zero > "$1/filled" && shift && exec "$@"'
_CAN_MOUNT = (
    subprocess.run(["unshare", "-m", "sh", "-c", _FULL, "sh", "/mnt", "true"], capture_output=True).returncode == 0
)


@pytest.mark.skipif(not _CAN_MOUNT, reason="mounting is not allowed here")
def test_on_a_full_disk_the_index_and_the_desk_say_so_and_questions_are_answered(tmp_path: Path) -> None:
    full = tmp_path / "full"
    full.mkdir()
    own = {"INDEX_DIR": full / "index", "DATABASE_URL": f"sqlite:///{full / 'desk.db'}"}
    environment = os.environ | {f"ASSISTANT_{name}": str(value) for name, value in own.items()}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["unshare", "-m", "sh", "-c", _FULL, "sh", str(full), sys.executable, "-m", "assistant", *arguments]
        return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)

    desk = run("desk", "accounts")
    assert desk.returncode == 1
    assert "数据库" in desk.stderr
    assert "full" in desk.stderr
    assert "Traceback" not in desk.stderr
    answered = run("ask", "首次突破5亿元奖多少")
    assert (answered.returncode, "100 万元" in answered.stdout) == (0, True)
    index = run("index")
    assert index.returncode == 1
    assert "索引写不进" in index.stderr
    assert "腾出空间" in index.stderr
    assert "Traceback" not in index.stderr

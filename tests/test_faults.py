"""What breaks under a running program: named by `assistant doctor`, mended by the command the message gives."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import textwrap
from datetime import timedelta
from pathlib import Path

import pytest
from databases import NOON

from assistant.__main__ import main
from assistant.classifier import open_classifier
from assistant.desk.accounts import IDLE, Accounts
from assistant.desk.store import open_store
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
    assert list(tmp_path.glob("classifier-*.npz"))


# — The clock —


@pytest.mark.parametrize("jump", [timedelta(days=400), timedelta(days=-400)])
def test_whichever_way_the_clock_jumps_nobody_stays_signed_in_for_longer(jump: timedelta, tmp_path: Path) -> None:
    accounts = Accounts(open_store(f"sqlite:///{tmp_path / 'desk.db'}"))
    accounts.add("lin", "staff", "correct horse", NOON)
    token = accounts.sign_in("lin", "correct horse", "", NOON)
    assert accounts.member(token, NOON - IDLE) is not None  # as clocks are corrected
    assert accounts.member(token, NOON + jump) is None


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

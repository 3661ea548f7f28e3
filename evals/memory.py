"""`python -m evals.memory [COUNT]`: the memory of a process over ever different questions, asked and kept."""

from __future__ import annotations

import random
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

from assistant.desk.keeping import KeepingAssistant
from assistant.desk.store import open_store
from assistant.settings import read_settings
from assistant.wiring import open_assistant
from evals.bench import QUESTIONS

COUNT, STEPS = 10_000, 10
ENDS = ("", "？", "，谢谢", "，急", "，麻烦说一下", "，我们是新公司", "，去年的事")


def varied(seed: int) -> Iterator[str]:
    """Questions without end, hardly two alike: with figures, without, nonsense and long ones."""
    chance = random.Random(seed)
    while True:
        figure = f"{chance.randint(1, 10**6)}{chance.choice(('万', '万元', '元', '亿', '平', '人'))}"
        junk = "".join(chr(chance.randint(0x4E00, 0x9FA5)) for _ in range(chance.randint(1, 60)))
        yield chance.choice(
            (
                f"{chance.choice(QUESTIONS)}{chance.choice(ENDS)}{chance.randint(1, 10**9)}",
                f"买设备{figure}，能补多少{chance.choice(ENDS)}",
                f"贷款{figure}，利率{chance.randint(1, 99) / 10}%，能贴息多少",
                f"{junk}能补多少",
                junk,
            )
        )


def resident(process: int | str = "self") -> float:
    """The memory a process holds now, in MiB; 0 where the system does not tell."""
    status = Path(f"/proc/{process}/status")
    if not status.exists():
        return 0.0
    line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def main() -> None:
    """Print the memory after each tenth of the questions, through the assistant and then through the store as well."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    assistant = open_assistant(read_settings())
    questions, on = varied(1), date(2026, 1, 1)
    with tempfile.TemporaryDirectory() as directory:
        store = open_store(f"sqlite:///{directory}/desk.db")
        for name, asked in (
            ("assistant", assistant),
            ("keeping", KeepingAssistant(assistant, store, lambda: datetime.now(UTC))),
        ):
            print(f"{name}\t0\t{resident():.1f}", flush=True)
            for step in range(1, STEPS + 1):
                for _ in range(count // STEPS):
                    asked.reply([next(questions)], on)
                print(f"{name}\t{step * count // STEPS}\t{resident():.1f}", flush=True)
        store.engine.dispose()


if __name__ == "__main__":
    main()

"""`python -m tests.fuzz` lists the targets; `python -m tests.fuzz TARGET [libFuzzer options]` runs one."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

if len(sys.argv) == 1:
    from tests.fuzz.targets import TARGETS

    print(*TARGETS)
    sys.exit()

with atheris.instrument_imports(include=["assistant", "cn2an", "tomllib"]):
    from tests.fuzz.targets import SEEDS, TARGETS, assistant

name = sys.argv.pop(1)
if name in ("question", "batch"):
    assistant()
corpus = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
for number, seed in enumerate(SEEDS[name]):
    (corpus / str(number)).write_text(seed, "utf-8")
atheris.Setup([*sys.argv, str(corpus)], TARGETS[name])
atheris.Fuzz()

"""`python -m tests.fuzz` lists the targets; `python -m tests.fuzz TARGET [libFuzzer options]` runs one."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import atheris

if len(sys.argv) == 1:
    from tests.fuzz import doors, targets

    print(*targets.TARGETS, *doors.TARGETS)
    sys.exit()

name = sys.argv.pop(1)
with atheris.instrument_imports(include=["assistant", "cn2an"]):
    from tests.fuzz import targets

    known, seeds = targets.TARGETS, targets.SEEDS
    if name not in known:
        from tests.fuzz import doors

        known, seeds = doors.TARGETS, doors.SEEDS
if name in ("question", "batch", "programs", "forms"):
    targets.assistant()
corpus = Path(tempfile.mkdtemp(prefix=f"fuzz-{name}-"))
for number, seed in enumerate(seeds[name]):
    (corpus / str(number)).write_text(seed, "utf-8")
atheris.Setup([*sys.argv, str(corpus)], known[name])
atheris.Fuzz()

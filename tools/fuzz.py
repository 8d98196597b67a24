#!/usr/bin/env python3
"""`make fuzz`: fuzzes every target for some seconds each, then adds to its committed corpus what covers new code.

tools/fuzz.py [SECONDS [TARGET...]]. An input that breaks a target stays in build/fuzz/<target>/; the exit code is 1.
"""
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "build/clang/tests/fuzz"
CORPUS = ROOT / "tests/fuzz/corpus"
SCRATCH = ROOT / "build/fuzz"


def main():
    seconds = int(sys.argv[1]) if len(sys.argv) > 1 else 60
    names = sys.argv[2:] or sorted(path.name for path in CORPUS.iterdir())
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        results = list(pool.map(lambda name: grow(name, seconds), names))
    return 0 if all(results) else 1


def grow(name, seconds):
    program, corpus, found = PROGRAMS / f"fuzz_{name}", CORPUS / name, SCRATCH / name / "found"
    found.mkdir(parents=True, exist_ok=True)
    before = len(list(corpus.iterdir()))
    with open(SCRATCH / name / "log", "w") as log:
        code = subprocess.call(
            [program, f"-max_total_time={seconds}", "-timeout=5", "-rss_limit_mb=1024",
             f"-artifact_prefix={SCRATCH / name}/", found, corpus], stdout=log, stderr=subprocess.STDOUT)
        if code == 0:
            code = subprocess.call([program, "-merge=1", corpus, found], stdout=log, stderr=subprocess.STDOUT)
    after = len(list(corpus.iterdir()))
    verdict = "ok" if code == 0 else f"BROKEN: see build/fuzz/{name}/log"
    print(f"{name:<28} {before:5d} -> {after:5d} inputs   {verdict}", flush=True)
    return code == 0


if __name__ == "__main__":
    sys.exit(main())

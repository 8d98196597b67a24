#!/usr/bin/env python3
"""`make test`: runs every check, goes on after a failure, and ends with one line: N passed, N failed, N skipped.

A stage is a command (one check), or a ctest run (every test of it counts; a doctest program counts its cases).
A test of real programs in real time shares the machine with whatever else runs there: it may try twice, and the summary
names it. Any other test that fails once has failed.
While the tests of gcc's build run (many only wait), clang's build takes the processor time they leave.
"""
import os
import re
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
JOBS = str(os.cpu_count() or 2)
TRACE_SEEDS = "100"
IN_REAL_TIME = ("cli_", "net_", "ui_desktop")


class Totals:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0
        self.notes = []

    def add(self, other):
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.notes += other.notes

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"


def main():
    os.chdir(ROOT)
    os.environ.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
    os.environ.setdefault("NINJA_STATUS", "[%f/%t] ")
    all_totals, lines, broken = Totals(), [], set()
    for name, needs, run in stages():
        print(f"\n=== {name}", flush=True)
        start = time.monotonic()
        if needs in broken:
            totals = Totals()
            totals.failed = 1
            totals.notes.append(f"{name}: not run, because '{needs}' failed")
        else:
            totals = run(name)
        if totals.failed:
            broken.add(name)
        all_totals.add(totals)
        lines.append(f"{name:<28} {time.monotonic() - start:6.1f} s   {totals}")
    print("\n=== summary")
    print("\n".join(lines + all_totals.notes))
    print(all_totals, flush=True)
    return 1 if all_totals.failed else 0


def stages():
    """(name, the stage it needs, function of the name that gives Totals), in the order they run."""
    clang_build = Beside("nice", "-n", "19", "make", "--no-print-directory", "build-clang")
    return [
        ("tidy", None, command("python3", "tests/tidy.py")),
        ("tidy self-test", None, command("python3", "tests/tidy_selftest.py")),
        ("gcc build", None, command("make", "--no-print-directory", "build-gcc")),
        ("gcc tests", "gcc build", clang_build.during(ctest("build/gcc", "-LE", "net"))),
        ("net tests", "gcc build", ctest("build/gcc", "-L", "net")),
        ("clang build (ASan, UBSan)", None, clang_build.finish),
        ("clang tests", "clang build (ASan, UBSan)", ctest("build/clang", "-LE", "net")),
        ("sim traces, gcc = clang", "clang build (ASan, UBSan)", compare_traces),
    ]


def command(*argv):
    def run(name):
        return one_check(name, subprocess.call(argv))
    return run


def one_check(name, code):
    totals = Totals()
    if code == 0:
        totals.passed = 1
    else:
        totals.failed = 1
        totals.notes.append(f"FAILED: {name} (exit {code})")
    return totals


class Beside:
    """A command that another stage starts, and whose own stage waits for it and prints its output in one piece."""

    def __init__(self, *argv):
        self.argv, self.process, self.output = argv, None, tempfile.TemporaryFile("w+")

    def start(self):
        self.process = subprocess.Popen(self.argv, stdout=self.output, stderr=subprocess.STDOUT)

    def during(self, run):
        def run_and_start(name):
            self.start()
            return run(name)
        return run_and_start

    def finish(self, name):
        if not self.process:  # the stage that should have started it did not run
            self.start()
        code = self.process.wait()
        self.output.seek(0)
        print(self.output.read(), end="", flush=True)
        return one_check(name, code)


def ctest(build, *selection):
    def run(name):
        report = ROOT / build / "junit.xml"
        report.unlink(missing_ok=True)
        running = subprocess.Popen([
            "ctest", "--test-dir", build, "--output-on-failure", "--no-tests=ignore", "-j", JOBS, *selection,
            "--repeat", "until-pass:2", "--test-output-size-passed", "1000000", "--output-junit", str(report)],
            stdout=subprocess.PIPE, text=True, errors="replace")
        failed_once = set()
        for line in running.stdout:
            print(line, end="", flush=True)
            if found := re.search(r"Test +#\d+: (\S+) \.*\*\*\*(?!Skipped|Not Run)", line):
                failed_once.add(found[1])
        code = running.wait()
        totals = read_junit(report, name, failed_once) if report.exists() else Totals()
        if code != 0 and not totals.failed:
            totals.failed = 1
            totals.notes.append(f"FAILED: {name} (ctest exit {code})")
        return totals
    return run


def read_junit(report, stage, failed_once):
    totals = Totals()
    for case in xml.parse(report).getroot().iter("testcase"):
        name, output = case.get("name"), case.findtext("system-out") or ""
        if case.find("skipped") is not None:
            totals.skipped += 1
            lines = output.strip().splitlines()
            totals.notes.append(f"skipped: {name}: {lines[-1] if lines else 'no reason given'}")
        elif case.get("status") == "run" and (name not in failed_once or name.startswith(IN_REAL_TIME)):
            totals.passed += doctest_cases(output)
            if name in failed_once:
                totals.notes.append(f"passed only when tried again: {name} ({stage})")
        else:
            totals.failed += 1
            totals.notes.append(f"FAILED: {name} ({stage})")
    return totals


def doctest_cases(output):
    found = re.search(r"\[doctest\] test cases:\s*\d+ \|\s*(\d+) passed", output)
    return int(found.group(1)) if found else 1


def compare_traces(name):
    totals = Totals()
    traces = []
    for build in ("gcc", "clang"):
        program = ROOT / "build" / build / "tests/sim/sim"
        traces.append(subprocess.run([program, "--hash", "--seeds", TRACE_SEEDS], capture_output=True, text=True)
                      if program.exists() else None)
    if not all(trace and trace.returncode == 0 and trace.stdout for trace in traces):
        totals.failed = 1
        totals.notes.append(f"FAILED: {name}: sim --hash did not run on both")
    elif traces[0].stdout != traces[1].stdout:
        totals.failed = 1
        pairs = zip(traces[0].stdout.splitlines(), traces[1].stdout.splitlines())
        first = next((f"gcc '{a}', clang '{b}'" for a, b in pairs if a != b), "one is longer")
        totals.notes.append(f"FAILED: {name}: {first}")
    else:
        totals.passed = 1
        print(f"the traces of {TRACE_SEEDS} seeds agree")
    return totals


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Figures of the window on a display of its own: desktop.py WINDOW_BENCH FOLDER_OF_PROGRAMS."""
import os
import signal
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "ui"))

from desktop_stage import Desk, calls

IDLE_SECONDS = 60
CALL_SECONDS = 15  # what is said takes 20
CONTACTS = 100


def show(what, value, unit):
    print(f"  {what:<58}{value:>10.1f} {unit}")


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1000


def share_of(process, seconds):
    """Of a core, that its threads take together."""
    before = processor_seconds(process)
    time.sleep(seconds)
    return (processor_seconds(process) - before) / seconds * 100


class Person(Desk):
    """Who has many contacts, does nothing for a while, and then talks."""

    def runTest(self):
        far = self.far_end("ben")
        self.enroll("gui")
        window = self.open()
        self.display.wait_title("People")
        for number in range(CONTACTS):  # the button beside the search
            self.display.do("key", "ctrl+f", "key", "shift+Tab", "key", "Return", "sleep", "0.1",
                            "type", "--delay", "1", f"person{number:03}@kalemie")
            self.display.do("key", "Return")
        self.wait_attached()
        time.sleep(5)
        process = window.process.pid
        idle = share_of(process, IDLE_SECONDS)
        show(f"farline: processor, attached, {IDLE_SECONDS} s of nothing", idle, "% of a core")
        show(f"farline: memory, {CONTACTS} contacts", resident_megabytes(process), "MB")
        self.display.picture("contacts")
        self.call("ben")
        self.display.wait_title("Call with ben")
        far.event("connected", calls.PATIENCE)
        time.sleep(3)
        if self.has_pulse:
            self.pulse.say(self.said())
        show(f"farline: processor in a call, talking, {CALL_SECONDS} s", share_of(process, CALL_SECONDS), "% of a core")
        show("farline: memory in a call", resident_megabytes(process), "MB")
        self.display.picture("call")
        self.display.keys("ctrl+shift+h")


def main():
    bench, folder = sys.argv[1:3]
    print("\nDesktop (1024x600, SDL's software renderer, a display in memory)")
    reader, writer = os.pipe()
    server = subprocess.Popen(["Xvfb", "-displayfd", str(writer), "-screen", "0", "1024x600x24", "-nolisten", "tcp"],
                              pass_fds=[writer], stderr=subprocess.DEVNULL)
    try:
        number = os.read(reader, 16).decode().strip()
        display = {**os.environ, "DISPLAY": f":{number}", "SDL_RENDER_DRIVER": "software"}
        for rate in ("10", "0"):
            run = subprocess.run([bench, "6", rate], env=display, check=True, capture_output=True, text=True)
            print("  " + run.stdout.strip().replace("\n", ", "))
        with tempfile.TemporaryDirectory() as home:
            stripped = f"{home}/farline"
            subprocess.run(["strip", "-o", stripped, f"{folder}/farline"], check=True)
            show("farline: program, stripped", os.path.getsize(stripped) / 1e6, "MB")
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=10)
    calls.folder = folder
    result = unittest.TestResult()
    Person().run(result)
    for _, trouble in result.errors + result.failures:
        print(trouble, file=sys.stderr)
    return 0 if result.wasSuccessful() else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Figures of the window on a display of its own: desktop.py WINDOW_BENCH FOLDER_OF_PROGRAMS."""
import os
import signal
import subprocess
import sys
import tempfile
import time

IDLE_SECONDS = 20


def show(what, value, unit):
    print(f"  {what:<58}{value:>10.1f} {unit}")


def processor_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_megabytes(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS")) / 1000


def measure_program(program, home, display):
    stripped = f"{home}/farline"
    subprocess.run(["strip", "-o", stripped, program], check=True)
    show("farline: program, stripped", os.path.getsize(stripped) / 1e6, "MB")
    process = subprocess.Popen([program, "--profile", f"{home}/profile"], env=display, stderr=subprocess.DEVNULL)
    try:
        time.sleep(3)
        before = processor_seconds(process.pid)
        time.sleep(IDLE_SECONDS)
        spent = (processor_seconds(process.pid) - before) / IDLE_SECONDS * 100
        show("farline: processor, idle", spent, "% of a core")
        show("farline: memory, idle", resident_megabytes(process.pid), "MB")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=10)


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
            measure_program(f"{folder}/farline", home, display)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=10)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Figures of the real programs on this machine's loopback: memory, start-up, size. process.py FOLDER_OF_PROGRAMS.

A node and two clients, of which one calls the other for some seconds. Every process is ended by its own id.
"""
import json
import os
import signal
import subprocess
import sys
import tempfile
import time

SPEECH = "/usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.wav"
CALL_SECONDS = 8
folder = sys.argv[1] if len(sys.argv) > 1 else "build/gcc/bin"


def main():
    running = []
    try:
        with tempfile.TemporaryDirectory() as home:
            measure(home, running)
    finally:
        for process in running:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
        for process in running:
            process.wait(timeout=10)
    return 0


def measure(home, running):
    print("\nPrograms (real processes on loopback; memory is VmRSS, its shared libraries included)")
    for name in ("farline-cli", "farline-node"):
        stripped = f"{home}/{name}"
        subprocess.run(["strip", "-o", stripped, program(name)], check=True)
        show(f"{name}: program, stripped", os.path.getsize(stripped) / 1e6, "MB")
    node, invitation = start_node(home, running)
    source = f"loop:{SPEECH}" if os.path.exists(SPEECH) else "silence"
    for person in ("anna", "bela"):
        subprocess.run([program("farline-cli"), "--profile", f"{home}/{person}", "enroll", invitation, "--name", person,
                        "--no-passphrase"], check=True, capture_output=True)
    sound = ["--audio-in", source, "--audio-out", "null", "--max-bps", "2160", "--json"]
    start = time.monotonic()
    callee = start_program(running, "farline-cli", "--profile", f"{home}/bela", "run", "--answer", "auto", *sound)
    wait_event(callee, "attached")
    show("farline-cli: from start to attached", (time.monotonic() - start) * 1000, "ms")
    show("farline-cli: memory, attached and idle", resident(callee), "MB")
    show("farline-node: memory, two clients", resident(node), "MB")
    caller = start_program(running, "farline-cli", "--profile", f"{home}/anna", "call", "bela", "--duration",
                           str(CALL_SECONDS), *sound)
    wait_event(caller, "connected")
    time.sleep(CALL_SECONDS / 2)
    before = processor_seconds(caller)
    time.sleep(2)
    show("farline-cli: memory in a call at 2,160 bit/s", max(resident(caller), resident(callee)), "MB")
    spent = (processor_seconds(caller) - before) / 2 * 100
    show("farline-cli: processor in a call at 2,160 bit/s", spent, "% of a core")
    if caller.wait(timeout=30) != 0:
        raise SystemExit("process.py: the call failed")


def start_node(home, running):
    start = time.monotonic()
    node = start_program(running, "farline-node", "--data", f"{home}/node", "--listen", "127.0.0.1:0")
    invitation = ""
    while not invitation:
        line = node.stdout.readline()
        if not line:
            raise SystemExit("process.py: farline-node ended")
        if line.startswith("listening:"):
            show("farline-node: first start to listening (makes keys)", (time.monotonic() - start) * 1000, "ms")
        if line.startswith("invitation:"):
            invitation = line.split()[1]
    time.sleep(0.5)
    show("farline-node: memory, idle", resident(node), "MB")
    return node, invitation


def program(name):
    return os.path.join(folder, name)


def start_program(running, name, *arguments):
    process = subprocess.Popen([program(name), *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=subprocess.DEVNULL, text=True)
    running.append(process)
    return process


def wait_event(process, wanted):
    for line in process.stdout:
        if json.loads(line)["event"] == wanted:
            return
    raise SystemExit(f"process.py: the program ended before '{wanted}'")


def resident(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 / 1e6 for line in status if line.startswith("VmRSS"))


def processor_seconds(process):
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def show(what, figure, unit):
    print(f"  {what:<56} {figure:12.6g} {unit}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

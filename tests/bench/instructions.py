#!/usr/bin/env python3
"""How many instructions a second of speech costs on every rung, and a second of a whole call: the same on every machine
of one architecture.

instructions.py VOICE_LOOP CALL_LOOP. Runs them under valgrind (callgrind) with two lengths of speech; what the longer
one takes more, divided by the seconds it is longer. VOICE_LOOP is the voice layer, encoding and decoding; CALL_LOOP two
clients with all they do to sound and packets, of which one is counted.
"""
import array
import os
import re
import shutil
import subprocess
import sys
import tempfile
import wave
from concurrent.futures import ThreadPoolExecutor

SPEECH = "/usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.wav"
SECONDS = (0.96, 1.92)  # whole packets of every rung
OPUS_COMPLEXITY = "5"
CALL_SECONDS = (20, 30)  # both after the rung has been found
CALLS = (("clean,rate=2400,delay_ms=600", 10), ("clean,rate=64k,delay_ms=100", 10), ("clean,rate=64k,delay_ms=100", 5))
CYCLES = 1.6e9 / 4  # a quarter of a core of 1.6 GHz


def main():
    print("\nInstructions for a second of speech, encoded and decoded (callgrind; Opus at complexity 5)")
    if not shutil.which("valgrind") or not os.path.exists(SPEECH):
        print("  skipped: needs valgrind and recorded speech (package asterisk-core-sounds-en-wav)")
        return 0
    loop = sys.argv[1]
    listing = subprocess.run([loop], capture_output=True, text=True, check=True).stdout
    rungs = re.findall(r"^(\S+) +\d+ bit/s", listing, re.MULTILINE)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(os.cpu_count()) as pool:
        for seconds in SECONDS:
            cut(seconds, f"{folder}/{seconds}.wav")
        jobs = [(loop, folder, rung, seconds) for rung in rungs for seconds in SECONDS]
        counts = list(pool.map(lambda job: count(*job), jobs))
        cut(6, f"{folder}/call.wav")
        jobs = [(sys.argv[2], folder, link, complexity, s) for link, complexity in CALLS for s in CALL_SECONDS]
        calls = list(pool.map(lambda job: count_call(*job), jobs))
    for rung, short, long in zip(rungs, counts[::2], counts[1::2]):
        millions = (long - short) / (SECONDS[1] - SECONDS[0]) / 1e6
        print(f"  {rung:<56} {millions:12.1f} million", flush=True)
    print("\nInstructions for a second of a call: echo, noise, gain, codec, encryption, both directions; in brackets"
          "\nthe cycles that each may take if that is to be a quarter of a core of 1.6 GHz")
    for (link, complexity), short, long in zip(CALLS, calls[::2], calls[1::2]):
        instructions = (long - short) / (CALL_SECONDS[1] - CALL_SECONDS[0]) / 2
        name = f"{link}, Opus complexity {complexity}"
        print(f"  {name:<56} {instructions / 1e6:12.1f} million ({CYCLES / instructions:.1f})", flush=True)
    return 0


def cut(seconds, path):
    """The beginning of the speech at 16 kHz, so that voice_loop has nothing to resample."""
    with wave.open(SPEECH) as speech:
        low = array.array("h", speech.readframes(int(seconds * speech.getframerate())))
    between = [(a + b) // 2 for a, b in zip(low, low[1:])] + [0]
    with wave.open(path, "wb") as out:
        out.setparams((1, 2, 16000, 0, "NONE", ""))
        out.writeframes(array.array("h", [sample for pair in zip(low, between) for sample in pair]).tobytes())


def count(loop, folder, rung, seconds):
    return collect([loop, f"{folder}/{seconds}.wav", f"{folder}/{rung}-{seconds}.out", "--rung", rung, "--complexity",
                    OPUS_COMPLEXITY])


def count_call(loop, folder, link, complexity, seconds):
    return collect([loop, f"{folder}/call.wav", "--link", link, "--complexity", str(complexity), "--seconds",
                    str(seconds)])


def collect(command):
    tool = ["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    errors = subprocess.run(tool + command, capture_output=True, text=True, check=True).stderr
    return int(re.search(r"Collected : (\d+)", errors).group(1))


if __name__ == "__main__":
    sys.exit(main())

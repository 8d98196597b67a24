"""A loudspeaker beside its microphone, through the real way of sound: SDL, a sound server of our own with two null
sinks, and its loopback, which resamples to follow its clock. How far down the far end's own voice comes back, noise
included, and that near-end speech comes through while both speak. Runs without root."""
import array
import math
import os
import shutil
import subprocess
import sys
import tempfile
import time
import wave
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import demo_speech
from stage import Failure, Program, Stage

SKIPPED = 77
RATE = 16000
DELAY_MS = 120
NOISE_RMS = 30  # of 32768
CONVERGED, SINGLE_TALK = 10, 28  # seconds into the call
DOUBLE_TALK_SECONDS = 6
SPEECH_LEVEL = 64  # dB: what gain control makes of speech, 26 dB below full scale
WARM_UP = 4  # from the recorder's start to the connected call, at most


def test(stage):
    speech, near, noise = (stage.folder / f"{name}.wav" for name in ("far", "near", "noise"))
    demo_speech.write_speech(speech, demo_speech.HOME, 60)
    demo_speech.write_speech(near, demo_speech.FIELD, DOUBLE_TALK_SECONDS)
    write_noise(noise, 60)
    start_sound_server(stage)
    sound(stage, "noise", "paplay", "--device=mic", noise)

    node = stage.node()
    invitation = node.line_after("invitation")
    for person in ("amina", "bao"):
        stage.enroll(person, invitation, node.address)
    bao = stage.cli("bao-run", "bao", "run", "--answer", "auto", "--audio-in", f"loop:{speech}", "--audio-out",
                    stage.folder / "heard.wav")
    bao.event("attached", 10)
    recorder = sound(stage, "mic", "parec", "--device=mic.monitor", f"--rate={RATE}", "--channels=1", "--format=s16le",
                     "--raw", stage.folder / "mic.raw")
    amina = stage.cli("amina-call", "amina", "call", "bao", "--audio-in", "device", "--audio-out", "device",
                      "--duration", str(SINGLE_TALK + DOUBLE_TALK_SECONDS + 2))
    connected = amina.event("connected", 20)["at"]
    time.sleep(max(0.0, connected + SINGLE_TALK - time.monotonic()))
    sound(stage, "near", "paplay", "--device=mic", near)
    if amina.wait(30) != 0:
        raise Failure(f"the call failed\n{amina.tail()}")
    recorder.end()
    bao.event("ended", 10)
    bao.end()

    mic, heard = array.array("h", even((stage.folder / "mic.raw").read_bytes())), read_wav(stage.folder / "heard.wav")
    echo = median(levels(mic, CONVERGED + WARM_UP, SINGLE_TALK))
    left = median(levels(heard, CONVERGED, SINGLE_TALK - 1))
    through = median(levels(heard, SINGLE_TALK + 1, SINGLE_TALK + DOUBLE_TALK_SECONDS))
    figures = [("echo is down, single talk", echo - left, 45),
               ("near-end speech while both speak, to its level alone", through - SPEECH_LEVEL, -6)]
    for what, figure, least in figures:
        print(f"{'ok    ' if figure >= least else 'FAILED'} {what}: {figure:.1f} dB (at least {least})", flush=True)
    return all(figure >= least for _, figure, least in figures)


def start_sound_server(stage):
    runtime = stage.folder / "pulse"
    runtime.mkdir(mode=0o700)
    os.environ.update(XDG_RUNTIME_DIR=str(stage.folder), HOME=str(stage.folder), PULSE_RUNTIME_PATH=str(runtime),
                      SDL_AUDIODRIVER="pulseaudio")
    os.environ.pop("PULSE_SERVER", None)
    modules = ["module-native-protocol-unix", "module-null-sink sink_name=speaker rate=48000",
               "module-null-sink sink_name=mic rate=48000"]
    sound(stage, "server", "pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disallow-exit",
          "--use-pid-file=no", *(word for module in modules for word in ("-L", module)))
    for _ in range(50):
        if subprocess.run(["pactl", "info"], capture_output=True).returncode == 0:
            break
        time.sleep(0.2)
    loopback = ["load-module", "module-loopback", "source=speaker.monitor", "sink=mic", f"latency_msec={DELAY_MS}"]
    for command in (loopback, ["set-default-sink", "speaker"], ["set-default-source", "mic.monitor"]):
        subprocess.run(["pactl", *command], check=True, stdout=subprocess.DEVNULL)


def sound(stage, name, *argv):
    program = Program(f"sound-{name}", argv, stage.logs)
    stage.programs.append(program)
    return program


def write_noise(path, seconds):
    state, samples = 1, array.array("h")
    for _ in range(RATE * seconds):
        state = (state * 1103515245 + 12345) % 2**31
        samples.append(int((state / 2**31 - 0.5) * math.sqrt(12) * NOISE_RMS))
    with wave.open(str(path), "wb") as out:
        out.setparams((1, 2, RATE, 0, "NONE", ""))
        out.writeframes(samples.tobytes())


def read_wav(path):
    with wave.open(str(path), "rb") as wav:
        samples = array.array("h", wav.readframes(wav.getnframes()))
        return samples if wav.getframerate() == RATE else array.array("h", (s for s in samples for _ in range(2)))


def even(data):
    return data[:len(data) // 2 * 2]


def levels(samples, begin, end):
    """Of each second, in dB; no quieter than a square wave of half a step."""
    seconds = (samples[s * RATE:(s + 1) * RATE] for s in range(begin, end))
    return [10 * math.log10(max(sum(x * x for x in second) / RATE, 0.25)) for second in seconds if len(second) == RATE]


def median(values):
    if not values:
        raise Failure("nothing was recorded")
    return sorted(values)[len(values) // 2]


def main():
    missing = [tool for tool in ("pulseaudio", "pactl", "paplay", "parec") if not shutil.which(tool)]
    if missing:
        print(f"skipped: no {', '.join(missing)} (packages pulseaudio, pulseaudio-utils)")
        return SKIPPED
    with tempfile.TemporaryDirectory(prefix="farline-echo-") as folder, Stage(sys.argv[1], folder) as stage:
        return 0 if test(stage) else 1


if __name__ == "__main__":
    sys.exit(main())

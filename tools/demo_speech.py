"""Recorded speech for the demo: prompts of Debian's asterisk-core-sounds-en-wav, joined with pauses."""
import array
import wave
from pathlib import Path

from stage import Failure

PROMPTS = Path("/usr/share/asterisk/sounds/en_US_f_Allison")
RATE = 8000
PAUSE_SECONDS = 0.7
# The longest that are whole sentences said in one breath of thought; a different half for each side.
FIELD = ["demo-congrats", "demo-abouttotry", "demo-moreinfo", "vm-msginstruct", "tt-allbusy", "queue-periodic-announce"]
HOME = ["demo-echotest", "priv-callee-options", "dir-intro", "demo-nogo", "vm-review", "demo-instruct"]


def write_speech(path, prompts, seconds):
    """At least `seconds` of speech at RATE, mono, 16 bit."""
    samples = array.array("h")
    wanted = int(seconds * RATE)
    while len(samples) < wanted:
        for prompt in prompts:
            samples.extend(read_prompt(PROMPTS / f"{prompt}.wav"))
            samples.extend([0] * int(PAUSE_SECONDS * RATE))
            if len(samples) >= wanted:
                break
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(RATE)
        out.writeframes(samples.tobytes())


def read_prompt(path):
    if not path.exists():
        raise Failure(f"{path} is missing: install the Debian package asterisk-core-sounds-en-wav, or say WAV=mine.wav")
    with wave.open(str(path), "rb") as prompt:
        if (prompt.getframerate(), prompt.getnchannels(), prompt.getsampwidth()) != (RATE, 1, 2):
            raise Failure(f"{path} is not 16-bit mono at {RATE} Hz")
        return array.array("h", prompt.readframes(prompt.getnframes()))


def read_envelope(path, step_seconds):
    """Loudness for a picture: the largest sample of each step, 0 to 1. 16-bit WAV of any rate; first channel."""
    with wave.open(str(path), "rb") as sound:
        channels, step = sound.getnchannels(), int(sound.getframerate() * step_seconds)
        if sound.getsampwidth() != 2:
            return []
        peaks = []
        while data := sound.readframes(step):
            samples = array.array("h", data)[::channels]
            peaks.append(max(map(abs, samples)) / 32768 if samples else 0)
        return peaks

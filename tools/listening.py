"""What a listener had of a speech: both recordings are cut and compared, nothing of the programs is asked.

The speech is cut at its pauses into utterances of a few seconds. Each is looked for in what was heard by its loudness
curve, placed to 2 ms where ESTOI is best, and judged there, so that a delay that wanders costs nothing by itself.
"""
import wave
from dataclasses import dataclass

import numpy as np

from estoi import RATE, Clean

STEP = RATE // 250             # of a loudness curve: 4 ms
PAUSE, LEAST = 0.15, 1.5       # seconds: a pause that may end an utterance, and how long one is at least
DELAY_MAX = 20.0               # seconds
HEARD = 0.25                   # ESTOI; below, something else was heard or nothing (Codec2 700C gives 0.5)
ACTIVE_DB, SILENT_DB = 30, 34  # below the loudest of the speech; below the loud parts of what was heard
NEAR = 13                      # steps on either side in which it counts as heard: 50 ms
GUESSES, SURE = 3, 0.9         # places that are tried; one is enough when the curves agree so well
TAIL = 2.0                     # seconds before the end of a call by which nobody can be judged


@dataclass
class Utterance:
    begin: int  # samples of 16 kHz
    clean: Clean
    curve: np.ndarray


@dataclass
class Judged:
    begin: float    # seconds since the speech began
    end: float
    estoi: float    # 0 when it was not heard
    delay: float    # seconds from mouth to ear; None when it was not heard
    speech: float   # seconds without its pauses
    missing: float  # of those, where silence was heard


def read_wav(path):
    """16-bit PCM of any rate as 16 kHz; the first channel."""
    with wave.open(str(path), "rb") as sound:
        rate, channels = sound.getframerate(), sound.getnchannels()
        samples = np.frombuffer(sound.readframes(sound.getnframes()), "<i2")[::channels].astype(float)
    return resample(samples, rate)


def resample(samples, rate):
    """To 16 kHz, by the spectrum."""
    if rate == RATE or not len(samples):
        return samples
    padded = np.zeros(-(-len(samples) // rate) * rate)  # whole seconds
    padded[:len(samples)] = samples
    size = len(padded) // rate * RATE
    spectrum = np.zeros(size // 2 + 1, complex)
    old = np.fft.rfft(padded)
    kept = min(len(old), len(spectrum))
    spectrum[:kept] = old[:kept]
    return np.fft.irfft(spectrum, size)[:len(samples) * RATE // rate] * (RATE / rate)


def loudness(samples):
    """Of each step, as the root of the amplitude, which lets quiet sounds count."""
    return np.sqrt(np.abs(samples[:len(samples) // STEP * STEP]).reshape(-1, STEP).mean(axis=1))


def below(curve, share, decibels):
    return np.percentile(curve, 100 * share) * 10 ** (-decibels / 40) if len(curve) else 0.0


def cut(said):
    """The utterances of a recording at 16 kHz."""
    curve = loudness(said)
    loud = curve > below(curve, 1, ACTIVE_DB)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], loud, [False]]).astype(int))).reshape(-1, 2)
    spans = []
    for begin, end in edges:
        if spans and (begin - spans[-1][1] < PAUSE * RATE / STEP or spans[-1][1] - spans[-1][0] < LEAST * RATE / STEP):
            spans[-1][1] = end
        else:
            spans.append([begin, end])
    around = int(PAUSE * RATE / STEP / 2)
    spans = [(max(begin - around, 0), end + around) for begin, end in spans]
    return [Utterance(begin * STEP, Clean(said[begin * STEP:end * STEP]), curve[begin:end])
            for begin, end in spans if end - begin >= LEAST * RATE / STEP and end <= len(curve)]


def judge(utterances, heard, ahead, seconds):
    """Of a call of that many seconds. `ahead`: what was heard begins so much later than what was said."""
    curve = loudness(heard)
    silence = below(curve, 0.95, SILENT_DB)
    judged = [judge_one(utterance, heard, curve, ahead, silence) for utterance in utterances
              if (utterance.begin + utterance.clean.size) / RATE <= seconds - TAIL]
    delays = [one.delay for one in judged if one.delay is not None]
    late = 1.5 * float(np.median(delays)) if delays else 0.0  # what was still on its way at the end
    return [one for one in judged if one.end <= seconds - TAIL - late]


def judge_one(utterance, heard, curve, ahead, silence):
    size, first = utterance.clean.size, utterance.begin - round(ahead * RATE)  # `first`: where it is without delay
    scores = {}

    def score(at):
        if at not in scores:
            scores[at] = utterance.clean.judge(piece(heard, at, size))
        return scores[at]

    best = max(candidates(utterance.curve, curve, first), key=score, default=first)
    for step in (8, 4, 2):
        best = max((best + sign * step * RATE // 1000 for sign in (0, -1, 1)), key=score)
    active = utterance.curve > below(utterance.curve, 1, ACTIVE_DB)
    there = np.zeros(len(active), bool)
    if score(best) >= HEARD:
        near = np.pad(loudness(piece(heard, best, size)), NEAR)
        there = np.lib.stride_tricks.sliding_window_view(near, 2 * NEAR + 1).max(axis=1) >= silence
    return Judged(begin=utterance.begin / RATE, end=(utterance.begin + size) / RATE,
                  estoi=score(best) if there.any() else 0.0, delay=(best - first) / RATE if there.any() else None,
                  speech=float(active.sum()) * STEP / RATE, missing=float((active & ~there).sum()) * STEP / RATE)


def piece(heard, at, size):
    """With silence where nothing was recorded."""
    begin, end = max(at, 0), max(min(at + size, len(heard)), 0)
    out = np.zeros(size)
    if begin < end:
        out[begin - at:end - at] = heard[begin:end]
    return out


def candidates(said, heard, first):
    """Where in `heard` (samples, at `first` or later) the loudness curve agrees best."""
    begin = max(round(first / STEP), 0)
    window = heard[begin:begin + int(DELAY_MAX * RATE / STEP) + len(said)]
    if len(window) < len(said):
        return []
    wanted = said - said.mean()
    sums = np.cumsum(np.concatenate([[0], window])), np.cumsum(np.concatenate([[0], window ** 2]))
    total, squares = (values[len(said):] - values[:-len(said)] for values in sums)
    spread = np.sqrt(np.maximum(squares - total ** 2 / len(said), 1e-9))
    match = np.correlate(window, wanted) / (spread * np.linalg.norm(wanted) + 1e-9)
    found = []
    for _ in range(GUESSES):
        at = int(match.argmax())
        found.append((begin + at) * STEP)
        if match[at] > SURE:
            break
        match[max(at - 25, 0):at + 25] = -1
    return found

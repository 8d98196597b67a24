"""What a listener had of a speech: both recordings are cut and compared, nothing of the programs is asked.

The speech is cut at its pauses into utterances of a few seconds, which are looked for in what was heard by their
loudness curves, or where the one before was. Each piece of them, some 0.7 s, is then placed to 2 ms where ESTOI is
best, near the piece before, and judged there, so that a delay that grows or shrinks within a sentence costs little by
itself. What was played faster or slower, to catch up or to wait, is judged at its own speed.
"""
import wave
from dataclasses import dataclass

import numpy as np

from estoi import RATE, Clean

STEP = RATE // 250             # of a loudness curve: 4 ms
PAUSE, LEAST = 0.15, 1.5       # seconds: a pause that may end an utterance, and how long one is at least
LONG_PAUSE = 1.0               # seconds: always ends it
PIECE, STRETCH = 0.7, 0.2      # seconds of a piece at least, and how far it may be from where it was expected
DELAY_MAX = 20.0               # seconds
SPEEDS, DOUBT = (0.8, 0.9, 1.15, 1.3, 1.45), 0.6  # tried for pieces of an ESTOI below that
FASTER_GAIN = 0.1              # by how much another speed must be better to be believed
PROMISE = 0.27                 # less than this at the usual speed is somebody else's speech
HEARD = 0.3                    # ESTOI; below, something else was heard or nothing (Codec2 700C gives 0.5)
ACTIVE_DB, SILENT_DB = 30, 34  # below the loudest of the speech; below the loud parts of what was heard
NEAR = 13                      # steps on either side in which it counts as heard: 50 ms
GUESSES, APART = 3, 25         # places that are tried, steps between them
TURN = 8                       # seconds
TAIL = 2.0                     # seconds before the end of a call by which nobody can be judged


@dataclass
class Span:
    """A stretch of what was said."""
    begin: int  # samples of 16 kHz
    clean: Clean
    curve: np.ndarray


@dataclass
class Utterance(Span):
    pieces: list  # of Span


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


def resample(samples, rate, wanted=RATE):
    """By the spectrum."""
    if rate == wanted or not len(samples):
        return samples
    padded = np.zeros(-(-len(samples) // rate) * rate)  # whole seconds
    padded[:len(samples)] = samples
    size = len(padded) // rate * wanted
    spectrum = np.zeros(size // 2 + 1, complex)
    old = np.fft.rfft(padded)
    kept = min(len(old), len(spectrum))
    spectrum[:kept] = old[:kept]
    return np.fft.irfft(spectrum, size)[:len(samples) * wanted // rate] * (wanted / rate)


def write_wav(path, samples, rate):
    """16-bit mono."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(rate)
        sound.writeframes(np.clip(np.round(samples), -32768, 32767).astype("<i2").tobytes())


def write_turns(path, said, turn):
    """Of two people who take turns, what the one of `turn` 0 or 1 says."""
    samples = read_wav(said)
    silent = (np.arange(len(samples)) // (TURN * RATE)) % 2 != turn
    write_wav(path, np.where(silent, 0, samples), RATE)


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
        pause, length = ((begin - spans[-1][1], spans[-1][1] - spans[-1][0]) if spans else (np.inf, 0))
        if pause < PAUSE * RATE / STEP or (length < LEAST * RATE / STEP and pause < LONG_PAUSE * RATE / STEP):
            spans[-1][1] = end
        else:
            spans.append([begin, end])
    around = int(PAUSE * RATE / STEP / 2)
    spans = [(max(begin - around, 0), end + around) for begin, end in spans]
    return [Utterance(**vars(span(said, curve, begin, end)), pieces=cut_pieces(said, curve, begin, end))
            for begin, end in spans if end - begin >= LEAST * RATE / STEP and end <= len(curve)]


def span(said, curve, begin, end):
    """From one step to another."""
    return Span(begin * STEP, Clean(said[begin * STEP:end * STEP]), curve[begin:end])


def cut_pieces(said, curve, begin, end):
    edges = np.linspace(begin, end, int((end - begin) * STEP / RATE / PIECE) + 1).astype(int)
    pieces = [span(said, curve, *edge) for edge in zip(edges, edges[1:])]
    return [piece for piece in pieces if len(piece.clean.segments)]


def judge(utterances, heard, ahead, seconds):
    """Of a call of that many seconds. `ahead`: what was heard begins so much later than what was said."""
    curve = loudness(heard)
    silence = below(curve, 0.95, SILENT_DB)
    judged, shift = [], None
    for utterance in utterances:
        if (utterance.begin + utterance.clean.size) / RATE > seconds - TAIL:
            break
        placed = place(utterance, heard, curve, ahead, shift)
        one = judge_one(utterance, heard, placed, ahead, silence)
        if one.delay is not None:
            shift = placed[-1].at - placed[-1].piece.begin
        judged.append(one)
    delays = [one.delay for one in judged if one.delay is not None]
    late = 1.5 * float(np.median(delays)) if delays else 0.0  # what was still on its way at the end
    return [one for one in judged if one.end <= seconds - TAIL - late]


@dataclass
class Placed:
    piece: Span
    at: int  # in what was heard
    score: float


def place(utterance, heard, curve, ahead, shift):
    """The pieces where they are heard best. `shift`: of the end of the utterance before, or None."""
    def try_place(at, any_speed=False):
        placed = place_pieces(utterance, heard, curve, at - utterance.begin, any_speed)
        tried.append((mean_score(placed), at, placed))
        return tried[-1][0] >= DOUBT

    tried = []  # (score, place, pieces)
    first = utterance.begin - round(ahead * RATE)  # where it would be without delay
    if not (shift is not None and try_place(utterance.begin + shift)):
        found = [match for speed in (1.0, *SPEEDS)
                 for match in matches(at_speed(utterance.curve, speed), curve, first, DELAY_MAX)]
        any(try_place(at) for _, at in sorted(found, reverse=True)[:GUESSES]) or try_place(first)
    tried.sort(key=lambda one: one[0], reverse=True)
    if tried[0][0] < DOUBT:
        for score, at, _ in tried[:2]:
            if score >= PROMISE:
                try_place(at, any_speed=True)
    return max(tried, key=lambda one: one[0])[2]


def mean_score(placed):
    weights = [len(one.piece.clean.segments) for one in placed]
    return float(np.average([one.score for one in placed], weights=weights)) if placed else 0.0


def place_pieces(utterance, heard, curve, shift, any_speed):
    placed = []
    for piece in utterance.pieces:
        one, speed = place_piece(piece, heard, curve, piece.begin + shift), 1.0
        if any_speed and one.score < DOUBT:
            one, speed = try_speeds(one, heard, piece.begin + shift)
        if one.score >= HEARD:
            shift = one.at - piece.begin + round(piece.clean.size * (1 / speed - 1))
        placed.append(one)
    return placed


def place_piece(piece, heard, curve, expected):
    scores = {}

    def score(at):
        if at not in scores:
            scores[at] = piece.clean.judge(part(heard, at, piece.clean.size))
        return scores[at]

    near = matches(piece.curve, curve, expected - round(STRETCH * RATE), 2 * STRETCH)
    best = max([expected] + [at for _, at in near], key=score)
    for step in (8, 4, 2):
        best = max((best + sign * step * RATE // 1000 for sign in (0, -1, 1)), key=score)
    return Placed(piece, best, score(best))


def try_speeds(one, heard, expected):
    """The best of `one` and of other speeds nearby, and its speed."""
    clean = one.piece.clean
    reach, step = round(STRETCH * RATE), 16 * RATE // 1000
    found = max(((clean.judge_at_speed(part(heard, at, round(clean.size / speed)), speed), speed, at)
                 for speed in SPEEDS for at in range(expected - reach, expected + reach + 1, step)))
    return (Placed(one.piece, found[2], found[0]), found[1]) if found[0] > one.score + FASTER_GAIN else (one, 1.0)


def judge_one(utterance, heard, placed, ahead, silence):
    estoi = mean_score(placed)
    speech = missing = 0.0
    for one in placed:
        active = one.piece.curve > below(utterance.curve, 1, ACTIVE_DB)
        near = np.pad(loudness(part(heard, one.at, one.piece.clean.size)), NEAR)
        there = np.lib.stride_tricks.sliding_window_view(near, 2 * NEAR + 1).max(axis=1) >= silence
        if estoi < HEARD:
            there[:] = False
        speech += float(active.sum()) * STEP / RATE
        missing += float((active & ~there).sum()) * STEP / RATE
    delays = [(one.at - one.piece.begin) / RATE + ahead for one in placed if one.score >= HEARD]
    is_heard = estoi >= HEARD and bool(delays)
    return Judged(begin=utterance.begin / RATE, end=(utterance.begin + utterance.clean.size) / RATE,
                  estoi=estoi if is_heard else 0.0, delay=float(np.median(delays)) if is_heard else None,
                  speech=speech, missing=missing)


def part(heard, at, size):
    """With silence where nothing was recorded."""
    begin, end = max(at, 0), max(min(at + size, len(heard)), 0)
    out = np.zeros(size)
    if begin < end:
        out[begin - at:end - at] = heard[begin:end]
    return out


def at_speed(curve, speed):
    return np.interp(np.arange(0, len(curve) - 1, speed), np.arange(len(curve)), curve)


def matches(said, heard, first, seconds):
    """(correlation, place) where in `heard` (samples, from `first` on for so many seconds) the curves agree best."""
    begin = max(round(first / STEP), 0)
    window = heard[begin:begin + int(seconds * RATE / STEP) + len(said)]
    if len(window) < len(said):
        return []
    wanted = said - said.mean()
    sums = np.cumsum(np.concatenate([[0], window])), np.cumsum(np.concatenate([[0], window ** 2]))
    total, squares = (values[len(said):] - values[:-len(said)] for values in sums)
    spread = np.sqrt(np.maximum(squares - total ** 2 / len(said), 1e-9))
    size = 1 << (len(window) + len(wanted) - 1).bit_length()
    products = np.fft.irfft(np.fft.rfft(window, size) * np.conj(np.fft.rfft(wanted, size)), size)[:len(spread)]
    match = products / (spread * np.linalg.norm(wanted) + 1e-9)
    found = []
    for _ in range(GUESSES):
        at = int(match.argmax())
        found.append((float(match[at]), (begin + at) * STEP))
        match[max(at - APART, 0):at + APART] = -1
    return found


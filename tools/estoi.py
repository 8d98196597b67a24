"""ESTOI (Jensen & Taal, "An algorithm for predicting the intelligibility of speech masked by modulated noise maskers",
IEEE/ACM TASLP 2016): 1 = as intelligible as the original, 0 = not at all. Over 14 third-octave bands from 150 Hz to
3.4 kHz, so that 8 kHz codecs and wideband ones are judged alike. At 16 kHz: frames of 25.6 ms, FFT of 1024, as
tests/support/estoi.h, whose figures these are (tests/tools).
"""
import numpy as np

RATE = 16000
FRAME, HOP, FFT, BANDS = 410, 205, 1024, 14
SEGMENT, STEP = 30, 3  # frames: 384 ms, judged every 38 ms
DYNAMIC_RANGE_DB = 40
WINDOW = np.hanning(FRAME + 2)[1:-1]


def band_matrix():
    def bin_of(hertz):
        return int(np.floor(hertz * FFT / RATE + 0.5))
    matrix = np.zeros((FFT // 2 + 1, BANDS))
    for band in range(BANDS):
        matrix[bin_of(150 * 2 ** ((2 * band - 1) / 6)):bin_of(150 * 2 ** ((2 * band + 1) / 6)), band] = 1
    return matrix


MATRIX = band_matrix()


def frames(signal):
    if len(signal) < FRAME:
        return np.zeros((0, FRAME))
    return np.lib.stride_tricks.sliding_window_view(signal, FRAME)[::HOP] * WINDOW


def overlap_add(parts):
    out = np.zeros((len(parts) - 1) * HOP + FRAME if len(parts) else 0)
    for i, part in enumerate(parts):
        out[i * HOP:i * HOP + FRAME] += part
    return out


def normalised_segments(parts):
    """Segments x bands x frames: each band over its frames, then each frame over its bands, of mean 0 and length 1."""
    spectrum = np.sqrt(np.abs(np.fft.rfft(parts, FFT)) ** 2 @ MATRIX)
    if len(spectrum) < SEGMENT:
        return np.zeros((0, BANDS, SEGMENT))
    segments = np.lib.stride_tricks.sliding_window_view(spectrum, SEGMENT, axis=0)[::STEP]
    for axis in (2, 1):
        segments = segments - segments.mean(axis=axis, keepdims=True)
        segments = segments / (np.linalg.norm(segments, axis=axis, keepdims=True) + 1e-12)
    return segments


class Clean:
    """A piece of speech as it was said, at 16 kHz, to judge what was heard of it."""

    def __init__(self, signal):
        self.size = len(signal)
        parts = frames(signal)
        level = 10 * np.log10((parts ** 2).sum(axis=1) + 1e-9)
        self.kept = level >= level.max(initial=-np.inf) - DYNAMIC_RANGE_DB
        self.segments = normalised_segments(frames(overlap_add(parts[self.kept])))

    def judge(self, heard):
        """`heard` is in time with what was said, and as long."""
        return self.compare(frames(overlap_add(frames(heard)[self.kept])))

    def judge_at_speed(self, heard, speed):
        """`heard` begins with what was said and is `speed` times as fast; not part of the published measure."""
        places = np.round(np.flatnonzero(self.kept) * HOP / speed).astype(int)
        padded = np.pad(heard, (0, max(0, int(places.max(initial=0)) + FRAME - len(heard))))
        return self.compare(np.lib.stride_tricks.sliding_window_view(padded, FRAME)[places] * WINDOW)

    def compare(self, parts):
        segments = normalised_segments(parts)
        return float((self.segments * segments).sum() / SEGMENT / len(segments)) if len(segments) else 0.0


def estoi(clean, heard):
    size = min(len(clean), len(heard))
    return Clean(clean[:size]).judge(heard[:size])

#!/usr/bin/python3
"""The measures of `make field`, on speech that was delayed, cut, quickened and made noisy on purpose.

    test_measures.py PROGRAM   (estoi_of)
"""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

try:
    import numpy as np
except ImportError:
    print("skipped: needs the Debian package python3-numpy")
    sys.exit(77)

import demo_speech
import field_measures
import listening
from estoi import RATE, estoi
from stage import Failure

SECONDS = 20


class Listening(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory(prefix="farline-measures-")
        path = Path(cls.folder.name) / "said.wav"
        demo_speech.write_speech(path, demo_speech.FIELD, SECONDS)
        cls.said = listening.read_wav(path)[:SECONDS * RATE]
        cls.utterances = listening.cut(cls.said)
        cls.noise = np.random.default_rng(1).standard_normal(len(cls.said))

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def judge(self, heard, ahead=0.0):
        return listening.judge(self.utterances, heard, ahead, SECONDS)

    def test_estoi_is_that_of_the_cpp_tests(self):
        paths = [Path(self.folder.name) / name for name in ("clean.wav", "heard.wav")]
        for level in (30, 300, 3000):
            heard = np.clip(np.round(self.said + level * self.noise), -32768, 32767)
            for path, samples in zip(paths, (self.said, heard)):
                listening.write_wav(path, samples, RATE)
            done = subprocess.run([program, *paths], check=True, capture_output=True, text=True)
            self.assertAlmostEqual(estoi(np.round(self.said), heard), float(done.stdout), delta=0.001)

    def test_delay(self):
        judged = self.judge(np.concatenate([np.zeros(RATE * 5 // 4), self.said]), ahead=0.5)
        self.assertGreaterEqual(len(judged), 4)
        for one in judged:
            self.assertAlmostEqual(one.delay, 1.75, delta=0.003)
            self.assertGreater(one.estoi, 0.98)
            self.assertLess(one.missing, 0.05)

    def test_what_is_cut_is_missing(self):
        heard = self.said.copy()
        lost = self.utterances[2]
        heard[lost.begin:lost.begin + lost.clean.size] = 0
        judged = self.judge(heard)
        self.assertEqual([one.delay is None for one in judged[:4]], [False, False, True, False])
        self.assertEqual(judged[2].estoi, 0)
        self.assertAlmostEqual(judged[2].missing, judged[2].speech)

    def test_somebody_else_is_not_heard(self):
        path = Path(self.folder.name) / "other.wav"
        demo_speech.write_speech(path, demo_speech.HOME, SECONDS)
        self.assertTrue(all(one.delay is None for one in self.judge(listening.read_wav(path))))

    def test_a_turn_of_somebody_else_ends_an_utterance(self):
        said = np.concatenate([self.said[:8 * RATE], np.zeros(8 * RATE), self.said[8 * RATE:]])
        for one in listening.cut(said):
            self.assertFalse(one.begin < 8 * RATE and one.begin + one.clean.size > 16 * RATE)

    def test_noise_costs(self):
        quiet, loud = (np.mean([one.estoi for one in self.judge(self.said + level * self.noise)])
                       for level in (30, 1000))
        self.assertGreater(quiet, loud + 0.1)

    def test_quicker_speech_is_understood(self):
        # Every fifth piece of 50 ms left out.
        pieces = self.said[:len(self.said) // 800 * 800].reshape(-1, 800)
        judged = self.judge(pieces[np.arange(len(pieces)) % 5 != 4].reshape(-1), ahead=5.0)
        self.assertGreater(np.mean([one.estoi for one in judged]), 0.4)

    def test_resampling(self):
        time = np.arange(RATE) / RATE
        for rate in (8000, 48000):
            tone = np.sin(2 * np.pi * 1000 * np.arange(rate) / rate)
            np.testing.assert_allclose(listening.resample(tone, rate), np.sin(2 * np.pi * 1000 * time), atol=1e-6)


class Figures(unittest.TestCase):
    tariff = {"type": "none", "block_s": 0, "min_s": 0, "usd_per_min": 0, "usd_per_mb": 0, "session_min_bytes": 0,
              "after_s": 0, "min_bytes_per_s": 0}

    def cost(self, bytes_an_hour, **changes):
        return field_measures.cost_an_hour(self.tariff | changes, bytes_an_hour)

    def test_cost(self):
        self.assertEqual(self.cost(1e6), "")
        self.assertEqual(self.cost(1e6, type="time", block_s=20, usd_per_min=1.44), "$86")
        self.assertEqual(self.cost(1e6, type="time", block_s=15, min_s=30), "60 min")
        self.assertEqual(self.cost(2e6, type="bytes", usd_per_mb=6.95), "$14")
        least = {"type": "bytes", "session_min_bytes": 5120, "after_s": 300, "min_bytes_per_s": 300}
        self.assertEqual(self.cost(0, **least), "1.0 MB")
        self.assertEqual(self.cost(3.6e6, **least), "3.6 MB")

    def test_link(self):
        packets = [{"at": 10 + i / 10, "way": "up" if i % 2 else "down", "bytes": 100, "queue_s": i / 100,
                    "verdict": "queue" if i == 1 else "loss" if i == 3 else "ok"} for i in range(100)]
        way = field_measures.measure_link(packets, "up", 10, 20)
        self.assertEqual((way.packets, way.lost, way.refused, way.bytes), (50, 1, 1, 5000))
        self.assertAlmostEqual(field_measures.percentile(way.queue, 0.95), 0.95)
        self.assertEqual({rate for _, rate in way.rates}, {4000})


if __name__ == "__main__":
    program = sys.argv.pop(1)
    try:
        demo_speech.read_prompt(demo_speech.PROMPTS / f"{demo_speech.FIELD[0]}.wav")
    except Failure as failure:
        print(f"skipped: {failure}")
        sys.exit(77)
    unittest.main()

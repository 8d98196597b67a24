#!/usr/bin/env python3
"""Calls as a person makes them: heard on both sides, and every way not to get through."""
import calls
import report
from calls import PATIENCE, demo_speech


class Talking(calls.Test):
    def setUp(self):
        super().setUp()
        self.enroll("ana", "ben")

    def hears(self, said, heard):
        """What was said is in it, as loud and soft as it was said."""
        step = report.ENVELOPE_SECONDS
        said, heard = (report.read_envelope(path, step) for path in (said, heard))
        piece = said[50:200]
        best = max(report.correlation(piece, heard[lag:lag + len(piece)]) for lag in range(len(heard) - len(piece)))
        self.assertGreater(best, 0.6)

    def test_both_are_heard(self):
        said = {name: self.speech(f"{name}-said.wav", prompts, 20)
                for name, prompts in (("ana", demo_speech.FIELD), ("ben", demo_speech.HOME))}
        ben = self.run_("ben", "--answer", "auto", "--audio-in", said["ben"], "--audio-out", self.path("ben.wav"))
        ana = self.cli("ana", "call", "BEN", "--audio-in", said["ana"], "--audio-out", self.path("ana.wav"),
                       "--duration", 8)
        self.assertEqual(self.code(ana), 0)
        self.assertEqual([e["event"] for e in ana.events if e["event"] != "stats"],
                         ["attached", "ringing", "connected", "ended"])
        self.assertEqual(ben.event("ended", PATIENCE)["reason"], "peer-hung-up")
        self.assertEqual(ben.event("incoming")["peer"], "ana")
        self.assertGreaterEqual(len([e for e in ana.events if e["event"] == "stats"]), 6)
        self.assertEqual(ana.last("stats")["path"], "relay")
        self.hears(said["ana"], self.path("ben.wav"))
        self.hears(said["ben"], self.path("ana.wav"))

    def test_the_callee_hangs_up(self):
        ben = self.run_("ben", "--answer", "auto")
        ana = self.cli("ana", "call", "ben")
        ana.event("connected", PATIENCE)
        self.assertEqual(self.code(self.cli("ben", "hangup")), 0)
        self.assertEqual(self.code(ana), 0)
        self.assertEqual(ana.last("ended")["reason"], "peer-hung-up")
        self.assertEqual(ben.event("ended", PATIENCE)["reason"], "hung-up")

    def test_keys_of_a_keypad(self):
        ben = self.run_("ben", "--answer", "auto")
        self.run_("ana")
        self.assertEqual(self.press("1"), 69)  # no call runs
        ana = self.cli("ana", "call", "ben")
        ana.event("connected", PATIENCE)
        self.assertEqual([self.press(keys) for keys in ("12#", "x", "*")], [0, 69, 0])
        ben.wait_for("keys", lambda: (ben.last("stats") or {}).get("keys") == "12#*", PATIENCE)
        self.assertEqual(self.code(self.cli("ben", "hangup")), 0)
        self.assertEqual(self.code(ana), 0)

    def press(self, keys):
        return self.tool("farline-cli", "--profile", self.path("ana"), "press", keys).returncode

    def test_ctrl_c_hangs_up(self):
        ben = self.run_("ben", "--answer", "auto")
        ana = self.cli("ana", "call", "ben")
        ana.event("connected", PATIENCE)
        ana.ask_to_end()
        self.assertEqual(self.code(ana), 0)
        self.assertEqual(ben.event("ended", PATIENCE)["reason"], "peer-hung-up")

    def test_a_run_makes_the_call_for_its_profile(self):
        self.run_("ben", "--answer", "auto")
        self.run_("ana")
        ana = self.cli("ana", "call", "ben", "--duration", 2)
        self.assertEqual(self.code(ana), 0)
        self.assertEqual([e["event"] for e in ana.events if e["event"] != "stats"],
                         ["attached", "ringing", "connected", "ended"])

    def test_what_it_costs(self):
        self.run_("ben", "--answer", "auto")
        for tariff, cost in (("2/MB EUR", lambda e: 2e-6 * (e["bytes_tx"] + e["bytes_rx"])), ("1.50/20s+60s EUR",
                                                                                              lambda e: 4.5)):
            ana = self.cli("ana", "call", "ben", "--duration", 2, "--tariff", tariff, program=f"ana-{tariff[0]}")
            self.assertEqual(self.code(ana), 0)
            for event in (ana.last("stats"), ana.last("ended")):
                self.assertAlmostEqual(event["cost"], cost(event), places=3)
                self.assertEqual(event["currency"], "EUR")
        self.assertEqual(self.code(self.cli("ana", "call", "ben", "--tariff", "2/GB", program="ana-wrong")), 2)

    def test_one_after_another(self):
        ben = self.run_("ben", "--answer", "auto", "--audio-out", self.path("ben.wav"))
        for number in range(3):
            self.assertEqual(self.code(self.cli("ana", "call", "ben", "--duration", 1,
                                                program=f"ana-{number}")), 0)
            ben.event("ended", PATIENCE, nth=number)
        for name in ("ben.wav", "ben-2.wav", "ben-3.wav"):
            self.assertTrue(self.path(name).exists())


class NotTalking(calls.Test):
    def setUp(self):
        super().setUp()
        self.enroll("ana", "ben")

    def call(self, outcome, code, name="ben"):
        ana = self.cli("ana", "call", name)
        self.assertEqual(self.code(ana), code, ana.lines)
        self.assertEqual(ana.last("ended")["reason"], outcome)
        return [event["event"] for event in ana.events]

    def test_no_such_name(self):
        self.call("no-such-name", 67, "nobody")

    def test_not_attached(self):
        self.call("not-attached", 14)

    def test_declined(self):
        ben = self.run_("ben", "--answer", "never")
        ana = self.cli("ana", "call", "ben")
        ben.event("incoming", PATIENCE)
        ana.event("ringing", PATIENCE)
        self.assertEqual(self.code(self.cli("ben", "hangup")), 0)
        self.assertEqual(self.code(ana), 12)
        self.assertEqual([event["event"] for event in ana.events], ["attached", "ringing", "declined", "ended"])

    def test_busy(self):
        self.enroll("eva")
        ben = self.run_("ben", "--answer", "auto")
        eva = self.cli("eva", "call", "ben")
        eva.event("connected", PATIENCE)
        self.assertEqual(self.call("busy", 11), ["attached", "busy", "ended"])
        self.assertIsNone(ben.event_now("ended"))
        eva.ask_to_end()
        self.assertEqual(self.code(eva), 0)

    def test_given_up_is_a_missed_call(self):
        ben = self.run_("ben", "--answer", "never")
        ana = self.cli("ana", "call", "ben")
        ana.event("ringing", PATIENCE)
        ana.ask_to_end()
        self.assertEqual(self.code(ana), 0)
        self.assertEqual(ben.event("ended", PATIENCE)["reason"], "missed")
        status = self.cli("ben", "status")
        self.assertEqual(self.code(status), 0)
        self.assertIn('"missed_calls": 1', status.lines[0])


if __name__ == "__main__":
    calls.main()

#!/usr/bin/env python3
"""`farline-cli chat send-voice` and `play`, between real programs."""
import json
import signal
import time
import wave

import calls
from calls import PATIENCE


class VoiceNotes(calls.Test):
    def setUp(self):
        super().setUp()
        self.enroll("ana", "ben")

    def words(self, who, *words):
        return self.tool("farline-cli", "--profile", self.path(who), "--json", "chat", *words)

    def chat(self, who, *words):
        answer = self.words(who, *words)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def said(self, seconds):
        with wave.open(str(self.speech("all.wav", calls.demo_speech.HOME, seconds))) as file:
            rate, sound = file.getframerate(), file.readframes(seconds * file.getframerate())
        with wave.open(str(self.path("said.wav")), "wb") as file:
            file.setparams((1, 2, rate, 0, "NONE", None))
            file.writeframes(sound)
        return self.path("said.wav")

    def notes(self, who):
        answer = self.words(who, "read", "Convoy")
        found = [json.loads(line) for line in answer.stdout.splitlines()] if answer.returncode == 0 else []
        return [message["attachments"][0] for message in found if message["kind"] == "voice"]

    def wait_for(self, who, count):
        """Until so many are here and can be heard."""
        deadline = time.monotonic() + 3 * PATIENCE
        notes = self.notes(who)
        while time.monotonic() < deadline:
            if len(notes) == count and all(note["have"] == note["size"] for note in notes):
                break
            time.sleep(0.5)
            notes = self.notes(who)
        self.assertEqual([note["have"] == note["size"] for note in notes], count * [True])
        return notes

    def seconds(self, path):
        with wave.open(str(path)) as file:
            self.assertEqual((file.getnchannels(), file.getframerate()), (1, 16000))
            return file.getnframes() / 16000, file.readframes(file.getnframes())

    def test_notes_come_by_themselves(self):
        said = self.said(10)
        ana = self.run_("ana")
        ben = self.run_("ben")
        self.chat("ana", "new", "Convoy", "--members", "ben")
        first = self.chat("ana", "send-voice", "Convoy", said)[0]["id"]
        note = self.wait_for("ben", 1)[0]
        self.assertEqual((note["id"], note["kind"]), (first, "voice"))
        self.assertLess(note["size"], 1000)
        self.assertAlmostEqual(note["duration_ms"] / 1000, 10, delta=0.3)
        self.assertEqual(len(note["waveform"]), 24)
        self.assertGreater(max(note["waveform"]), 8)
        self.assertEqual(self.chat("ben", "play", "Convoy", first, "--to", self.path("heard.wav")), [])
        length, sound = self.seconds(self.path("heard.wav"))
        self.assertAlmostEqual(length, 10, delta=0.3)
        self.assertGreater(max(sound[1::2]), 4)  # not silence
        # Said while nobody is there, without a `run`: it goes out with the next one, into the mailbox, and is heard
        # when its author is gone.
        ben.end()
        ana.process.send_signal(signal.SIGKILL)
        ana.process.wait()
        second = self.chat("ana", "send-voice", "Convoy", said, "--rate", "1200")[0]["id"]
        ana = self.cli("ana", "run", *calls.quiet(()), program="ana-again")
        ana.event("attached", PATIENCE)
        self.wait_for_state("ana", second, "on-relay")
        ana.end()
        self.run_("ben")
        self.assertEqual(self.wait_for("ben", 2)[1]["id"], second)
        # In real time, by whoever is asked, while a `run` has the profile.
        began = time.monotonic()
        self.chat("ben", "play", "Convoy", second, "--audio-out", "null")
        self.assertGreater(time.monotonic() - began, 9.5)

    def wait_for_state(self, who, message, state):
        deadline = time.monotonic() + PATIENCE
        found = None
        while found != state and time.monotonic() < deadline:
            time.sleep(0.2)
            found = next(m["state"] for m in self.chat(who, "read", "Convoy") if m["id"] == message)
        self.assertEqual(found, state)

    def test_recorded_and_refused(self):
        self.chat("ana", "new", "Convoy", "--members", "ben")
        said = self.said(5)
        sent = self.chat("ana", "send-voice", "Convoy", "--seconds", "1.5", "--audio-in", f"loop:{said}")[0]["id"]
        self.assertAlmostEqual(self.notes("ana")[0]["duration_ms"], 1500, delta=200)
        for words, code in ((("send-voice", "Convoy"), 2), (("send-voice", "Convoy", said, "--rate", "701"), 2),
                            (("send-voice", "Convoy", self.path("none.wav")), 74),
                            (("send-voice", "Nobody", said), 65), (("play", "Convoy", "x"), 2),
                            (("play", "Convoy", sent, "--to", self.path("no/such/folder.wav")), 74)):
            answer = self.words("ana", *words)
            self.assertEqual(answer.returncode, code, (words, answer.stdout, answer.stderr))
        # Where nobody takes a call, a note is the way to say it.
        answer = self.tool("farline-cli", "--profile", self.path("ana"), "--json", "call", "ben", *calls.quiet(()))
        self.assertIs(json.loads(answer.stdout.splitlines()[-1]).get("voice_note"), True, answer.stdout)
        text = self.chat("ana", "send", "Convoy", "text")[0]["id"]
        self.assertEqual(self.words("ana", "play", "Convoy", text).returncode, 65)


if __name__ == "__main__":
    calls.main()

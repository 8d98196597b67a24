#!/usr/bin/env python3
"""Programs that chat are killed (SIGKILL) at random moments of sending, taking, synchronising and tidying up: whatever
was acknowledged is there afterwards, on both sides, and once. FARLINE_KILLS=500 kills as often, FARLINE_SEED chooses
when; the default is for every day."""
import collections
import json
import os
import random
import subprocess
import time

import calls
from calls import PATIENCE

KILLS = int(os.environ.get("FARLINE_KILLS", "20"))
SEED = int(os.environ.get("FARLINE_SEED", "1"))
PEOPLE = ("ana", "ben")
PROFILE_IN_USE = 78


class ChatKill(calls.Test):
    def setUp(self):
        super().setUp()
        self.enroll(*PEOPLE)
        self.rng = random.Random(SEED)
        self.runs = {}
        self.started = 0
        self.acknowledged = {name: set() for name in PEOPLE}

    def start(self, name):
        self.started += 1
        self.runs[name] = self.stage.cli(f"{name}-{self.started}", name, "run", *calls.quiet(()))

    def kill(self, name):
        program = self.runs.pop(name)
        # One that began while `chat send` had the profile gives way.
        self.assertIn(program.process.poll(), (None, PROFILE_IN_USE), f"{name}'s ended\n{program.tail()}")
        program.process.kill()
        program.process.wait()
        program.close()
        self.stage.programs.remove(program)

    def argv(self, name, *words):
        return [self.stage.bin / "farline-cli", "--profile", self.path(name), "--json", "chat", *map(str, words)]

    def ask(self, name, *words):
        """Until it is answered: a `run` that starts holds the profile before it can be asked."""
        deadline = time.monotonic() + PATIENCE
        while True:
            answer = subprocess.run(self.argv(name, *words), capture_output=True, text=True, stdin=subprocess.DEVNULL,
                                    timeout=PATIENCE, check=False)
            if answer.returncode == 0:
                return [json.loads(line) for line in answer.stdout.splitlines()]
            if time.monotonic() > deadline:
                self.fail(answer.stdout + answer.stderr)
            time.sleep(0.1)

    def read(self, name):
        """By id; what stands there twice fails."""
        messages = self.ask(name, "export", "Convoy")
        for key in ("id", "text"):
            twice = [what for what, n in collections.Counter(m[key] for m in messages).items() if n > 1]
            self.assertEqual(twice, [], f"doubled at {name}")
        return {message["id"]: message["text"] for message in messages}

    def sending(self, name, number):
        words = ("send", "Convoy", f"line {number} by {name}")
        if number % 5 == 4:
            path = self.path(f"file {number} by {name}")
            path.write_bytes(self.rng.randbytes(3000))
            words = ("send-file", "Convoy", path)
        return subprocess.Popen(self.argv(name, *words), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                stdin=subprocess.DEVNULL, start_new_session=True)

    def one_round(self, number):
        senders = {name: self.sending(name, number) for name in PEOPLE}
        time.sleep(self.rng.uniform(0, 0.15))
        victim = self.rng.choice(PEOPLE)
        if victim in self.runs and self.rng.random() < 0.7:
            self.kill(victim)
        else:
            senders[victim].kill()
        for name, sender in senders.items():
            out, _ = sender.communicate(timeout=PATIENCE)
            said = json.loads(out) if out.endswith(b"\n") else {}
            if "id" in said:  # said whole: that is the promise; else it is an error
                self.acknowledged[name].add(said["id"])
        there = self.read(victim)
        self.assertLessEqual(self.acknowledged[victim], there.keys(), f"lost after kill {number}, seed {SEED}")
        for name in PEOPLE:
            if name not in self.runs and self.rng.random() < 0.7:
                self.start(name)

    def test_killed_at_any_moment(self):
        for name in PEOPLE:
            self.start(name)
            self.runs[name].event("attached", PATIENCE)
        self.ask("ana", "new", "Convoy", "--members", "ben")
        self.read("ben")  # waits until the chat has come
        for number in range(KILLS):
            self.one_round(number)
        for name in PEOPLE:
            if name in self.runs:
                self.kill(name)
            self.start(name)
        deadline = time.monotonic() + 3 * PATIENCE
        while (ana := self.read("ana")) != (ben := self.read("ben")) and time.monotonic() < deadline:
            time.sleep(0.5)
        self.assertEqual(ana, ben)
        everything = self.acknowledged["ana"] | self.acknowledged["ben"]
        self.assertGreaterEqual(len(everything), KILLS // 2)
        self.assertLessEqual(everything, ana.keys())
        print(f"{KILLS} kills, seed {SEED}: {len(everything)} acknowledged, {len(ana)} there, on both sides")


if __name__ == "__main__":
    calls.main()

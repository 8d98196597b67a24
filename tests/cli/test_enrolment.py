#!/usr/bin/env python3
"""Enrolment while the node or the device is killed: what was confirmed is still there afterwards."""
import random
import shutil
import signal
import time

import programs
from programs import run

NO_SUCH_NAME = 67


class Killed(programs.Test):
    def setUp(self):
        super().setUp()
        self.node = self.start_node()
        self.listen = self.node.address
        self.invitation = run("farline-node", "--data", self.at("node"), "invite", "--uses", 100).out.split()[1]

    def enroll(self, name):
        return ("farline-cli", "--profile", self.at(name), "enroll", self.invitation, "--name", name,
                "--no-passphrase")

    def is_attached(self, name):
        """Only who is attached is told that there is no such person."""
        return run("farline-cli", "--profile", self.at(name), "call", "nobody", "--audio-in", "silence", "--audio-out",
                   "null").code == NO_SUCH_NAME

    def test_the_node(self):
        dice = random.Random(3)
        names = [f"person{number}" for number in range(6)]
        for name in names:
            device = programs.Running(self, *self.enroll(name))
            time.sleep(dice.uniform(0, 0.08))
            self.node.end(signal.SIGKILL)
            self.node = self.start_node(listen=self.listen)
            self.assertEqual(device.process.wait(programs.PATIENCE), 0, "".join(device.errors))
        self.node.end(signal.SIGKILL)
        self.start_node(listen=self.listen)
        self.assertEqual([name for name in names if not self.is_attached(name)], [])
        status = run("farline-node", "--data", self.at("node"), "status", "--json").json
        self.assertEqual((status["devices"], status["people"]), (len(names), len(names)))

    def test_the_device(self):
        dice = random.Random(4)
        for number in range(6):
            name = f"person{number}"
            device = programs.Running(self, *self.enroll(name))
            time.sleep(dice.uniform(0, 0.08))
            device.end(signal.SIGKILL)
            again = run(*self.enroll(name))
            if again.code != 0 and not self.is_attached(name):
                # Cut in the middle: it says so, and a fresh folder works.
                self.assertEqual(again.code, 78, again)
                shutil.rmtree(self.at(name))
                self.check(run(*self.enroll(name)), 0)
            self.assertTrue(self.is_attached(name))


if __name__ == "__main__":
    programs.main()

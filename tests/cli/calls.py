"""Calls between programs on the loopback interface, for test_call*.py: people who are attached, and what they say."""
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import demo_speech
from stage import Failure, Stage

PATIENCE = 60  # seconds; a sanitizer build on a busy machine is slow
folder = None  # of the programs


class Test(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="farline-call-")
        self.addCleanup(scratch.cleanup)
        self.stage = Stage(folder, scratch.name)
        self.addCleanup(self.stage.__exit__)
        self.node = self.stage.node()
        self.invitation = self.node.line_after("invitation")

    def path(self, name):
        return self.stage.folder / name

    def enroll(self, *names, node=None):
        for name in names:
            self.stage.enroll(name, self.invitation, node, PATIENCE)

    def run_(self, name, *words):
        """Somebody who stays attached."""
        program = self.stage.cli(f"{name}-run", name, "run", *quiet(words))
        program.event("attached", PATIENCE)
        return program

    def cli(self, name, *words, program=None):
        words = quiet(words) if words[0] == "call" else words
        return self.stage.cli(program or f"{name}-{words[0]}", name, *words)

    def tool(self, name, *words):
        """Runs one to its end."""
        return subprocess.run([self.stage.bin / name, *map(str, words)], capture_output=True, text=True,
                              stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)

    def code(self, program):
        return program.wait(PATIENCE)

    def talk(self):
        """Options of two sides that both say something all the time."""
        return [["--audio-in", f"loop:{self.speech(name + '.wav', prompts, 20)}"]
                for name, prompts in (("field", demo_speech.FIELD), ("home", demo_speech.HOME))]

    def speech(self, name, prompts, seconds):
        demo_speech.write_speech(self.path(name), prompts, seconds)
        return self.path(name)


def quiet(words):
    """No sound device where the test has not said what to hear and to say."""
    return [*words, *(word for option, value in (("--audio-in", "silence"), ("--audio-out", "null"))
                      if option not in words for word in (option, value))]


def main():
    global folder
    folder = sys.argv.pop(1)
    unittest.main()


__all__ = ["Failure", "PATIENCE", "Test", "demo_speech", "main"]

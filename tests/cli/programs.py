"""The programs from outside: started, read line by line, ended by their own process id.

A test file ends with `programs.main()`, which takes the folder of the programs from the command line.
"""
import json
import os
import queue
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import unittest

PATIENCE = 60  # seconds; a sanitizer build on a busy machine is slow
folder = None  # of the programs


class Answer:
    def __init__(self, process):
        self.code, self.out, self.err = process.returncode, process.stdout, process.stderr

    def __repr__(self):
        return f"exit code {self.code}\n{self.out}{self.err}"

    @property
    def json(self):
        return json.loads(self.out)


def small_files(bytes_max):
    """For preexec_fn: a disk that is full. Writes beyond fail instead of ending the process."""
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_max, resource.getrlimit(resource.RLIMIT_FSIZE)[1]))
    return limit


def run(name, *arguments, **options):
    """Runs one to its end, without a terminal."""
    command = [os.path.join(folder, name), *map(str, arguments)]
    if "input" not in options:
        options["stdin"] = subprocess.DEVNULL
    return Answer(subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, **options))


class Running:
    """One that stays. Its lines come one at a time; whatever is left is ended with the test."""

    def __init__(self, test, name, *arguments, **options):
        command = [os.path.join(folder, name), *map(str, arguments)]
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, text=True, **options)
        self.lines, self.errors = queue.Queue(), []
        self.readers = [threading.Thread(target=self.read_out), threading.Thread(target=self.read_err)]
        for reader in self.readers:
            reader.start()
        test.addCleanup(self.kill)

    def read_out(self):
        for line in self.process.stdout:
            self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def read_err(self):
        for line in self.process.stderr:
            self.errors.append(line)

    def line(self, beginning=""):
        """The rest of the next line, which has to begin so."""
        line = self.lines.get(timeout=PATIENCE)
        if line is None or not line.startswith(beginning):
            raise AssertionError(f"{line!r} instead of {beginning!r}...; {''.join(self.errors)}")
        return line[len(beginning):]

    def end(self, how=signal.SIGTERM):
        """The exit code, and the lines that were not read."""
        if self.process.poll() is None:
            self.process.send_signal(how)
        code = self.process.wait(PATIENCE)
        for reader in self.readers:
            reader.join()
        rest = []
        while (line := self.lines.get()) is not None:
            rest.append(line)
        return code, rest

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for reader in self.readers:
            reader.join()
        self.process.stdout.close()
        self.process.stderr.close()


class Test(unittest.TestCase):
    def setUp(self):
        self.path = tempfile.mkdtemp(prefix="farline-test-")
        self.addCleanup(shutil.rmtree, self.path, True)

    def at(self, *names):
        return os.path.join(self.path, *names)

    def write(self, name, text):
        with open(self.at(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.at(name)

    def check(self, answer, code, words=""):
        """`words` are in what it told people."""
        self.assertEqual(answer.code, code, answer)
        self.assertIn(words, answer.err, answer)
        if code:
            self.assertEqual(answer.out, "", answer)
            self.assertNotEqual(answer.err, "")
        return answer

    def start_node(self, *arguments, data="node", listen="127.0.0.1:0"):
        node = Running(self, "farline-node", "--data", self.at(data), "--listen", listen, *arguments)
        node.address = node.line("listening: ")
        return node


def main():
    global folder
    folder = os.path.abspath(sys.argv.pop(1))
    unittest.main()

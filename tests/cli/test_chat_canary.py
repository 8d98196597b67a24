#!/usr/bin/env python3
"""A disk that is seized: what people wrote, searched for, sent as files and called each other is nowhere in the bytes
of a locked profile (database, write-ahead log, temporary files), also after its program was killed."""
import base64
import json
import os
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

import calls
from calls import PATIENCE

PEOPLE = ("zerubbabel", "quirinia")  # names that stand in no program
SAID = "heliotrope wheelbarrow at the north quay"
REPLY = "mandragora nightingale answers"
TITLE = "Oxpecker consignment"
SOUGHT = "wheelbarrow"
FILE_NAME = "isinglass-ledger.txt"
CONTENT = "ptarmigan escritoire 48° north; "
CANARIES = (*PEOPLE, SAID, REPLY, TITLE, "Wheelbarrow", SOUGHT, FILE_NAME, CONTENT)


def shapes(text):
    """The bytes that would give it away, however it was written down."""
    for form in (text, text.lower(), text.upper()):
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            raw = form.encode(encoding)
            yield raw
            yield raw.hex().encode()
            for shift in range(3):  # its place in what was encoded
                whole = base64.b64encode(bytes(shift) + raw)
                first, last = (-(-shift * 4 // 3)), len(whole) - 4
                yield whole[first:last]
                yield base64.urlsafe_b64encode(bytes(shift) + raw)[first:last]


def found_in(folders):
    """(file, canary) for each that stands somewhere."""
    out, files = [], 0
    for folder in folders:
        for path in sorted(Path(folder).rglob("*")):
            if not path.is_file():
                continue
            files += 1
            data = path.read_bytes()
            out += [(path.name, canary) for canary in CANARIES if any(shape in data for shape in shapes(canary))]
            out += [(path.name, canary) for canary in CANARIES if canary.lower() in path.name.lower()]
    return out, files


def open_files(pid):
    """What a running program holds open, also what has no name any more: where SQLite would swap."""
    out = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            if link.is_file() and not os.readlink(link).startswith("/dev/"):
                out.append((os.readlink(link), link.read_bytes()))
        except OSError:
            pass
    return out


class Search(unittest.TestCase):
    def test_it_finds_what_was_planted(self):
        for form in (SAID, SAID.upper()):
            for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
                for before in range(7):
                    raw = b"\x85" * before + form.encode(encoding) + b"\x01\x02"
                    for planted in (raw, base64.b64encode(raw), base64.urlsafe_b64encode(raw), raw.hex().encode()):
                        with tempfile.TemporaryDirectory() as folder:
                            (Path(folder) / "x").write_bytes(b"before" + planted + b"after")
                            self.assertIn(("x", SAID), found_in([folder])[0])


class Canary(calls.Test):
    def setUp(self):
        super().setUp()
        self.path("secret").write_text("the right one\n", encoding="utf-8")
        self.temporary = self.path("temporary")
        self.temporary.mkdir()
        os.environ["TMPDIR"] = os.environ["SQLITE_TMPDIR"] = str(self.temporary)
        self.addCleanup(lambda: (os.environ.pop("TMPDIR"), os.environ.pop("SQLITE_TMPDIR")))
        for name in PEOPLE:
            enrolled = self.command(name, "enroll", self.invitation, "--name", name)
            self.assertEqual(enrolled.returncode, 0, enrolled.stdout + enrolled.stderr)

    def command(self, name, *words):
        opened = ("--profile", self.path(name), "--passphrase-file", self.path("secret"))
        return self.tool("farline-cli", *opened, "--json", *words)

    def chat(self, name, *words):
        answer = self.command(name, "chat", *words)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def start(self, name):
        words = ("--passphrase-file", self.path("secret"), "run", *calls.quiet(()))
        program = self.stage.cli(f"run-{len(self.stage.programs)}", name, *words)
        program.event("attached", PATIENCE)
        return program

    def until(self, found):
        deadline = time.monotonic() + 3 * PATIENCE
        while not found():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.3)

    def texts(self, name):
        answer = self.command(name, "chat", "read", TITLE)
        return [json.loads(line)["text"] for line in answer.stdout.splitlines()] if answer.returncode == 0 else []

    def expect_clean(self, when, *programs):
        found, files = found_in([*(self.path(name) for name in PEOPLE), self.temporary])
        self.assertEqual(found, [], when)
        self.assertGreaterEqual(files, 2 * len(PEOPLE), when)
        for program in programs:
            for name, data in open_files(program.process.pid):
                if Path(name).is_relative_to(self.stage.folder) and name.endswith(".log"):
                    continue  # what the test itself writes down
                for canary in CANARIES:
                    self.assertFalse(any(shape in data for shape in shapes(canary)), f"{canary} in {name}, {when}")

    def test_nothing_written_is_on_the_disk(self):
        first, second = PEOPLE
        source = self.path("source")
        source.mkdir()
        (source / FILE_NAME).write_text(CONTENT * 100, encoding="utf-8")
        found, _ = found_in([source])  # the search finds what is there to be found
        self.assertEqual({canary for _, canary in found}, {FILE_NAME, CONTENT})
        programs = [self.start(name) for name in PEOPLE]
        self.chat(first, "new", TITLE, "--members", second)
        sent = self.chat(first, "send", TITLE, SAID)[0]["id"]
        self.until(lambda: self.texts(second) == [SAID])
        self.chat(second, "send", TITLE, REPLY, "--reply-to", sent)
        self.chat(second, "send-file", TITLE, source / FILE_NAME)
        self.until(lambda: self.texts(first) == [SAID, REPLY, FILE_NAME])
        self.until(lambda: (a := self.chat(first, "read", TITLE)[-1]["attachments"]) and a[0]["have"] == a[0]["size"])
        for name in PEOPLE:
            self.assertEqual(len(self.chat(name, "search", TITLE, SOUGHT)), 1)
        self.expect_clean("while they run", *programs)
        for program in programs:  # the write-ahead log stays where it was
            program.process.kill()
            program.process.wait()
        self.expect_clean("after kill -9")
        self.chat(first, "send", TITLE, SAID)
        self.chat(first, "search", TITLE, SOUGHT)
        self.chat(second, "mark-read", TITLE)
        self.expect_clean("locked again")
        wrong = subprocess.run([self.stage.bin / "farline-cli", "--profile", self.path(first), "chat", "read", TITLE],
                               capture_output=True, stdin=subprocess.DEVNULL, timeout=PATIENCE, check=False)
        self.assertNotEqual(wrong.returncode, 0)
        self.assertNotIn(SAID.encode(), wrong.stdout + wrong.stderr)


if __name__ == "__main__":
    calls.main()

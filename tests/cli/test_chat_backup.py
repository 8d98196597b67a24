#!/usr/bin/env python3
"""Backups of chats as files: what is refused, and that nothing is overwritten. What is in them: unit_store."""
import programs
from programs import run

USAGE, BAD_DATA, IO, REFUSED = 2, 65, 74, 77


class Backups(programs.Test):
    def setUp(self):
        super().setUp()
        self.node = self.start_node()
        for name in ("ana", "ben"):
            invitation = run("farline-node", "--data", self.at("node"), "invite").out.split()[1]
            enrolled = run("farline-cli", "--profile", self.at(name), "enroll", invitation, "--name", name,
                           "--no-passphrase")
            self.assertEqual(enrolled.code, 0, enrolled.err)
        for name in ("right", "wrong"):
            with open(self.at(name), "w", encoding="utf-8") as file:
                file.write(f"the {name} one\n")

    def chat(self, name, verb, file, *words, passphrase="right"):
        return run("farline-cli", "--profile", self.at(name), *words, "chat", verb, self.at(file),
                   "--backup-passphrase-file", self.at(passphrase))

    def test_back_and_forth(self):
        answer = self.chat("ana", "backup", "file", "--json")
        self.assertEqual((answer.code, answer.out), (0, '{"event": "backup", "chats": 0}\n'), answer.err)
        answer = self.chat("ben", "restore", "file")
        self.assertEqual((answer.code, answer.out), (0, "restored: 0 chats\n"), answer.err)

    def test_what_is_refused(self):
        self.assertEqual(self.chat("ana", "backup", "file").code, 0)
        with open(self.at("file"), "rb") as file:
            whole = file.read()
        again = self.chat("ana", "backup", "file")
        self.assertEqual(again.code, IO)
        self.assertIn("never overwrite", again.err)
        with open(self.at("file"), "rb") as file:
            self.assertEqual(file.read(), whole)
        answer = self.chat("ben", "restore", "file", passphrase="wrong")
        self.assertEqual(answer.code, REFUSED)
        self.assertIn("passphrase does not open", answer.err)
        with open(self.at("cut"), "wb") as file:
            file.write(whole[:-1])
        answer = self.chat("ben", "restore", "cut")
        self.assertEqual(answer.code, BAD_DATA)
        self.assertIn("ends too early", answer.err)
        self.assertEqual(self.chat("ana", "backup", "no/folder").code, IO)
        bare = run("farline-cli", "--profile", self.at("ana"), "chat", "backup", self.at("other"))
        self.assertEqual(bare.code, USAGE)
        self.assertIn("--backup-passphrase-file", bare.err)


if __name__ == "__main__":
    programs.main()

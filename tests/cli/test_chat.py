#!/usr/bin/env python3
"""`farline-cli chat` by the words that scripts use, between real programs."""
import json
import random
import signal
import time

import calls
from calls import PATIENCE


class Chat(calls.Test):
    def setUp(self):
        super().setUp()
        self.enroll("ana", "ben", "cem")

    def chat(self, who, *words):
        answer = self.tool("farline-cli", "--profile", self.path(who), "--json", "chat", *words)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def texts(self, who, name="Convoy"):
        try:
            return [message["text"] for message in self.chat(who, "read", name)]
        except AssertionError:  # the chat has not arrived
            return []

    def wait_for(self, who, *texts, name="Convoy"):
        deadline = time.monotonic() + 3 * PATIENCE
        while self.texts(who, name) != list(texts) and time.monotonic() < deadline:
            time.sleep(0.5)
        self.assertEqual(self.texts(who, name), list(texts))

    def test_a_conversation(self):
        ana, ben = self.run_("ana"), self.run_("ben")
        self.chat("ana", "new", "Convoy", "--members", "ben,cem")
        sent = self.chat("ana", "send", "Convoy", "six o'clock, north gate")[0]["id"]
        self.wait_for("ben", "six o'clock, north gate")
        self.chat("ben", "send", "Convoy", "نعم", "--reply-to", sent)
        self.wait_for("ana", "six o'clock, north gate", "نعم")
        first, second = self.chat("ana", "read", "Convoy")
        for key in ("id", "author", "time", "text", "state", "reply_to", "attachments"):
            self.assertIn(key, second)
        self.assertEqual((first["id"], second["author"], second["reply_to"]), (sent, "ben", sent))
        self.assertEqual([m["text"] for m in self.chat("ana", "read", "Convoy", "--since", sent)], ["نعم"])
        self.assertEqual([m["text"] for m in self.chat("ben", "search", "Convoy", "NORTH")],
                         ["six o'clock, north gate"])
        self.assertEqual(self.chat("ana", "list")[0]["unread"], 1)
        self.chat("ana", "mark-read", "Convoy")
        self.assertEqual(self.chat("ana", "list")[0]["unread"], 0)
        # Written without a `run`, and by one that is killed: neither is lost, nor doubled.
        ben.process.send_signal(signal.SIGKILL)
        ben.process.wait()
        self.chat("ben", "send", "Convoy", "written offline")
        self.run_("ben")
        self.wait_for("ana", "six o'clock, north gate", "نعم", "written offline")
        # Who was away from the beginning gets all of it.
        self.run_("cem")
        self.wait_for("cem", "six o'clock, north gate", "نعم", "written offline")
        ana.end()

    def test_a_call_that_nobody_takes_and_a_check_in(self):
        ana = self.run_("ana")
        # ben is away; this stands in the chat of the two, which begins with it.
        answer = self.tool("farline-cli", "--profile", self.path("ana"), "call", "ben", *calls.quiet(()))
        self.assertNotEqual(answer.returncode, 0)
        name = "ana, ben"
        self.assertEqual([m["kind"] for m in self.chat("ana", "read", name)], ["missed-call"])
        self.run_("ben", "--answer", "ask")
        self.wait_for("ben", "missed call to ben", name=name)
        # Now they do not take it: it stands there once more, on both sides.
        call = self.cli("ana", "call", "ben")
        call.event("ringing", PATIENCE)
        self.assertEqual(self.tool("farline-cli", "--profile", self.path("ana"), "hangup").returncode, 0)
        self.code(call)
        self.wait_for("ben", "missed call to ben", "missed call to ben", name=name)
        self.wait_for("ana", "missed call to ben", "missed call to ben", name=name)
        missed = self.chat("ben", "read", name)[-1]
        self.assertEqual((missed["kind"], missed["author"]), ("missed-call", "ana"))
        self.assertRegex(missed["time"], r"^\d{4}-")
        self.chat("ben", "check-in", name, "at the river", "--state", "moving")
        self.wait_for("ana", "missed call to ben", "missed call to ben", "moving: at the river", name=name)
        self.assertEqual(self.chat("ana", "read", name)[-1]["kind"], "check-in")
        ana.end()

    def test_somebody_is_put_out(self):
        ana = self.run_("ana")
        self.run_("ben")
        self.chat("ana", "new", "Convoy", "--members", "ben")
        self.chat("ana", "send", "Convoy", "welcome")
        self.wait_for("ben", "welcome")
        self.chat("ana", "remove", "Convoy", "ben")
        deadline = time.monotonic() + PATIENCE
        while self.chat("ben", "list")[0]["member"] and time.monotonic() < deadline:
            time.sleep(0.5)
        mine = self.chat("ben", "list")[0]
        self.assertEqual((mine["member"], mine["removed_by"]), (False, "ana"))
        refused = self.tool("farline-cli", "--profile", self.path("ben"), "chat", "send", "Convoy", "why?")
        self.assertEqual(refused.returncode, 77)
        self.assertEqual(self.texts("ben"), ["welcome"])
        ana.end()

    def attachment(self, who):
        """Of the last message, once it is a file."""
        deadline = time.monotonic() + 3 * PATIENCE
        while time.monotonic() < deadline:
            messages = self.chat(who, "read", "Convoy") if self.texts(who) else []
            if messages and messages[-1]["attachments"]:
                return messages[-1]["attachments"][0]
            time.sleep(0.5)
        self.fail("no file has come")

    def wait_until_have(self, who, least, most_seconds):
        deadline = time.monotonic() + most_seconds
        while time.monotonic() < deadline:
            have = self.attachment(who)["have"]
            if have >= least:
                return have
            time.sleep(0.2)
        self.fail(f"only {have} of {least} bytes have come")

    def test_a_file_that_is_cut(self):
        content = random.Random(1).randbytes(200_000)
        self.path("manifest.bin").write_bytes(content)
        folder = self.path("inbox")
        folder.mkdir()
        link = self.stage.link("link", "clean,rate=64k,delay_ms=30", self.node.address)  # 25 s at least
        through_link = ("ben-run", "ben", "--node", link.address, "run", *calls.quiet(()))
        self.run_("ana")
        ben = self.stage.cli(*through_link)
        ben.event("attached", PATIENCE)
        self.chat("ana", "new", "Convoy", "--members", "ben")
        sent = self.chat("ana", "send-file", "Convoy", self.path("manifest.bin"))[0]["id"]
        offered = self.attachment("ben")
        self.assertEqual(offered, {"id": sent, "kind": "file", "name": "manifest.bin", "size": 200_000, "have": 0})
        self.assertEqual(self.attachment("ana")["have"], 200_000)
        self.assertNotIn("path", self.chat("ben", "fetch", "Convoy", sent, "--to", folder)[0])
        had = self.wait_until_have("ben", 80_000, 2 * PATIENCE)
        self.assertLess(had, 200_000)
        ben.process.send_signal(signal.SIGKILL)
        ben.process.wait()
        self.assertGreaterEqual(self.attachment("ben")["have"], had)  # on its disk
        self.assertEqual(list(folder.iterdir()), [])
        # Nobody asks for it again: it goes on by itself, with what is missing.
        ben = self.stage.cli(*through_link)
        ben.event("attached", PATIENCE)
        self.wait_until_have("ben", 200_000, 3 * PATIENCE)
        path = self.chat("ben", "fetch", "Convoy", sent, "--to", folder)[0]["path"]
        self.assertEqual(path, str(folder / "manifest.bin"))
        self.assertEqual((folder / "manifest.bin").read_bytes(), content)
        # A second copy stands beside the first.
        again = self.chat("ben", "fetch", "Convoy", sent, "--to", folder)[0]["path"]
        self.assertEqual(again, str(folder / "manifest (2).bin"))


if __name__ == "__main__":
    calls.main()

#!/usr/bin/env python3
"""`farline-cli chat` by the words that scripts use, between real programs."""
import json
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

    def wait_for(self, who, *texts):
        deadline = time.monotonic() + 3 * PATIENCE
        while self.texts(who) != list(texts) and time.monotonic() < deadline:
            time.sleep(0.5)
        self.assertEqual(self.texts(who), list(texts))

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


if __name__ == "__main__":
    calls.main()

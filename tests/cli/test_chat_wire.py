#!/usr/bin/env python3
"""What a line of chat costs on its sender's link: every datagram both ways, with IP and UDP headers."""
import json
import time
from pathlib import Path

import calls
from calls import PATIENCE

RECORD, PHASE = 0x10, 0x01  # type bytes, docs/PROTOCOL.md section 1
MOST = 185
LINES = Path(__file__).resolve().parents[1] / "support" / "chat_lines_unseen.txt"


class Wire(calls.Test):
    def chat(self, who, *words):
        answer = self.tool("farline-cli", "--profile", self.path(who), "--json", "chat", *words)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def last(self, who):
        answer = self.tool("farline-cli", "--profile", self.path(who), "--json", "chat", "read", "Convoy")
        messages = [json.loads(line) for line in answer.stdout.splitlines()] if answer.returncode == 0 else []
        return messages[-1] if messages else {"id": "", "state": "queued"}

    def until(self, found):
        deadline = time.monotonic() + 3 * PATIENCE
        while not found():
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)

    def cost(self, link, line):
        """Bytes of the line and its answer; nothing when something else was said meanwhile."""
        time.sleep(1)
        since = time.monotonic()
        sent = self.chat("ana", "send", "Convoy", line)[0]["id"]
        self.until(lambda: self.last("ana")["id"] == sent and self.last("ana")["state"] != "queued")
        said = [packet for packet in link.packets(since) if packet["type"] & ~PHASE == RECORD]
        if [packet["way"] for packet in said] != ["up", "down"]:
            return None
        return sum(packet["bytes"] for packet in said)

    def test_a_live_line_of_60_characters(self):
        self.enroll("ana", "ben")
        link = self.stage.link("link", "clean", self.node.address)
        ana = self.stage.cli("ana-run", "ana", "--node", link.address, "run", *calls.quiet(()))
        ana.event("attached", PATIENCE)
        self.run_("ben")
        self.chat("ana", "new", "Convoy", "--members", "ben")
        self.chat("ana", "send", "Convoy", "hello")
        self.until(lambda: self.last("ana")["state"] == "on-device")  # the keys are there, and all is quiet
        english = [line for line in LINES.read_text(encoding="utf-8").splitlines()[:15] if line.isascii()]
        prose = " ".join(english)
        lines = [prose[i:i + 60] for i in range(0, len(prose) - 60, 60)]
        self.assertGreater(len(lines), 10)
        costs = []
        for line in lines:
            while (cost := self.cost(link, line)) is None:
                pass
            costs.append(cost)
        print(f"a live line of 60 characters: {sum(costs) / len(costs):.1f} B on average, {min(costs)} to {max(costs)}")
        self.assertLessEqual(sum(costs) / len(costs), MOST)


if __name__ == "__main__":
    calls.main()

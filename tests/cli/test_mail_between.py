#!/usr/bin/env python3
"""People at two nodes write to each other over a real NATS server; nodes are killed without a word and the bus stands
still, and what was taken from a sender arrives, once."""
import json
import signal

import calls
import nodes


class MailBetween(nodes.Nodes):
    NODES = 2
    PEOPLE = ("ana", "ben")

    def chat(self, who, *words):
        answer = self.tool("farline-cli", "--profile", self.path(who), "--json", "chat", *words)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def messages(self, who):
        """Nothing before the chat has arrived."""
        return self.chat(who, "read", "Convoy") if any(c["name"] == "Convoy" for c in self.chat(who, "list")) else []

    def texts(self, who):
        return [message["text"] for message in self.messages(who)]

    def says(self, node, *words):
        """A node that has just been started may not listen to questions yet."""
        answer = None
        for _ in range(50):
            answer = self.tool("farline-node", "--data", self.path(node), *words)
            if answer.returncode == 0:
                break
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return answer.stdout

    def arrives(self, what, who):
        self.sent.append(what)
        self.wait_until(f"{what!r} is there", lambda: self.texts(who) == self.sent)

    def is_taken(self):
        """All of ana's messages are at a node, or further."""
        self.wait_until("a node has taken it", lambda: all(m["state"] != "queued" for m in self.messages("ana")))

    def look_now(self, *programs):
        for program in programs:
            program.process.send_signal(signal.SIGHUP)  # an idle client looks each 100 s

    def test_two_people_of_two_nodes_write(self):
        self.sent = []
        ana, ben = self.run_("ana"), self.run_("ben")
        self.chat("ana", "new", "Convoy", "--members", "ben")
        self.chat("ana", "send", "Convoy", "good morning")
        self.arrives("good morning", "ben")
        self.chat("ben", "send", "Convoy", "good morning too")
        self.arrives("good morning too", "ana")
        self.assertEqual(self.figure("n0", "backbone_refused") + self.figure("n1", "backbone_refused"), 0)

        # The bus stands still for 30 s: the sender's node takes it, and hands it on when it can.
        self.bus.send_signal(signal.SIGSTOP)
        self.chat("ana", "send", "Convoy", "the bus stands still")
        self.is_taken()
        self.freeze_bus(30)
        self.arrives("the bus stands still", "ben")

        # The recipient's node is killed, then the sender's with the message in it.
        self.kill_node(1)
        self.chat("ana", "send", "Convoy", "your node is dead")
        self.is_taken()
        self.assertGreater(self.figure("n0", "mail"), 0)
        ana.end()
        self.kill_node(0)
        self.start_again(1)
        self.start_again(0)
        self.look_now(ben)
        self.arrives("your node is dead", "ben")

        # Where the recipient is away it waits at the recipient's node, over its death.
        ben.end()
        ana = self.run_("ana")
        self.chat("ana", "send", "Convoy", "while you were away")
        self.wait_until("it is at his node", lambda: self.figure("n1", "mail") > 0 and self.figure("n0", "mail") == 0)
        self.kill_node(1)
        self.start_again(1)
        ben = self.run_("ben")
        self.arrives("while you were away", "ben")
        self.chat("ben", "send", "Convoy", "all of it has come")
        self.arrives("all of it has come", "ana")
        self.wait_until("nothing waits", lambda: self.figure("n0", "mail") + self.figure("n1", "mail") == 0)


if __name__ == "__main__":
    calls.main()

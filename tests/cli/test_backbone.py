#!/usr/bin/env python3
"""Three nodes of one organisation on a real NATS server: people at different nodes call each other; nodes and the bus
are killed and stopped, and calls inside a node never fail."""
import signal

import calls
import nodes
from calls import PATIENCE


class Backbone(nodes.Nodes):
    def call(self, who, whom):
        """How long it took to ring, in seconds."""
        self.starts += 1
        program = self.cli(who, "call", whom, "--duration", 2, program=f"{who}-{whom}-{self.starts}")
        self.assertEqual(self.code(program), 0, program.tail())
        return program

    def test_people_at_different_nodes(self):
        people = {who: self.run_(who, "--answer", "auto") for who in ("ben", "cem", "dia")}
        self.wait_until("all are told of", lambda: self.figure("n1", "present") == 1)
        self.call("ana", "ben")  # n0 -> n1
        self.call("ana", "cem")  # n0 -> n2
        self.call("ana", "dia")  # inside n0
        self.assertGreater(self.figure("n0", "backbone_questions"), 0)
        self.assertEqual(self.figure("n1", "backbone_refused"), 0)

        # The bus is killed: a node serves its own at once, and all is well a little after it is back.
        self.bus.kill()
        self.bus.wait()
        self.call("ana", "dia")
        self.bus = self.start_bus()
        self.wait_until("the bus is back", lambda: self.figure("n0", "nodes") == 2)
        self.call("ana", "ben")

        # The bus stands still for a while: so long that who hangs up meanwhile has given up to say so.
        talk = self.cli("ana", "call", "ben", "--duration", 2, program="ana-ben-cut-off")
        talk.event("connected", PATIENCE)
        self.bus.send_signal(signal.SIGSTOP)
        self.assertEqual(self.code(talk), 0, talk.tail())
        self.call("ana", "dia")
        self.bus.send_signal(signal.SIGCONT)
        calls_of_ben = len([event for event in people["ben"].events if event["event"] == "connected"])
        people["ben"].event("ended", PATIENCE, nth=calls_of_ben - 1)
        self.wait_until("the bus goes on", lambda: self.figure("n0", "nodes") == 2)
        self.call("ana", "ben")

        # A node is killed, without a word: the others go on; it comes back, and its people with it.
        self.kill_node(1)
        self.call("ana", "dia")
        self.call("ana", "cem")
        self.start_again(1)
        people["ben"].process.send_signal(signal.SIGHUP)  # look now; an idle client looks each 100 s
        self.wait_until("ben is back", lambda: self.figure("n1", "present") == 1)
        self.wait_until("the nodes know each other", lambda: self.figure("n1", "nodes") == 2)
        self.call("ana", "ben")


if __name__ == "__main__":
    calls.main()

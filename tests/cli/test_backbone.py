#!/usr/bin/env python3
"""Three nodes of one organisation on a real NATS server: people at different nodes call each other; nodes and the bus
are killed and stopped, and calls inside a node never fail."""
import os
import shutil
import signal
import socket
import subprocess
import time
import unittest

import calls
from calls import PATIENCE

SERVER = shutil.which("nats-server") or "/usr/sbin/nats-server"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@unittest.skipUnless(os.access(SERVER, os.X_OK), "nats-server is not installed: tools/setup test")
class Backbone(calls.Test):
    def setUp(self):
        super().setUp()
        self.node.end()
        self.port = free_port()
        self.starts = 0
        self.bus = self.start_bus()
        self.admin("org", "init", self.path("hq"), "--name", "Relief", "--no-passphrase")
        self.nodes = [self.new_node(f"n{i}") for i in range(3)]
        for i, who in enumerate(("ana", "ben", "cem", "dia")):
            self.invitation = self.says(f"n{i % 3}", "invite").split(": ", 1)[1].strip()
            self.enroll(who)
        self.wait_until("all nodes are there", lambda: all(self.figure(f"n{i}", "nodes") == 2 for i in range(3)))

    def start_bus(self):
        bus = subprocess.Popen([SERVER, "-a", "127.0.0.1", "-p", str(self.port)], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(bus.wait)
        self.addCleanup(bus.kill)
        return bus

    def admin(self, *words):
        answer = self.tool("farline-admin", *words)
        self.assertEqual(answer.returncode, 0, answer.stderr)

    def says(self, node, *words):
        answer = self.tool("farline-node", "--data", self.path(node), *words)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return answer.stdout

    def figure(self, node, name):
        return next(int(line.split()[1]) for line in self.says(node, "status").splitlines()
                    if line.startswith(name + ": "))

    def new_node(self, name):
        first = self.stage.program(f"{name}-first", ["farline-node", "--data", self.path(name), "--listen",
                                                     "127.0.0.1:0"])
        first.line_after("listening")
        first.end()
        self.path(name + ".request").write_text(self.says(name, "request"))
        self.admin("delegate", "--org", self.path("hq"), "--request", self.path(name + ".request"), "--out",
                   self.path(name + ".delegation"))
        self.says(name, "adopt", self.path(name + ".delegation"), "--forget-devices")
        return self.start_node(name, "127.0.0.1:0")

    def start_node(self, name, listen):
        self.starts += 1
        node = self.stage.program(f"{name}-{self.starts}", [
            "farline-node", "--data", self.path(name), "--listen", listen, "--backbone",
            f"nats://127.0.0.1:{self.port}"])
        node.address = node.line_after("listening")
        return node

    def wait_until(self, what, true):
        end = time.monotonic() + PATIENCE
        while not true():
            self.assertLess(time.monotonic(), end, what)
            time.sleep(0.2)
        return PATIENCE - (end - time.monotonic())

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
        address = self.nodes[1].address
        self.nodes[1].process.kill()
        self.nodes[1].process.wait()
        self.call("ana", "dia")
        self.call("ana", "cem")
        self.nodes[1] = self.start_node("n1", address)
        people["ben"].process.send_signal(signal.SIGHUP)  # look now; an idle client looks each 100 s
        self.wait_until("ben is back", lambda: self.figure("n1", "present") == 1)
        self.wait_until("the nodes know each other", lambda: self.figure("n1", "nodes") == 2)
        self.call("ana", "ben")


if __name__ == "__main__":
    calls.main()

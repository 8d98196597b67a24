"""Several nodes of one organisation on a real NATS server; people are enrolled at them in turn."""
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
class Nodes(calls.Test):
    NODES = 3
    PEOPLE = ("ana", "ben", "cem", "dia")

    def setUp(self):
        super().setUp()
        self.node.end()
        self.port = free_port()
        self.starts = 0
        self.bus = self.start_bus()
        self.admin("org", "init", self.path("hq"), "--name", "Relief", "--no-passphrase")
        self.nodes = [self.new_node(f"n{i}") for i in range(self.NODES)]
        for i, who in enumerate(self.PEOPLE):
            self.invitation = self.says(f"n{i % self.NODES}", "invite").split(": ", 1)[1].strip()
            self.enroll(who)
        self.wait_until("all nodes are there",
                        lambda: all(self.figure(f"n{i}", "nodes") == self.NODES - 1 for i in range(self.NODES)))

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

    def kill_node(self, which):
        self.nodes[which].process.kill()
        self.nodes[which].process.wait()

    def start_again(self, which):
        self.nodes[which] = self.start_node(f"n{which}", self.nodes[which].address)

    def freeze_bus(self, seconds):
        self.bus.send_signal(signal.SIGSTOP)
        time.sleep(seconds)
        self.bus.send_signal(signal.SIGCONT)

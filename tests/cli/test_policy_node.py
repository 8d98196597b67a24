#!/usr/bin/env python3
"""farline-node --policy: what comes into force and what does not, and what the node's door says to calls."""
import json
import os
import signal
import subprocess
import time

import policies
import programs
from policies import admin
from programs import run

SOURCE = """
organisation = "Relief"
generation = 0
serial = {serial}
from = 2020-01-01
until = 2120-01-01
contacts = ["radio@hq"]
{more}
"""
CLOSED = "hours = []\n"


class PolicyNode(policies.Test):
    def setUp(self):
        super().setUp()
        for organisation in ("hq", "other"):
            self.check(admin("org", "init", self.at(organisation), "--name", "Relief", "--no-passphrase"), 0)
        self.start_node().end()
        self.write("request", run("farline-node", "--data", self.at("node"), "request").out)
        self.check(admin("delegate", "--org", self.at("hq"), "--request", self.at("request"), "--out",
                         self.at("delegation")), 0)
        self.check(run("farline-node", "--data", self.at("node"), "adopt", self.at("delegation"),
                       "--forget-devices"), 0)

    def sign(self, serial, more="", by="hq", name="relief.policy"):
        source = self.write("relief.toml", SOURCE.format(serial=serial, more=more))
        self.check(admin("policy", "sign", source, "--key", self.at(by, "org.key"), "-o", self.at("new.policy")), 0)
        os.replace(self.at("new.policy"), self.at(name))
        return self.at(name)

    def status(self):
        return run("farline-node", "--data", self.at("node"), "status", "--json").json

    def enroll(self, name):
        invitation = run("farline-node", "--data", self.at("node"), "invite", "--for", name).out.split()[1]
        self.check(run("farline-cli", "--profile", self.at(name), "enroll", invitation, "--name", name,
                       "--no-passphrase"), 0)
        return run("farline-cli", "--profile", self.at(name), "status", "--json").json

    def stay(self, name):
        program = programs.Running(self, "farline-cli", "--profile", self.at(name), "--json", "run", "--answer", "auto",
                                   "--audio-in", "silence", "--audio-out", "null")
        while json.loads(program.line())["event"] != "attached":
            pass
        return program

    def call(self, name, whom):
        return run("farline-cli", "--profile", self.at(name), "--json", "call", whom, "--audio-in", "silence",
                   "--audio-out", "null", "--duration", 1)

    def test_nobody_reads_what_it_says(self):
        command = [os.path.join(programs.folder, "farline-node"), "--data", self.at("node"), "--listen", "127.0.0.1:0",
                   "--policy", self.sign(3)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as node:
            while not node.stdout.readline().startswith("policy: "):
                pass
            node.stdout.close()
            node.send_signal(signal.SIGHUP)
            words = node.stderr.read()
        self.assertEqual(node.returncode, 74, words)
        self.assertIn("standard output cannot be written to", words)

    def test_what_comes_into_force(self):
        node = self.start_node("--policy", self.sign(3))
        self.assertIn("serial 3", node.line("policy: "))
        self.assertEqual((self.status()["policy_serial"], self.status()["policy_until"]), (3, "2120-01-01"))

        def reload(words):
            node.process.send_signal(signal.SIGHUP)
            deadline = time.monotonic() + programs.PATIENCE
            while not any(words in line for line in node.errors) and time.monotonic() < deadline:
                time.sleep(0.05)
            self.assertIn(words, "".join(node.errors))

        self.sign(4)
        node.process.send_signal(signal.SIGHUP)
        self.assertIn("serial 4", node.line("policy: "))
        self.sign(3)
        reload("is not newer than the policy that is held; generation 0 serial 4")
        self.sign(5, by="other")
        reload("is not signed by a key of this organisation; generation 0 serial 4")
        self.write("relief.policy", "nonsense")
        reload("relief.policy: ")
        self.assertEqual(self.status()["policy_serial"], 4)
        self.assertEqual(node.end()[0], 0)

        node = self.start_node("--policy", self.at("relief.policy"))  # still nonsense: the last good one
        self.assertEqual(self.status()["policy_serial"], 4)
        node.end()
        self.start_node()
        self.assertEqual(self.status()["policy_serial"], 4)

    def test_not_of_a_trial_organisation(self):
        self.start_node(data="trial").end()
        for data in ("trial", "new"):
            self.check(run("farline-node", "--data", self.at(data), "--policy", self.sign(1), "--listen",
                           "127.0.0.1:0"), 77, "farline-admin delegate")

    def test_calls(self):
        node = self.start_node("--policy", self.sign(1, CLOSED))
        node.line("policy: ")
        for name in ("ann", "bob", "radio@hq"):
            self.enroll(name)
        bob, radio = self.stay("bob"), self.stay("radio@hq")
        refused = self.call("ann", "bob")
        self.assertEqual(refused.code, 77, refused)
        status = self.status()
        self.assertEqual(status["in_floor"], 1, status)  # bob; a contact may call anybody
        self.assertEqual(self.call("ann", "radio@hq").code, 0)
        bob.end()
        radio.end()

    def test_a_stolen_device(self):
        node = self.start_node("--policy", self.sign(1))
        node.line("policy: ")
        device = self.enroll("ann")["device"]
        self.enroll("radio@hq")
        self.stay("radio@hq")
        self.assertEqual(self.call("ann", "radio@hq").code, 0)
        ann = self.stay("ann")
        self.sign(2, f'revoked = ["{device}"]\n')
        node.process.send_signal(signal.SIGHUP)
        node.line("policy: ")
        self.assertEqual(ann.process.wait(programs.PATIENCE), 77, "".join(ann.errors))
        self.assertEqual(self.call("ann", "radio@hq").code, 77)

    def serial_at(self, name):
        return run("farline-cli", "--profile", self.at(name), "policy", "show", "--json").json.get("serial")

    def event(self, program, kind):
        while (event := json.loads(program.line()))["event"] != kind:
            pass
        return event

    def test_fetched_by_devices(self):
        node = self.start_node("--policy", self.sign(1))
        node.line("policy: ")
        self.enroll("ann")
        ann = self.stay("ann")
        self.event(ann, "policy")
        self.sign(2)
        node.process.send_signal(signal.SIGHUP)
        self.event(ann, "policy")
        ann.end()
        self.assertEqual(self.serial_at("ann"), 2)

    def test_brought_by_a_device(self):
        """Nobody is at the node's machine: it takes the policy from the first device that has it, and passes it on."""
        self.start_node()
        for name in ("ann", "bob"):
            self.enroll(name)
        bob = self.stay("bob")
        self.check(run("farline-cli", "--profile", self.at("ann"), "policy", "import", self.sign(4)), 0)
        ann = self.stay("ann")
        self.event(bob, "policy")
        self.assertEqual(self.status()["policy_serial"], 4)
        self.check(run("farline-cli", "--profile", self.at("ann"), "policy", "import", self.sign(5)), 0)
        self.event(bob, "policy")
        self.assertEqual(self.status()["policy_serial"], 5)
        ann.end()
        bob.end()
        self.assertEqual(self.serial_at("bob"), 5)

    def test_pushed_from_afar(self):
        self.start_node()
        for name in ("ann", "bob"):
            self.enroll(name)
        bob = self.stay("bob")

        def push(file, *more):
            return admin("policy", "push", file, "--profile", self.at("ann"), *more)
        first = self.sign(4, name="first.policy")
        self.check(push(first), 0)
        self.assertEqual(self.status()["policy_serial"], 4)
        self.event(bob, "policy")
        self.check(push(first), 0)  # it holds it already
        self.check(push(self.sign(5)), 0)
        self.assertEqual(self.status()["policy_serial"], 5)
        self.check(push(first), 77, "is older than")
        self.check(push(self.sign(6, by="other")), 77, "not signed by a key of this organisation")
        self.check(push(self.write("nonsense", "x")), 65)
        self.assertEqual(self.status()["policy_serial"], 5)
        bob.end()

    def test_pushed_to_a_node_that_is_not_there(self):
        node = self.start_node()
        self.enroll("ann")
        node.end()
        self.check(admin("policy", "push", self.sign(4), "--profile", self.at("ann"), "--seconds", 1), 69, "try again")


if __name__ == "__main__":
    programs.main()

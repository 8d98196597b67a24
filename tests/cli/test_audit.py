#!/usr/bin/env python3
"""Audit, from an emergency call on one laptop to the administrator's table: counted, signed, collected, believed."""
import json
import os
import sys

import policies
import programs
from policies import admin
from programs import run

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors"))
import cbor_strict  # noqa: E402
import primitives  # noqa: E402

CLOSED = """
organisation = "Relief"
generation = 1
serial = 7
from = 2020-01-01
until = 2120-01-01
contacts = ["radio@hq"]
hours = []
"""
SILENT = ("--audio-in", "silence", "--audio-out", "null")


class Audit(policies.Test):
    def setUp(self):
        super().setUp()
        for organisation in ("hq", "other"):
            self.check(admin("org", "init", self.at(organisation), "--name", "Relief", "--no-passphrase"), 0)
        self.start_node().end()
        self.write("request", self.node("request").out)
        self.check(admin("delegate", "--org", self.at("hq"), "--request", self.at("request"), "--out",
                         self.at("delegation")), 0)
        self.check(self.node("adopt", self.at("delegation"), "--forget-devices"), 0)
        self.check(admin("policy", "sign", self.write("relief.toml", CLOSED), "--key", self.at("hq", "org.key"), "-o",
                         self.at("relief.policy")), 0)

    def node(self, *arguments):
        return run("farline-node", "--data", self.at("node"), *arguments)

    def enroll(self, name):
        self.check(run("farline-cli", "--profile", self.at(name), "enroll",
                       self.node("invite", "--for", name).out.split()[1], "--name", name, "--no-passphrase"), 0)

    def stay(self, name):
        program = programs.Running(self, "farline-cli", "--profile", self.at(name), "--json", "run", "--answer", "auto",
                                   *SILENT)
        while json.loads(program.line())["event"] != "attached":
            pass
        return program

    def read(self, *arguments, file="node.audit", root="hq"):
        return admin("audit", self.at(file), "--root", self.at(root, "org.pem"), *arguments)

    def lines(self, *arguments):
        return [json.loads(line) for line in self.check(self.read("--json", *arguments), 0).out.splitlines()]

    def test_from_a_call_to_the_table(self):
        node = self.start_node("--policy", self.at("relief.policy"))
        node.line("policy: ")
        for name in ("ann@goma", "radio@hq"):
            self.enroll(name)
        self.stay("radio@hq")
        self.check(run("farline-cli", "--profile", self.at("ann@goma"), "call", "radio@hq", *SILENT, "--duration", 2),
                   0)
        self.assertIn("reports: 1", self.check(self.node("audit", "-o", self.at("node.audit")), 0).out)

        line, event = self.lines()
        self.assertTrue(line["device"].startswith("ann@goma "))
        self.assertEqual((line["voice"]["count"], line["voice"]["minutes"], line["policy"], line["reports"],
                          line["missing"]), (1, 1, "1.7", 1, 0))
        self.assertEqual((event["event"], event["device"], event["count"]), ("emergency", line["device"], 1))
        for by in ("site", "hour", "class"):
            self.assertIn(by, self.lines("--by", by)[0])
        self.assertIn("emergency x1  ann@goma", self.check(self.read("--html", self.at("audit.html")), 0).out)
        with open(self.at("audit.html"), encoding="utf-8") as file:
            self.assertIn("<svg", file.read())
        self.check(self.read(root="other"), 77, "not of this organisation")
        self.alter_and_compare()

        node.end()  # what a stopped node has is the same
        self.check(self.node("audit", "-o", self.at("again.audit")), 0)
        self.assertEqual(self.data("again.audit"), self.data("node.audit"))

    def data(self, name):
        with open(self.at(name), "rb") as file:
            return file.read()

    def alter_and_compare(self):
        """Nobody but the device can say it otherwise, and others read what it says."""
        data = self.data("node.audit")
        issuer, device, report = cbor_strict.decode(data)
        protected, _, payload, signature = cbor_strict.decode(report).item
        claims = cbor_strict.decode(cbor_strict.decode(device).item[2])
        signed = cbor_strict.encode(["Signature1", protected, b"farline audit", payload])
        self.assertTrue(primitives.ecdsa_verify(claims[-65537][1], signed, signature))
        content = cbor_strict.decode(payload)
        self.assertEqual(content[2], [1, 7])
        self.assertNotIn(b"radio", report)
        self.assertIn(5, [use for _, use, *_ in content[6]])
        place = data.index(payload)
        for at in (place + len(payload) - 1, data.index(device) + 30, len(data) - 1):
            with open(self.at("altered.audit"), "wb") as file:
                file.write(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
            self.check(self.read(file="altered.audit"), 77, "refused: 1")


if __name__ == "__main__":
    programs.main()

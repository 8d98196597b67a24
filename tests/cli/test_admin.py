#!/usr/bin/env python3
"""farline-admin: the root key, delegation to a node and back, certificates and invitations in words."""
import os
import stat

import programs
from programs import run


class Organisations(programs.Test):
    def make(self, *arguments, folder="hq"):
        return run("farline-admin", "org", "init", self.at(folder), "--name", "Relief", *arguments)

    def test_made_once_and_shown(self):
        made = self.check(self.make("--no-passphrase", "--json"), 0).json
        self.assertEqual(made["name"], "Relief")
        self.check(self.make("--no-passphrase"), 78, "already")
        self.assertEqual(run("farline-admin", "org", "show", self.at("hq"), "--json").json, made)
        self.assertEqual(stat.S_IMODE(os.stat(self.at("hq")).st_mode), 0o700)
        self.assertEqual(stat.S_IMODE(os.stat(self.at("hq", "org.key")).st_mode), 0o600)

    def test_never_asks_without_a_terminal(self):
        self.check(self.make(), 78, "--passphrase-file or --no-passphrase")
        self.assertNotIn("org.key", os.listdir(self.at("hq")))
        self.check(self.make("--no-passphrase"), 0)

    def test_wrong_orders(self):
        self.check(self.make("--no-passphrase", "--passphrase-file", "x"), 2)
        self.check(run("farline-admin", "org", "init", self.at("hq"), "--name", "a\nb", "--no-passphrase"), 2)
        self.check(run("farline-admin", "org", "show", self.at("none")), 78)
        self.check(self.make("--passphrase-file", self.write("empty", "\n")), 78, "empty")
        self.check(self.make("--passphrase-file", self.at("none")), 78, "no such passphrase file")

    def test_damage(self):
        self.make("--no-passphrase")
        for content in (b"", b"x", b"\xff" * 300):
            with open(self.at("hq", "org.cbor"), "wb") as file:
                file.write(content)
            self.check(run("farline-admin", "org", "show", self.at("hq")), 78, "org.cbor")


class Delegation(programs.Test):
    def setUp(self):
        super().setUp()
        self.passphrase = self.write("passphrase", "correct horse battery staple\r\nsecond line\n")
        self.check(run("farline-admin", "org", "init", self.at("hq"), "--name", "Relief", "--passphrase-file",
                       self.passphrase), 0)
        self.start_node().end()
        self.write("request", run("farline-node", "--data", self.at("node"), "request").out)

    def delegate(self, *arguments):
        return run("farline-admin", "delegate", "--org", self.at("hq"), "--request", self.at("request"), "--out",
                   self.at("delegation"), "--passphrase-file", self.passphrase, *arguments)

    def adopt(self, *arguments, data="node"):
        return run("farline-node", "--data", self.at(data), "adopt", self.at("delegation"), *arguments)

    def test_a_node_changes_to_a_real_organisation(self):
        self.check(self.delegate("--site", "beirut", "--days", 30, "--roles", "device"), 0)
        shown = run("farline-admin", "cert", "show", self.at("delegation"), "--json").json
        self.assertEqual((shown["role"], shown["name"], shown["may_certify"], shown["site"], shown["days_max"]),
                         ("issuer", "Relief", "device", "beirut", 30))
        self.check(self.adopt(), 77, "--forget-devices")
        self.check(self.adopt("--forget-devices"), 0)
        self.check(self.adopt(), 0)  # the same again
        self.start_node()
        status = run("farline-node", "--data", self.at("node"), "status", "--json").json
        root_key = run("farline-admin", "org", "show", self.at("hq"), "--json").json["root_key"]
        self.assertEqual((status["organisation"], status["site"], status["root_key"], status["invitations"]),
                         ("Relief", "beirut", root_key, 0))
        self.check(run("farline-node", "--data", self.at("node"), "invite", "--for", "anna"), 0)
        self.check(run("farline-node", "--data", self.at("node"), "invite", "--for", "anna@kabul"), 77, "site")

    def test_not_while_the_node_runs(self):
        self.delegate()
        self.start_node()
        self.check(self.adopt("--forget-devices"), 78, "stop it")

    def test_only_the_node_that_asked(self):
        self.delegate()
        self.start_node(data="other").end()
        self.check(self.adopt("--forget-devices", data="other"), 65, "another node")

    def test_wrong_passphrase_and_wrong_files(self):
        wrong = self.write("wrong", "incorrect\n")
        answer = run("farline-admin", "delegate", "--org", self.at("hq"), "--request", self.at("request"), "--out",
                     self.at("delegation"), "--passphrase-file", wrong)
        self.check(answer, 78, "passphrase is wrong")
        self.assertFalse(os.path.exists(self.at("delegation")))
        self.check(self.delegate("--site", "a@b"), 2)
        self.check(self.delegate("--site", "x" * 70), 2)
        self.check(self.delegate("--days", 0), 2)
        self.check(self.delegate("--roles", "issuer"), 2)
        self.check(run("farline-admin", "delegate", "--org", self.at("hq"), "--request", self.at("request"), "--out",
                       self.at("none", "file"), "--passphrase-file", self.passphrase), 74)
        self.delegate()
        self.check(run("farline-node", "--data", self.at("node"), "adopt", self.at("none")), 65)
        self.check(run("farline-node", "--data", self.at("node"), "adopt", self.at("request")), 65, "no delegation")

    def test_every_changed_character_is_noticed(self):
        self.delegate()
        for name, check in (("request", self.delegate), ("delegation", lambda: self.adopt("--forget-devices"))):
            with open(self.at(name), encoding="utf-8") as file:
                text = file.read().strip()
            for at in range(25, len(text), 37):
                other = "b" if text[at] == "a" else "a"
                self.write(name, text[:at] + other + text[at + 1:])
                self.check(check(), 65)
            self.write(name, text[:-10])
            self.check(check(), 65)
            self.write(name, "  " + text.upper().replace("-", " - ") + "\r\n")
            self.check(check(), 0)


class Show(programs.Test):
    def test_invitations(self):
        invitation = self.start_node().line("invitation: ")
        typed = "\n ".join([invitation[:20].upper(), invitation[20:60], invitation[60:]])
        answer = run("farline-admin", "invitation", "show", "-", input=typed)
        self.assertIn("now: within its time\n", answer.out)
        changed = invitation[:30] + ("b" if invitation[30] == "a" else "a") + invitation[31:]
        self.check(run("farline-admin", "invitation", "show", changed), 65)
        self.check(run("farline-admin", "invitation", "show", invitation[:-3]), 65, "incomplete")
        self.check(run("farline-admin", "invitation", "show", ""), 65)

    def test_certificates_that_are_none(self):
        for content in ("", "00", "zz", "d2", "farline-delegation1-aaaa", "x" * 10000):
            self.check(run("farline-admin", "cert", "show", self.write("file", content)), 65)
            self.check(run("farline-admin", "cert", "show", content), 65)
        self.check(run("farline-admin", "cert", "show", self.path), 65)


if __name__ == "__main__":
    programs.main()

#!/usr/bin/env python3
"""People invited by an administrator who reaches no node: orders signed far away, imported, and used up."""
import csv
import io

import programs
from programs import run

REFUSED, BAD_DATA, NO_SUCH_NAME = 77, 65, 67


class People(programs.Test):
    """An organisation and a node of its site Goma, which runs."""

    def setUp(self):
        super().setUp()
        self.check(run("farline-admin", "org", "init", self.at("hq"), "--name", "Relief", "--no-passphrase"), 0)
        self.start_node().end()
        with open(self.at("request"), "w") as request:
            request.write(run("farline-node", "--data", self.at("node"), "request").out)
        self.check(run("farline-admin", "delegate", "--org", self.at("hq"), "--request", self.at("request"), "--out",
                       self.at("delegation"), "--site", "goma"), 0)
        self.check(run("farline-node", "--data", self.at("node"), "adopt", self.at("delegation"),
                       "--forget-devices"), 0)
        self.node = self.start_node()
        known = run("farline-node", "--data", self.at("node"), "invite", "--hours", 1).out.split()[1]
        shown = run("farline-admin", "invitation", "show", known, "--json").json
        self.place = f"{shown['node_key']}@{self.node.address}"

    def invite(self, *arguments, command="invite", place=None):
        return run("farline-admin", command, "--org", self.at("hq"), "--node", place or self.place, "--order",
                   self.at("order"), *arguments)

    def take(self, name="order"):
        return run("farline-node", "--data", self.at("node"), "import", self.at(name))

    def enroll(self, text, name):
        return run("farline-cli", "--profile", self.at(name), "enroll", text, "--name", name, "--no-passphrase")

    def role_of(self, name):
        status = run("farline-cli", "--profile", self.at(name), "status", "--json").json
        return status["name"], status["role"], status["certificate_days"]

    def open_invitations(self):
        return run("farline-node", "--data", self.at("node"), "status", "--json").json["invitations"]

    def test_a_list_of_people(self):
        people = self.write("people.csv", '\ufeffname,role,hours\r\nanna,lead,2\r\n"Mboya, J.",,\r\nkofi,service\r\n')
        answer = self.check(self.invite("--csv", people), 0)
        lines = list(csv.DictReader(io.StringIO(answer.out)))
        self.assertEqual([(line["name"], line["role"]) for line in lines],
                         [("anna", "lead"), ("Mboya, J.", "staff"), ("kofi", "service")])
        texts = {line["name"]: line["invitation"] for line in lines}
        self.assertRegex(self.take().out, r"^taken: 3 invitations and 0 renewals, until ")
        self.check(self.enroll(texts["anna"], "kofi"), REFUSED)  # another's
        self.check(self.enroll(texts["anna"], "anna"), 0)
        self.check(self.enroll(texts["Mboya, J."], "Mboya, J."), 0)
        self.check(self.enroll(texts["kofi"], "kofi"), 0)
        self.assertEqual(self.role_of("anna")[:2], ("anna@goma", "lead"))
        self.assertEqual(self.role_of("Mboya, J.")[:2], ("Mboya, J.@goma", "staff"))
        self.assertEqual(self.role_of("kofi")[:2], ("kofi@goma", "service"))
        self.check(self.take(), REFUSED, "taken before")
        self.node.end()
        self.check(self.take(), REFUSED, "taken before")  # not forgotten

    def test_a_guest_and_several_uses(self):
        text = self.check(self.invite("--name", "gil", command="guest"), 0).out.split()[1]
        self.node.end()
        self.check(self.take(), 0)  # the node is not running
        self.node = self.start_node(listen=self.node.address)
        self.check(self.enroll(text, "gil"), 0)
        name, role, days = self.role_of("gil")
        self.assertEqual((name, role), ("gil@goma", "guest"))
        self.assertLessEqual(days, 1)

        text = self.check(self.invite("--uses", 2), 0).out.split()[1]
        self.check(self.take(), 0)
        self.assertEqual(self.open_invitations(), 2)
        for name in ("ann", "bob"):
            self.check(self.enroll(text, name), 0)
        self.assertEqual(self.open_invitations(), 1)  # it is used up

    def test_another_role_without_enrolling_again(self):
        text = self.check(self.invite("--name", "anna"), 0).out.split()[1]
        self.check(self.take(), 0)
        self.check(self.enroll(text, "anna"), 0)
        device = run("farline-cli", "--profile", self.at("anna"), "status", "--json").json["device"]
        self.assertEqual(self.role_of("anna")[1], "staff")
        self.assertGreaterEqual(self.role_of("anna")[2], 364)
        self.check(run("farline-admin", "renew", "--org", self.at("hq"), "--order", self.at("order"), device, "--role",
                       "lead", "--days", 30), 0)
        self.assertRegex(self.take().out, "^taken: 0 invitations and 1 renewals")
        self.call_nobody("anna")  # attaches, and is given it
        self.assertEqual(self.role_of("anna")[1], "lead")
        self.assertLessEqual(self.role_of("anna")[2], 30)
        self.call_nobody("anna")
        self.check(self.take(), REFUSED, "taken before")

    def call_nobody(self, name):
        answer = run("farline-cli", "--profile", self.at(name), "call", "nobody", "--audio-in", "silence",
                     "--audio-out", "null")
        self.assertEqual(answer.code, NO_SUCH_NAME, answer)

    def test_what_a_node_does_not_take(self):
        self.check(self.invite("--name", "eve@beirut"), 0)
        self.check(self.take(), REFUSED, "not of this node's site")
        other = "0" * 64 + "@" + self.node.address
        self.check(self.invite("--name", "eve", place=other), 0)
        self.check(self.take(), REFUSED, "for another node")

        self.check(self.invite("--name", "eve"), 0)
        with open(self.at("order"), "rb") as file:
            order = bytearray(file.read())
        order[order.index(b"eve")] = ord("a")
        with open(self.at("order"), "wb") as file:
            file.write(order)
        self.check(self.take(), REFUSED)
        with open(self.at("order"), "wb") as file:
            file.write(order[:-1])
        self.check(self.take(), BAD_DATA)

        self.check(run("farline-admin", "org", "init", self.at("other"), "--name", "Relief", "--no-passphrase"), 0)
        self.check(run("farline-admin", "invite", "--org", self.at("other"), "--node", self.place, "--name", "eve",
                       "--order", self.at("order")), 0)
        self.check(self.take(), REFUSED, "another organisation")

    def test_mistakes_of_an_administrator(self):
        bad = self.write("people.csv", 'anna,boss\nbo "b"\n\nAnna,,9999\nx;lead\n')
        answer = self.check(self.invite("--csv", bad), BAD_DATA)
        for line, words in ((1, "role is staff, guest"), (2, "has a quote inside"), (4, "name stands in line 1"),
                            (4, "hours is a number from 1"), (5, "name has a semicolon")):
            self.assertIn(f"people.csv:{line}: {words}", answer.err)
        self.check(self.invite("--name", "a@b@c"), 2)
        self.check(self.invite("--name", "anna", place="goma:4500"), 2, "--node KEY@HOST:PORT")
        self.check(self.invite("--name", "anna", "--hours", 0), 2)
        self.check(self.invite("--role", "boss"), 2, "staff, guest, lead")
        self.check(run("farline-admin", "renew", "--org", self.at("hq"), "--order", self.at("order"), "123"), BAD_DATA)


if __name__ == "__main__":
    programs.main()

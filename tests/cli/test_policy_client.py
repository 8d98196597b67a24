#!/usr/bin/env python3
"""farline-cli under a signed policy: the client's own door, before its node hears of anything."""
import datetime
import hashlib
import json
import os
import shutil

import programs
from programs import run

NOBODY_SPEAKS = ["--audio-in", "silence", "--audio-out", "null"]


def day(days_from_now):
    return (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(days_from_now)).strftime("%Y-%m-%d")


class Client(programs.Test):
    def setUp(self):
        super().setUp()
        self.check(run("farline-admin", "org", "init", self.at("hq"), "--name", "Relief", "--no-passphrase"), 0)
        self.start_node().end()
        self.write("request", run("farline-node", "--data", self.at("node"), "request").out)
        self.check(run("farline-admin", "delegate", "--org", self.at("hq"), "--request", self.at("request"), "--out",
                       self.at("delegation")), 0)
        self.check(run("farline-node", "--data", self.at("node"), "adopt", self.at("delegation"),
                       "--forget-devices"), 0)
        self.node = self.start_node()
        invited = run("farline-node", "--data", self.at("node"), "invite").out
        invitation = next(line for line in invited.splitlines() if line.startswith("invitation: "))[12:]
        for name in ("ana", "ben", "clinic"):
            self.check(self.cli(name, "enroll", invitation, "--name", name, "--no-passphrase"), 0)

    def cli(self, profile, *words):
        return run("farline-cli", "--profile", self.at(profile), "--node", self.node.address, *words)

    def sign(self, rules, serial=1, **changes):
        head = {"organisation": '"Relief"', "generation": 1, "serial": serial, "from": day(-1), "until": day(300),
                "contacts": '["clinic"]', **changes}
        name = f"{serial}-{len(os.listdir(self.path))}"
        source = self.write(f"{name}.toml", "".join(f"{k} = {v}\n" for k, v in head.items()) + rules)
        signed = self.at(f"{name}.policy")
        self.check(run("farline-admin", "policy", "sign", source, "--key", self.at("hq", "org.key"), "-o", signed), 0)
        return signed

    def take(self, profile, *policy):
        self.check(self.cli(profile, "policy", "import", self.sign(*policy)), 0)

    def show(self, profile):
        return self.check(self.cli(profile, "policy", "show", "--json"), 0).json

    def call(self, profile, name, *words):
        """The exit code, and its last event."""
        answer = self.cli(profile, "--json", "call", name, *NOBODY_SPEAKS, *words)
        return answer.code, json.loads(answer.out.splitlines()[-1])

    def test_closed_hours_and_the_contact(self):
        run_ = [programs.Running(self, "farline-cli", "--profile", self.at(name), "run", "--answer", "auto",
                                 *NOBODY_SPEAKS) for name in ("ben", "clinic")]
        for program in run_:
            program.line("attached")
        self.assertEqual(self.call("ana", "ben", "--duration", "1")[0], 0)
        self.take("ana", "hours = []\n")
        code, last = self.call("ana", "ben")
        self.assertEqual((code, last["event"], last["reason"], last["rule"], last["until"]),
                         (77, "ended", "not-allowed", "hours", None))
        self.assertIn("closed at this hour", last["message"])
        words = self.cli("ana", "call", "ben", *NOBODY_SPEAKS)
        self.assertEqual(words.code, 77)
        self.assertIn("Voice is closed at this hour", words.out)
        self.assertEqual(self.call("ana", "clinic", "--duration", "1")[0], 0)

    def test_show(self):
        self.assertEqual(self.show("ana"), {"in_force": False})
        self.assertIn("no policy", self.cli("ana", "policy", "show").out)
        self.take("ana", "client_bps = 9600\nforbid = [\"files\"]\n[[quotas]]\nvoice_minutes_a_day = 60\n")
        shown = self.show("ana")
        self.assertEqual((shown["organisation"], shown["serial"], shown["generation"], shown["client_bps"]),
                         ("Relief", 1, 1, 9600))
        self.assertTrue(shown["classes"]["voice"]["allowed"])
        self.assertEqual(shown["classes"]["files"]["rule"], "feature")
        self.assertEqual(shown["contacts"], [{"name": "clinic"}])
        self.assertTrue(shown["current"])
        self.assertIn("spoken today: 0 of 60 minutes", self.cli("ana", "policy", "show").out)

    def test_tariffs(self):
        self.take("ben", '[[tariffs]]\nlink = "bgan"\ncurrency = "EUR"\nmillis_a_megabyte = 6950\n')
        owner = programs.Running(self, "farline-cli", "--profile", self.at("clinic"), "run", "--answer", "auto",
                                 *NOBODY_SPEAKS)
        owner.line("attached")
        for more in ([], ["--tariff", "bgan"]):
            code, last = self.call("ben", "clinic", "--duration", "1", *more)
            self.assertEqual((code, last["currency"]), (0, "EUR"))
        unknown = self.cli("ben", "call", "ana", "--tariff", "pigeon", *NOBODY_SPEAKS)
        self.assertIn("no policy here has a tariff named pigeon", unknown.err)
        self.assertIn("tariff: bgan (EUR)", self.cli("ben", "policy", "show").out)

    def test_import_is_refused_in_words(self):
        newer, older = self.sign("", 5), self.sign("hours = []\n", 4)
        self.check(self.cli("ana", "policy", "import", newer), 0)
        self.check(self.cli("ana", "policy", "import", newer), 0)  # the same again
        self.check(self.cli("ana", "policy", "import", older), 77, "older")
        self.check(self.cli("ana", "policy", "import", self.sign("", 6, **{"from": day(2)})), 77, "later day")
        self.check(run("farline-admin", "org", "init", self.at("other"), "--name", "Relief", "--no-passphrase"), 0)
        os.rename(self.at("other", "org.key"), self.at("hq", "org.key"))
        self.check(self.cli("ana", "policy", "import", self.sign("", 7)), 77, "not signed by a key of")
        with open(newer, "rb") as file:
            signed = file.read()
        with open(self.at("cut.policy"), "wb") as file:
            file.write(signed[:-1])
        self.check(self.cli("ana", "policy", "import", self.at("cut.policy")), 65)
        self.check(self.cli("ana", "policy", "import", self.at("none")), 74, "cannot be read")
        self.assertEqual(self.show("ana")["serial"], 5)

    def test_a_store_put_back_and_a_mark_deleted(self):
        self.take("ana", "", 1)
        shutil.copytree(self.at("ana"), self.at("image"))
        self.take("ana", "hours = []\n", 2)
        os.remove(self.at("ana", "profile.mark"))
        self.assertEqual(self.show("ana")["classes"]["voice"]["rule"], "hours")
        self.assertTrue(os.path.exists(self.at("ana", "profile.mark")))  # written again
        for name in os.listdir(self.at("image")):
            if name.startswith("profile.db"):
                shutil.copy(self.at("image", name), self.at("ana", name))
        self.assertEqual(self.show("ana")["classes"]["voice"]["rule"], "serial")
        code, last = self.call("ana", "ben")
        self.assertEqual((code, last["rule"]), (77, "serial"))
        self.check(self.cli("ana", "policy", "import", self.sign("", 1)), 77, "older")
        self.take("ana", "", 3)
        self.assertEqual(self.show("ana")["classes"]["voice"]["rule"], "open")

    def test_in_a_run(self):
        owner = programs.Running(self, "farline-cli", "--profile", self.at("ana"), "--json", "run", *NOBODY_SPEAKS)
        self.assertEqual(json.loads(owner.line())["event"], "attached")
        policy = self.sign("hours = []\n")
        self.assertEqual(self.cli("ana", "policy", "import", policy).code, 0)
        self.assertEqual(json.loads(owner.line())["event"], "policy")
        self.assertEqual(self.show("ana")["classes"]["voice"]["rule"], "hours")
        older = self.cli("ana", "policy", "import", self.sign("", 0))
        self.assertEqual(older.code, 77)
        self.assertIn("older", older.out)
        self.assertEqual(self.call("ana", "ben")[0], 77)

    def test_builds(self):
        def rule(action, path):
            with open(path, "rb") as file:
                return f'[[builds]]\naction = "{action}"\nhash = "{hashlib.sha256(file.read()).hexdigest()[:32]}"\n'
        self.take("ana", rule("allow", self.at("hq", "org.pem")), 1)
        self.assertEqual(self.call("ana", "ben")[1]["rule"], "build")
        self.take("ana", rule("allow", os.path.join(programs.folder, "farline-cli")), 2)
        self.assertEqual(self.show("ana")["classes"]["voice"]["rule"], "open")
        self.take("ana", '[[builds]]\naction = "block"\n', 3)
        code, last = self.call("ana", "ben")
        self.assertEqual((code, last["rule"]), (77, "build"))
        self.assertEqual(self.call("ana", "clinic")[0], 14)

    def test_break_glass(self):
        device = self.cli("ana", "status", "--json").json["device"]
        source = self.write("glass.toml", f'organisation = "Relief"\ngeneration = 1\nserial = 1\nfrom = {day(-1)}\n'
                                          f'until = {day(300)}\nhours = []\n')
        made = self.check(run("farline-admin", "break-glass", "new", source, "--count", "1", "--device", device), 0).out
        code = next(word for word in made.split() if word.count("-") == 3 and len(word) == 19)
        self.check(run("farline-admin", "policy", "sign", source, "--key", self.at("hq", "org.key"), "-o",
                       self.at("glass.policy")), 0)
        for name in ("ana", "ben"):
            self.check(self.cli(name, "policy", "import", self.at("glass.policy")), 0)
        self.assertEqual(self.call("ana", "ben")[0], 77)
        self.check(self.cli("ben", "policy", "open", code), 77, "no such code for this device")
        self.check(self.cli("ana", "policy", "open", "K7QM"), 65, "16 letters")
        self.check(self.cli("ana", "policy", "open", code), 0)
        self.assertTrue(self.show("ana")["break_glass"])
        self.check(self.cli("ana", "policy", "open", code), 77, "used on this device before")
        self.assertEqual(self.call("ana", "ben")[0], 14)  # allowed; ben is not there


if __name__ == "__main__":
    programs.main()

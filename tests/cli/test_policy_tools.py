#!/usr/bin/env python3
"""farline-admin around a policy: explain, diff, calendar, new, site add, revoke, break-glass, export."""
import os
import re
import xml.etree.ElementTree as xml

import policies
import programs
from policies import EXAMPLE, EXAMPLES, admin


class Tools(policies.Test):
    def read(self, path):
        with open(path, encoding="utf-8") as file:
            return file.read()

    def signed(self, source):
        if not os.path.exists(self.at("hq")):
            self.check(admin("org", "init", self.at("hq"), "--no-passphrase"), 0)
        self.check(admin("policy", "sign", source, "--key", self.at("hq", "org.key"), "-o", self.at("p.policy")), 0)
        return self.at("p.policy")

    def test_explained(self):
        ask = ("--at", "2026-11-23T19:30+02:00", "--what", "voice")
        for policy in (EXAMPLE, self.signed(EXAMPLE)):
            answer = self.check(admin("policy", "explain", policy, *ask, "--who", "anna@kalemie"), 0,
                                "anna@kalemie is asked about as staff")
            lines = answer.out.splitlines()
            self.assertEqual(lines[0], "refused: Voice is closed at this hour; open again on Tue 2026-11-24 at 07:30, "
                                       "site time.")
            self.assertEqual(len(lines), 1 + 11)
            self.assertIn("left out: name a build with --build", lines[7])
            self.assertRegex(lines[9], r"^hours +FORBIDS .*Mon-Fri 07:30-18:00, Sat 08:00-13:00")
            self.assertRegex(lines[10], r"^quota +not asked$")
        guest = self.check(admin("policy", "explain", EXAMPLE, *ask, "--who", "guest", "--json"), 0).json
        self.assertEqual((guest["allowed"], guest["rule"], len(guest["steps"])), (True, "open", 11))
        self.assertIn("0 of 20 voice minutes a day", guest["steps"][9]["why"])
        contact = self.check(admin("policy", "explain", EXAMPLE, *ask, "--with", "radio-room@hq", "--json"), 0).json
        self.assertEqual((contact["allowed"], contact["rule"]), (True, "emergency"))
        lost = self.check(admin("policy", "explain", EXAMPLE, *ask, "--device", "5f0c6a2b9d3e8147", "--json"), 0).json
        self.assertEqual((lost["allowed"], lost["rule"]), (False, "revoked"))
        for option, value, words in (("--who", "anna@nowhere", "only: kalemie"), ("--role", "boss", "guest, lead"),
                                     ("--at", "noon", "a time such as"), ("--device", "12", "16 hexadecimal")):
            self.check(admin("policy", "explain", EXAMPLE, option, value), 2, words)

    def test_differences(self):
        self.assertEqual(self.check(admin("policy", "diff", EXAMPLE, self.signed(EXAMPLE)), 0).out, "nothing changes\n")
        changed = self.source(("serial = 12", "serial = 13"), ("serial = 5", "serial = 6"),
                              ("Mon-Fri 07:30-18:00", "Mon-Fri 07:30-17:00"), ('"security@hq"', '"doctor@hq"'),
                              ("client_bps = 24000", "client_bps = 16000"), ('["recording"]', '["recording", "video"]'))
        lines = self.check(admin("policy", "diff", EXAMPLE, changed), 0).out.splitlines()
        self.assertEqual(lines[0], "for everyone:")
        for line in ("    - security@hq", "    + doctor@hq", "    + video"):
            self.assertIn(line, lines)
        text = "\n".join(lines)
        self.assertIn("client_bps (bit/s of one client in each direction, headers included): 24000 -> 16000", text)
        self.assertIn("at kalemie:", lines)
        self.assertRegex(text, r"hours, .*staff.*: .*Mon-Fri 07:30-18:00, Sat 08:00-13:00 -> Mon-Fri 07:30-17:00, "
                               r"Sat 08:00-13:00 \(5 hours a week less\)")
        stale = self.source(("client_bps = 24000", "client_bps = 16000"))
        self.assertIn("no device will take it: generation 1, serial 12",
                      self.check(admin("policy", "diff", EXAMPLE, stale), 0).out)

    def test_calendar(self):
        text = self.check(admin("policy", "calendar", EXAMPLE, "--week", "2026-12-23"), 0).out
        self.assertIn("Relief, kalemie\nMon 2026-12-21 to Sun 2026-12-27, site time UTC+02:00\n", text)
        self.assertIn("  Thu 24  |...............#####################............| 07:30-18:00\n", text)
        self.assertRegex(text, r"Fri 25  \|\.{48}\| \(holiday\)")
        self.assertNotIn("\033", text)  # no colours
        self.assertLessEqual(max(map(len, text.splitlines())), 120)
        for site in ("beirut", "tripoli"):
            branch = os.path.join(EXAMPLES, "branch-office.toml")
            self.check(admin("policy", "calendar", branch, "--site", site, "--week", "2027-03-25", "--svg",
                             self.at("s.svg"), "--html", self.at("s.html")), 0)
            svg = self.read(self.at("s.svg"))
            self.assertTrue(xml.fromstring(svg).tag.endswith("svg"))
            self.assertIn("UTC+02:00, UTC+03:00 from 2027-03-28T00:00 on", svg)
            self.assertIn(svg, self.read(self.at("s.html")))
        self.check(admin("policy", "calendar", branch), 2, "beirut, tripoli")
        self.check(admin("policy", "calendar", EXAMPLE, "--week", "soon"), 2, "a day such as")

    def test_new_sources(self):
        for name in ("trial", "field-office", "branch-office", "ship", "lockdown"):
            made = self.at(name)
            self.check(admin("policy", "new", made, "--from", name, "--name", "Médecins", "--site", "goma"), 0)
            self.assertIn("# ", self.read(made))
            self.check(admin("policy", "check", made), 0)
            shown = self.check(admin("policy", "show", self.signed(made), "--json"), 0).json
            self.assertEqual((shown["organisation"], shown["serial"], shown["sites"].split(", ")[0]),
                             ("Médecins", 1, "goma"))
            decided = admin("policy", "decide", self.at("p.policy"), "--site", "goma", "--role", "lead", "--class",
                            "voice", "--build", "0.1.0", "--json")
            self.assertIn(self.check(decided, 0).json["rule"], ("open", "hours"))  # this very build is not blocked
        self.check(admin("policy", "new", made, "--name", "Other"), 78, "already")
        self.check(admin("policy", "new", self.at("x"), "--name", "Other", "--from", "moon"), 2, "field-office")
        self.check(admin("policy", "new", self.at("x"), "--name", "a\nb"), 2)
        self.check(admin("policy", "new", self.at("x"), "--name", "a", "--site", "b@c"), 2)

    def test_edits_keep_what_people_wrote(self):
        source = self.source()
        before = self.read(source).splitlines()
        self.check(admin("site", "add", source, "bukavu", "--utc-offset", "+02:00"), 0, "")
        self.check(admin("revoke", source, "00112233445566ff"), 0)
        after = self.read(source).splitlines()
        gone = [line for line in before if line not in after]
        self.assertEqual(gone, ["serial = 12", 'revoked = ["5f0c6a2b9d3e8147"]  # example'])
        self.assertIn("serial = 14", after)
        self.assertIn('revoked = ["00112233445566ff", "5f0c6a2b9d3e8147"]  # example', after)
        self.assertIn('name = "bukavu"', after)
        self.check(admin("policy", "check", source), 0)
        self.assertIn("nothing was changed", self.check(admin("revoke", source, "00112233445566ff"), 0).out)
        self.check(admin("site", "add", source, "kalemie"), 2, "already")
        self.check(admin("revoke", source, "12"), 2, "16 hexadecimal")
        self.check(admin("site", "add", self.write("bad.toml", "x"), "y"), 65, "bad.toml:1")
        unusual = self.write("unusual.toml", "site = [{name = 'a', serial = 1}]\norganisation = 'x'\ngeneration = 1\n"
                                             "serial = 3\nfrom = 2026-01-01\nuntil = 2027-01-01\n")
        self.check(admin("site", "add", unusual, "b"), 65, "write yourself:\nserial = 4\n")

    def test_break_glass(self):
        source = self.source()
        answer = self.check(admin("break-glass", "new", source, "--count", 3, "--device", "00112233445566ff"), 0)
        codes = re.findall(r"^\d  ([A-Z2-7]{4}(?:-[A-Z2-7]{4}){3})  \S+ .*, \S+", answer.out, re.MULTILINE)
        self.assertEqual(len(set(codes)), 3)
        text = self.read(source)
        for code in codes:
            self.assertNotIn(code.split("-")[0], text.upper().replace('"', ""))
        self.assertEqual(len(re.search(r'^break_glass = \[(.*)\]$', text, re.MULTILINE)[1].split(", ")), 3)
        self.assertIn("serial = 13", text)
        shown = self.check(admin("policy", "show", self.signed(source)), 0).out
        self.assertIn("\nbreak_glass = [", shown)
        self.check(admin("break-glass", "new", source, "--count", 64), 65, "at most 64")  # 67
        self.assertEqual(self.read(source), text)
        self.check(admin("break-glass", "new", source, "--count", 0), 2)

    def test_exports(self):
        addresses = ("--address", "node1.relief.example=192.0.2.1", "--address", "node2.relief.example=192.0.2.2")
        for kind, words in (("nftables", "192.0.2.2 . 4500, 198.51.100.7 . 4500, 203.0.113.20 . 443"),
                            ("mikrotik", "/ip firewall address-list add list=farline address=192.0.2.1"),
                            ("windows-firewall", "'192.0.2.3-198.51.100.6'")):
            answer = self.check(admin("export", kind, EXAMPLE, *addresses), 0, "emergency calls neither")
            self.assertIn(words, answer.out)
            self.check(admin("export", kind, EXAMPLE, *addresses, "-o", self.at("out")), 0)
            self.assertEqual(self.read(self.at("out")), answer.out)
        self.check(admin("export", "nftables", os.path.join(EXAMPLES, "ship.toml")), 0, "these rules keep no hours")
        self.check(admin("export", "nftables", os.path.join(EXAMPLES, "trial.toml")), 65, "[[supernodes]]")
        self.check(admin("export", "nftables", EXAMPLE, "--address", "x"), 2, "NAME=IP")
        self.check(admin("export", "cisco", EXAMPLE), 2)


if __name__ == "__main__":
    programs.main()

#!/usr/bin/env python3
"""The organisation's root key changes: nobody enrols again, and what the old key signs is worth nothing."""
import shutil
import signal

import calls
from calls import PATIENCE
from relief import CONTACT, Organisation


class RootKeys(Organisation):
    def status(self, key):
        return next(line for line in self.node_says("status").splitlines() if line.startswith(key + ": ")).split()[1]

    def delegation(self, name, org="hq"):
        self.path(name + ".request").write_text(self.node_says("request"))
        self.admin("delegate", "--org", self.path(org), "--request", self.path(name + ".request"), "--out",
                   self.path(name))
        return self.path(name)

    def order(self, name, org="hq"):
        """For one new person."""
        self.admin("invite", "--org", self.path(org), "--invitation", self.invitation, "--name", name, "--order",
                   self.path(name + ".order"))
        return self.tool("farline-node", "--data", self.path("node"), "import", self.path(name + ".order"))

    def reaches(self, who, whom):
        self.assertEqual(self.code(self.cli(who, "call", whom, "--duration", 1,
                                            program=f"{who}-{whom}-{len(self.stage.programs)}")), 0)

    def restart(self, *words):
        """`farline-node WORDS` between two runs."""
        self.node.end()
        answer = self.tool("farline-node", "--data", self.path("node"), *words)
        self.start_node()
        return answer

    def test_another_root_key(self):
        self.enroll("cleo")  # and is away for the whole time
        old_key = self.status("root_key")
        self.admin("org", "rotate", self.path("hq"), "--no-passphrase")
        shutil.copytree(self.path("hq"), self.path("thief"))
        new_key = next(line for line in self.admin("org", "use", self.path("hq"), 2).splitlines()
                       if line.startswith("root_key: ")).split()[1]
        self.assertNotEqual(new_key, old_key)
        delegation = self.delegation("delegation-2")
        before = self.node_says("invite").split(": ", 1)[1].strip()
        self.assertEqual(self.restart("adopt", delegation).returncode, 77)  # no policy names that key yet

        ben = self.run_("ben", "--answer", "auto")
        self.put_in_force(self.root_keys(), keys=("org", "org-2"))
        ben.event("policy", PATIENCE)
        adopted = self.restart("adopt", delegation)
        self.assertEqual(adopted.returncode, 0, adopted.stderr)
        self.assertEqual(self.status("root_key"), new_key)
        ben.event("attached", PATIENCE, nth=1)
        self.reaches("ana", "ben")
        self.reaches("ana", "ben")  # each with the new certificate
        self.assertEqual(self.status("under_former_root"), "2")
        self.assertEqual(self.order("dora").returncode, 0)
        self.enroll("eva")
        self.stage.enroll("finn", before, None, PATIENCE)  # the invitation names the old key, which still counts
        self.assertEqual(self.status("under_former_root"), "3")
        self.reaches("finn", "ben")
        self.assertEqual(self.status("under_former_root"), "2")  # he has moved like the others

        # The old key goes. It signs once more for those who were away.
        self.put_in_force(f'root_keys = ["{new_key}"]', keys=("org", "org-2"))
        ben.event("policy", PATIENCE, nth=1)
        for who in ("ana", "cleo", "eva"):
            self.reaches(who, "ben")
            self.holds(who, self.serial)
        self.reaches("cleo", "ben")
        self.assertEqual(self.status("under_former_root"), "1")  # the contact's
        ben.end()
        cleo = self.run_("cleo", "--answer", "auto")
        self.reaches("ana", "cleo")

        # The old key alone is a thief's.
        self.assertEqual(self.order("fox", org="thief").returncode, 77)
        stolen = self.delegation("stolen", org="thief")
        self.assertEqual(self.restart("adopt", stolen).returncode, 77)
        cleo.event("attached", PATIENCE, nth=1)
        taken_serial = self.serial
        good = self.policy.read_bytes()
        self.sign(self.root_keys())
        refused = self.tool("farline-cli", "--profile", self.path("ana"), "policy", "import", self.policy)
        self.assertEqual(refused.returncode, 77, refused.stdout)
        self.assertEqual(self.tool("farline-node", "--data", self.path("node"), "import", self.policy).returncode, 77)
        self.policy.write_bytes(good)
        self.assertEqual(self.status("policy_serial"), str(taken_serial))
        self.reaches("ana", "cleo")

    def test_two_of_three(self):
        """From one key to two of three: nobody enrols again, and then no single key admits anybody."""
        hq, two = self.path("hq"), ["--key", self.path("hq") / "org-2.key"]
        for _ in range(2):
            self.admin("org", "rotate", hq, "--no-passphrase")
        self.assertIn("threshold: 2", self.admin("org", "threshold", hq, 2))
        self.enroll("eva")  # and is away for the whole time
        ben = self.run_("ben", "--answer", "auto")
        posted = self.invitation

        # The keys are named, then nodes are delegated by two; the second administrator signs what the first has begun.
        self.put_in_force(self.root_keys())
        ben.event("policy", PATIENCE)
        begun = self.delegation("begun")
        signed = self.admin("cosign", begun, "--key", hq / "org-3.key", "-o", self.path("delegation-2"))
        self.assertIn("signatures: 2", signed)
        adopted = self.restart("adopt", self.path("delegation-2"))
        self.assertEqual(adopted.returncode, 0, adopted.stderr)
        ben.event("attached", PATIENCE, nth=1)
        self.reaches("ana", "ben")
        self.run_(CONTACT).end()
        self.assertEqual(self.status("under_former_root"), "1")  # Eva's

        self.put_in_force("threshold = 2\n" + self.root_keys(), keys=("org", "org-2"))
        ben.event("policy", PATIENCE, nth=1)
        self.reaches("ana", "ben")
        self.holds("ana", self.serial)
        self.reaches("ana", "ben")  # by the rules of two of three
        self.stage.enroll("finn", posted, None, PATIENCE)
        self.reaches("finn", "ben")
        self.reaches("eva", "ben")
        self.reaches("eva", "ben")

        # A single key admits nobody: no people, no node.
        alone = self.order("fox")
        self.assertEqual(alone.returncode, 77, alone.stdout)
        self.assertIn("farline-admin cosign", alone.stderr)
        shown = self.admin("cosign", self.path("fox.order"), *two, "-o", self.path("fox-2.order"))
        self.assertIn("invites: fox, staff, 1 devices", shown)
        taken = self.tool("farline-node", "--data", self.path("node"), "import", self.path("fox-2.order"))
        self.assertEqual(taken.returncode, 0, taken.stderr)
        refused = self.restart("adopt", self.delegation("begun-again"))
        self.assertEqual(refused.returncode, 77, refused.stdout)
        self.assertIn("fewer root keys", refused.stderr)
        ben.event("attached", PATIENCE, nth=2)
        self.reaches("finn", "ben")

    def test_a_withdrawn_node_has_certified_nobody(self):
        """The node's folder was stolen; another node takes its place, with keys of its own."""
        lost = self.status("issuer_key")
        source = self.path("relief-1.toml")
        said = self.admin("revoke", source, lost)
        self.assertIn("revoked with all that it has certified", said)
        self.serial += 1
        self.admin("policy", "sign", source, "--key", self.path("hq") / "org.key", "-o", self.policy)
        ben = self.run_("ben", "--answer", "auto")
        self.node.process.send_signal(signal.SIGHUP)
        self.assertIn("revoked", ben.event("error", PATIENCE)["message"])
        call = self.cli("ana", "call", "ben", "--duration", 1)
        self.assertEqual(self.code(call), 77)

        # Whoever comes with an invitation of that node, and whoever would write one, is told why.
        late = self.tool("farline-cli", "--profile", self.path("late"), "enroll", self.invitation,
                         "--name", "dora", "--no-passphrase")
        self.assertEqual(late.returncode, 77, late.stderr)
        self.assertIn("ask your administrator for an invitation to another one", late.stderr)
        invited = self.tool("farline-node", "--data", self.path("node"), "invite")
        self.assertEqual(invited.returncode, 77, invited.stdout)
        self.assertIn("revoked_issuers", invited.stderr)
        self.assertIn("enrols: no: the policy has withdrawn this node", self.node_says("status"))
        self.node.line_after("note", PATIENCE)


if __name__ == "__main__":
    calls.main()

#!/usr/bin/env python3
"""One organisation, its policy, its supernode and its people: what is signed is what happens, while they are attached
and while they talk. Hours last a quarter at least, so another policy is signed where a clock would have to be moved."""
import calls
from calls import PATIENCE
from relief import CONTACT, Organisation


class Enforced(Organisation):
    def test_a_working_day_and_its_end(self):
        ben = self.run_("ben", "--answer", "auto")
        self.run_(CONTACT, "--answer", "auto")
        self.assertEqual(self.code(self.call("ana", "ben")), 0)
        self.holds("ana", 1)

        self.put_in_force("hours = []")
        refused = self.call("ana", "ben")
        self.assertEqual(self.code(refused), 77, refused.tail())
        error = refused.last("ended") or refused.last("error")
        self.assertEqual(error["rule"], "hours")
        self.assertEqual(self.code(self.call("ana", CONTACT)), 0)  # in every state of things
        ben.event("policy", PATIENCE, nth=1)  # who is attached is told

        self.put_in_force("")
        self.assertEqual(self.code(self.call("ana", "ben")), 0)

    def test_a_running_call_ends_when_its_hours_do(self):
        self.run_("ben", "--answer", "auto")
        ana = self.call("ana", "ben", 90)
        ana.event("connected", PATIENCE)
        self.put_in_force("hours = []\ncall_grace_minutes = 0")
        closing = ana.event("closing", PATIENCE)  # nobody is cut off in mid-sentence
        self.assertEqual((closing["rule"], closing["seconds"]), ("hours", 60))
        self.assertEqual(ana.wait(60 + PATIENCE), 77, ana.tail())
        self.assertEqual(ana.last("ended")["reason"], "closed")
        self.assertGreater(ana.last("ended")["at"] - closing["at"], 55)

    def test_an_emergency_call_goes_on(self):
        self.run_(CONTACT, "--answer", "auto")
        ana = self.call("ana", CONTACT, 25)
        ana.event("connected", PATIENCE)
        self.put_in_force('hours = []\ncall_grace_minutes = 0\nforbid = ["video", "files", "guests"]\nbuilds = []')
        self.assertEqual(self.code(ana), 0, ana.tail())
        self.assertEqual(ana.last("ended")["reason"], "hung-up")
        self.assertEqual(self.code(self.call("ana", CONTACT)), 0)

    def test_a_stolen_device_gets_nothing(self):
        ben = self.run_("ben", "--answer", "auto")
        ana = self.call("ana", "ben", 90)
        ana.event("connected", PATIENCE)
        self.put_in_force(f'revoked = ["{self.device_of("ben")}"]')
        self.assertEqual(ben.wait(PATIENCE), 77, ben.tail())
        self.assertNotEqual(self.code(ana), 0, ana.tail())
        again = self.cli("ben", "call", CONTACT, program="ben-again")
        self.assertEqual(self.code(again), 77, again.tail())  # not even an emergency
        self.assertEqual(self.code(self.call("ana", "ben")), 14)

    def test_an_older_policy_does_not_come_back(self):
        old = self.path("old.policy")
        old.write_bytes(self.policy.read_bytes())
        self.run_("ben", "--answer", "auto")
        self.put_in_force("hours = []")
        self.assertEqual(self.code(self.call("ana", "ben")), 77)
        imported = self.tool("farline-cli", "--profile", self.path("ana"), "policy", "import", old)
        self.assertEqual(imported.returncode, 77, imported.stderr)
        self.assertIn("older", imported.stderr)
        # Nor at the supernode: given the old file it goes on with the newer one.
        self.policy.write_bytes(old.read_bytes())
        self.node.end()
        self.start_node()
        self.assertEqual(self.code(self.call("ana", "ben")), 77)

    def test_two_of_three_sign(self):
        hq = self.path("hq")
        for _ in range(2):
            self.admin("org", "rotate", hq, "--no-passphrase")
        rules = f"threshold = 2\n{self.root_keys()}"
        ben = self.run_("ben")
        self.put_in_force(rules, keys=("org", "org-3"))
        ben.event("policy", PATIENCE, nth=1)
        self.put_in_force(rules, keys=("org-2", "org-3"))  # without the one that all were enrolled with
        ben.event("policy", PATIENCE, nth=2)
        self.put_in_force(rules + "\nhours = []", keys=("org",))
        imported = self.tool("farline-cli", "--profile", self.path("ben"), "policy", "import", self.policy)
        self.assertEqual(imported.returncode, 77, imported.stdout)
        self.assertIn("enough keys", imported.stdout + imported.stderr)
        self.assertIn("serial: 3\n", self.node_says("status"))


if __name__ == "__main__":
    calls.main()

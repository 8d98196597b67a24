#!/usr/bin/env python3
"""Keys change, and nobody enrols again."""
import json

import calls
from calls import PATIENCE
from relief import CONTACT, Organisation


class Rotation(Organisation):
    def status(self, key):
        return next(line for line in self.node_says("status").splitlines() if line.startswith(key + ": ")).split()[1]

    def rotate(self, *words):
        """The new key; the node stops for it."""
        self.node.end()
        key = self.node_says("rotate", *words).splitlines()[0].removeprefix("node_key: ")
        self.start_node()
        self.assertEqual(self.status("node_key"), key)
        return key

    def listing(self, *keys):
        return "\n".join(f'[[supernodes]]\nkey = "{key}"\naddress = "{self.node.address}"' for key in keys)

    def uses(self, who, key):
        """`who` has no program running."""
        status = self.tool("farline-cli", "--profile", self.path(who), "--json", "status")
        self.assertEqual(json.loads(status.stdout)["supernode_key"], key)

    def reaches(self, who, whom):
        self.assertEqual(self.code(self.call(who, whom)), 0)

    def test_a_supernode_takes_another_key(self):
        old_key = self.status("node_key")
        self.sign(self.listing(old_key))
        old_policy = self.path("old.policy")
        old_policy.write_bytes(self.policy.read_bytes())
        ben = self.run_("ben", "--answer", "auto")
        self.put_in_force(self.listing(old_key))
        ben.event("policy", PATIENCE, nth=1)
        self.reaches("ana", "ben")

        # Ana is away. Ben stays, and comes back with the key that he knows.
        new_key = self.rotate("--keep-days", 30)
        self.assertEqual(self.status("former_keys"), "1")
        ben.event("attached", PATIENCE, nth=1)
        self.put_in_force(self.listing(new_key, old_key))
        ben.event("policy", PATIENCE, nth=2)
        self.reaches("ana", "ben")  # she gets in with the old key, learns the policy, and moves
        self.holds("ana", self.serial)
        self.uses("ana", new_key)
        self.put_in_force(self.listing(new_key))
        ben.event("policy", PATIENCE, nth=3)
        self.reaches("ana", "ben")

        # A stolen key ends at once: all get the policy as a file.
        newest = self.rotate("--keep-days", 0)
        self.assertEqual(self.status("former_keys"), "0")
        ben.end()
        self.uses("ben", new_key)
        self.sign(self.listing(newest))
        for who in ("ana", CONTACT):
            imported = self.tool("farline-cli", "--profile", self.path(who), "policy", "import", self.policy)
            self.assertEqual(imported.returncode, 0, imported.stderr)
        self.run_(CONTACT, "--answer", "auto")
        self.reaches("ana", CONTACT)
        self.uses("ana", newest)

        # An old policy does not bring an old key back.
        replayed = self.tool("farline-cli", "--profile", self.path("ana"), "policy", "import", old_policy)
        self.assertEqual(replayed.returncode, 77, replayed.stdout)
        self.uses("ana", newest)
        self.reaches("ana", CONTACT)


if __name__ == "__main__":
    calls.main()

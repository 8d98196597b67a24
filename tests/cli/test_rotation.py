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

        # Ana is away. Ben stays, and comes back with the key that he knows. Dora's invitation is on its way.
        posted = self.invitation
        new_key = self.rotate("--keep-days", 30)
        self.assertEqual(self.status("former_keys"), "1")
        ben.event("attached", PATIENCE, nth=1)
        self.stage.enroll("dora", posted, None, PATIENCE)
        self.put_in_force(self.listing(new_key, old_key))
        ben.event("policy", PATIENCE, nth=2)
        self.reaches("ana", "ben")  # she gets in with the old key, learns the policy, and moves
        self.holds("ana", self.serial)
        self.uses("ana", new_key)
        self.reaches("dora", "ben")
        self.uses("dora", new_key)
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

    def test_a_wrong_key_in_the_list_is_given_to_nobody(self):
        def push():
            return self.tool("farline-admin", "policy", "push", self.policy, "--profile", self.path("ana"),
                             "--seconds", 5)

        ben = self.run_("ben", "--answer", "auto")
        in_force = self.status("policy_serial")
        self.sign(self.listing("ab" * 32))
        pushed = push()
        self.assertEqual(pushed.returncode, 69, pushed.stdout)
        self.assertIn("given to nobody: check [[supernodes]]", pushed.stderr)
        self.assertEqual(self.status("policy_serial"), in_force)
        self.reaches(CONTACT, "ben")
        self.sign(self.listing(self.status("node_key")))
        pushed = push()
        self.assertEqual(pushed.returncode, 0, pushed.stderr)
        ben.event("policy", PATIENCE)
        self.reaches("ana", "ben")

    def test_a_wrong_key_in_force_locks_nobody_out(self):
        key = self.status("node_key")
        self.put_in_force(self.listing(key))
        ben = self.run_("ben", "--answer", "auto")
        self.reaches("ana", "ben")
        wrong = "ab" * 32
        self.put_in_force(self.listing(wrong))
        source = self.path(f"relief-{self.serial}.toml")
        for words in (("check", source, "--org", self.path("hq")),
                      ("check", source, "--previous", self.path(f"relief-{self.serial - 1}.toml")),
                      ("sign", source, "--key", self.path("hq") / "org.key", "-o", self.path("again.policy"))):
            said = self.tool("farline-admin", "policy", *words)
            self.assertEqual(said.returncode, 0, said.stderr)
            self.assertIn(f"warning: supernodes: the key {wrong} of {self.node.address} is known neither", said.stderr)
            self.assertIn("none of the keys is known", said.stderr)
        ben.event("policy", PATIENCE)
        ben.end()
        self.node.end()
        self.start_node()

        # All begin anew, with that file, and find the node that they know.
        ben = self.run_("ben", "--answer", "auto")
        self.reaches("ana", "ben")
        self.holds("ana", self.serial)
        self.put_in_force(self.listing(key))
        ben.event("policy", PATIENCE)
        self.reaches("ana", "ben")
        self.holds("ana", self.serial)
        self.uses("ana", key)
        said = self.tool("farline-admin", "policy", "check", self.path(f"relief-{self.serial}.toml"), "--org",
                         self.path("hq"), "--previous", self.policy)
        self.assertEqual(said.returncode, 0, said.stderr)
        self.assertNotIn("warning", said.stderr)

    def delegate(self, name, data="node", *words):
        """The delegation of a node, for the request that it makes now."""
        request = self.tool("farline-node", "--data", self.path(data), "request")
        self.assertEqual(request.returncode, 0, request.stderr)
        self.path(name + ".request").write_text(request.stdout)
        self.admin("delegate", "--org", self.path("hq"), "--request", self.path(name + ".request"), "--out",
                   self.path(name), *words)
        return self.path(name)

    def test_a_delegation_follows_another_and_people_still_know_each_other(self):
        self.node.end()
        self.node_says("adopt", self.delegate("next", "node", "--days", 300))
        self.start_node()
        self.enroll("cleo")
        ben = self.run_("ben", "--answer", "auto")  # by the former delegation
        self.reaches("cleo", "ben")
        self.reaches("ana", "ben")
        ben.end()
        self.run_("cleo", "--answer", "auto")
        self.reaches("ana", "cleo")
        self.reaches("ana", "cleo")  # knows the new issuer now

    def test_another_node_of_the_organisation_lets_them_in(self):
        command = ["farline-node", "--data", self.path("second"), "--listen"]
        second = self.stage.program("second-1", [*command, "127.0.0.1:0"])
        address = second.line_after("listening")
        second.end()

        def says(*words):
            answer = self.tool("farline-node", "--data", self.path("second"), *words)
            return answer.returncode, answer.stdout + answer.stderr

        self.assertEqual(says("adopt", self.delegate("second.delegation", "second"), "--forget-devices")[0], 0)
        key = self.admin("invitation", "show", says("invite")[1].split()[1], "--json")
        key = json.loads(key)["node_key"]
        self.sign(f'[[supernodes]]\nkey = "{key}"\naddress = "{address}"')
        self.node.end()
        second = self.stage.program("second-2", [*command, address, "--policy", self.policy])
        second.line_after("listening")
        for who in ("ana", "ben"):
            imported = self.tool("farline-cli", "--profile", self.path(who), "policy", "import", self.policy)
            self.assertEqual(imported.returncode, 0, imported.stderr)
        self.assertEqual(self.code(self.call("ana", "ben")), 77)  # whose are they?
        self.assertEqual(says("import", self.path("second.delegation"))[0], 77)  # its own
        code, words = says("import", self.path("delegation"))
        self.assertEqual(code, 0, words)
        self.assertIn("taken: devices that", words)
        self.run_("ben", "--answer", "auto")
        self.assertEqual(self.code(self.cli("ana", "call", "ben", "--duration", 1, program="ana-again")), 0)


if __name__ == "__main__":
    calls.main()

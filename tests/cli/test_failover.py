#!/usr/bin/env python3
"""Two supernodes of one organisation, and a call that outlives the one that carries it."""
import json
import signal
import time

import calls
from calls import PATIENCE
from relief import Organisation


class Failover(Organisation):
    def setUp(self):
        super().setUp()
        command = ["farline-node", "--data", self.path("second"), "--listen"]
        first_time = self.stage.program("second-1", [*command, "127.0.0.1:0"])
        address = first_time.line_after("listening")
        first_time.end()
        self.path("second.request").write_text(self.second_says("request"))
        self.admin("delegate", "--org", self.path("hq"), "--request", self.path("second.request"), "--out",
                   self.path("second.delegation"))
        self.second_says("adopt", self.path("second.delegation"), "--forget-devices")
        self.second_says("import", self.path("delegation"))
        self.node_says("import", self.path("second.delegation"))
        nodes = ((self.node_says, self.node.address), (self.second_says, address))
        self.put_in_force("\n".join(
            f'[[supernodes]]\nkey = "{self.key(says)}"\naddress = "{where}"' for says, where in nodes))
        self.second = self.stage.program("second-2", [*command, address, "--policy", self.policy])
        self.second.address = self.second.line_after("listening")
        for who in ("ana", "ben"):
            self.learns_policy(who)

    def learns_policy(self, who):
        imported = self.tool("farline-cli", "--profile", self.path(who), "policy", "import", self.policy)
        self.assertEqual(imported.returncode, 0, imported.stderr)

    def second_says(self, *words):
        answer = self.tool("farline-node", "--data", self.path("second"), *words)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return answer.stdout

    def key(self, says):
        shown = self.admin("invitation", "show", says("invite").split()[1], "--json")
        return json.loads(shown)["node_key"]

    def call_through_the_first(self, seconds):
        ana_talks, ben_talks = self.talk()
        ben = self.run_("ben", "--answer", "auto", *ben_talks)
        ana = self.cli("ana", "call", "ben", "--duration", seconds, *ana_talks)
        for program in (ana, ben):
            program.event("connected", PATIENCE)
        time.sleep(3)
        return ana, ben

    def goes_on(self, ana, ben, since):
        """The gap that each side has heard; nobody was asked anything."""
        gaps = []
        for program in (ana, ben):
            program.event("stalled", PATIENCE)
            gaps.append(program.event("resumed", PATIENCE)["at"] - since)
            self.assertEqual(len([e for e in program.events if e["event"] == "connected"]), 1)
        self.assertEqual(self.code(ana), 0)
        ben.event("ended", PATIENCE)
        self.assertEqual([e["event"] for e in ben.events].count("incoming"), 1)
        return gaps

    def where(self, who):
        status = self.tool("farline-cli", "--profile", self.path(who), "--json", "status")
        return json.loads(status.stdout)["supernode"]

    def test_a_call_goes_on_when_its_supernode_is_killed(self):
        ana, ben = self.call_through_the_first(30)
        killed = time.monotonic()
        self.node.process.kill()
        gaps = self.goes_on(ana, ben, killed)
        print("killed: heard again after", ", ".join(f"{gap:.1f} s" for gap in gaps))
        self.assertLess(max(gaps), 20)
        self.assertEqual(self.where("ana"), self.second.address)

    def test_a_call_goes_on_when_its_supernode_is_frozen(self):
        ana, ben = self.call_through_the_first(30)
        frozen = time.monotonic()
        self.node.process.send_signal(signal.SIGSTOP)
        try:
            gaps = self.goes_on(ana, ben, frozen)
        finally:
            self.node.process.send_signal(signal.SIGCONT)
        print("frozen: heard again after", ", ".join(f"{gap:.1f} s" for gap in gaps))
        self.assertLess(max(gaps), 20)

    def test_a_call_goes_on_when_its_supernode_begins_anew(self):
        ana, ben = self.call_through_the_first(30)
        killed = time.monotonic()
        self.second.end()  # there is no other
        self.node.process.kill()
        self.node.process.wait()
        self.start_node()
        gaps = self.goes_on(ana, ben, killed)
        print("begun anew: heard again after", ", ".join(f"{gap:.1f} s" for gap in gaps))

    def test_who_another_supernode_certified_chats_until_that_one_is_withdrawn(self):
        self.stage.enroll("dora", self.second_says("invite").split()[1], None, PATIENCE)
        issuer = next(line for line in self.second_says("status").splitlines() if line.startswith("issuer_key: "))
        self.learns_policy("dora")
        self.second.end()
        self.run_("ben")
        dora = self.run_("dora")
        ana = self.run_("ana")
        self.chat("ana", "new", "Trio", "--members", "ben,dora")
        self.chat("ana", "send", "Trio", "before")
        for who in ("ben", "dora"):
            self.wait_for(who, "Trio", "before")
        self.chat("dora", "send", "Trio", "mine")
        for who in ("ana", "ben"):
            self.wait_for(who, "Trio", "mine")
        ana.end()
        ana = self.stage.cli("ana-again", "ana", "run", *calls.quiet(()))  # what it has learnt is there
        ana.event("attached", PATIENCE)
        self.chat("ana", "send", "Trio", "again")
        for who in ("ben", "dora"):
            self.wait_for(who, "Trio", "again")

        self.put_in_force(f"""revoked_issuers = ["{issuer.split()[1]}"]
[[supernodes]]
key = "{self.key(self.node_says)}"
address = "{self.node.address}\"""")
        self.assertIn("revoked", dora.event("error", PATIENCE)["message"])
        ana.event("policy", PATIENCE)
        self.chat("ana", "send", "Trio", "after")
        self.wait_for("ben", "Trio", "after")
        self.assertEqual([m["text"] for m in self.messages("dora", "Trio")], ["before", "mine", "again"])
        self.assertEqual([(m["author"], m["text"]) for m in self.messages("ana", "Trio")],
                         [("ana", "before"), ("dora", "mine"), ("ana", "again"), ("ana", "after")])


if __name__ == "__main__":
    calls.main()

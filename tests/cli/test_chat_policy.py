#!/usr/bin/env python3
"""Messages obey the policy between real programs: what is held back waits and says why, goes out by itself when it may,
and an emergency contact is written to, and writes, in every state."""
import calls
from calls import PATIENCE
from relief import CONTACT, Organisation

CLOSED = '[[hours]]\nclasses = ["messages"]\nwindows = []'


class ChatPolicy(Organisation):
    def test_closed_hours_hold_messages_back_and_not_those_to_a_contact(self):
        ana = self.run_("ana")
        self.run_("ben")
        radio = self.run_(CONTACT)
        self.chat("ana", "new", "Pair", "--members", "ben")
        self.chat("ana", "new", "Radio", "--members", CONTACT)
        self.chat(CONTACT, "new", "Line", "--members", "ben")
        for who, group, whom in (("ana", "Pair", "ben"), ("ana", "Radio", CONTACT), (CONTACT, "Line", "ben")):
            self.chat(who, "send", group, "before")
            self.wait_for(whom, group, "before")

        self.put_in_force(CLOSED)
        for program in (ana, radio):
            program.event("policy", PATIENCE, nth=1)
        sent = self.chat("ana", "send", "Pair", "closed")[0]
        self.assertEqual((sent["state"], sent["held"]["rule"]), ("queued", "hours"))
        self.assertIn("Messages are closed at this hour", sent["held"]["message"])
        self.assertEqual(ana.event("messages-held", PATIENCE)["rule"], "hours")
        self.assertIsNone(self.chat("ana", "send", "Radio", "to the contact")[0]["held"])
        self.wait_for(CONTACT, "Radio", "to the contact")
        for whom, group in (("ana", "Radio"), ("ben", "Line")):
            self.chat(CONTACT, "send", group, "from the contact")
            self.wait_for(whom, group, "from the contact")
        waiting = self.wait_for("ana", "Pair", "closed")
        self.assertEqual((waiting["state"], waiting["held"]["rule"]), ("queued", "hours"))
        self.assertEqual([m["text"] for m in self.messages("ben", "Pair")], ["before"])

        self.put_in_force("")
        ana.event("messages-released", PATIENCE)
        self.wait_for("ben", "Pair", "closed")
        self.assertIsNone(self.wait_for("ana", "Pair", "closed")["held"])

    def test_a_policy_that_came_while_nobody_ran_holds_back_from_the_first(self):
        self.run_("ben")
        ana = self.run_("ana")
        self.chat("ana", "new", "Pair", "--members", "ben")
        self.chat("ana", "send", "Pair", "before")
        self.wait_for("ben", "Pair", "before")
        ana.end()
        self.put_in_force(CLOSED)
        self.chat("ana", "send", "Pair", "while nobody ran")
        ana = self.stage.cli("ana-run-2", "ana", "run", *calls.quiet(()))
        ana.event("policy", PATIENCE)
        waiting = self.wait_for("ana", "Pair", "while nobody ran")
        self.assertEqual((waiting["state"], waiting["held"]["rule"]), ("queued", "hours"))
        self.assertEqual([m["text"] for m in self.messages("ben", "Pair")], ["before"])
        self.put_in_force("")
        self.wait_for("ben", "Pair", "while nobody ran")


if __name__ == "__main__":
    calls.main()

"""One organisation with its policy, its supernode and its people on the loopback interface."""
import datetime
import json
import signal
import time

import calls
from calls import PATIENCE

CONTACT = "radio"


def day(offset):
    return datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=offset)


class Organisation(calls.Test):
    def setUp(self):
        super().setUp()
        self.node.end()  # what it has made is given to a real organisation
        self.admin("org", "init", self.path("hq"), "--name", "Relief", "--no-passphrase")
        self.path("request").write_text(self.node_says("request"))
        self.admin("delegate", "--org", self.path("hq"), "--request", self.path("request"), "--out",
                   self.path("delegation"))
        self.node_says("adopt", self.path("delegation"), "--forget-devices")
        self.serial = 0
        self.policy = self.path("relief.policy")
        self.sign()
        self.start_node()
        self.enroll("ana", "ben", CONTACT)

    def start_node(self):
        self.starts = getattr(self, "starts", 0) + 1
        self.node = self.stage.program(f"node-{self.starts}", [
            "farline-node", "--data", self.path("node"), "--listen", self.node.address, "--policy", self.policy])
        self.node.address = self.node.line_after("listening")
        self.invitation = self.node_says("invite").split(": ", 1)[1].strip()

    def admin(self, *words):
        answer = self.tool("farline-admin", *words)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return answer.stdout

    def node_says(self, *words):
        answer = self.tool("farline-node", "--data", self.path("node"), *words)
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return answer.stdout

    def sign(self, rules="", keys=("org",)):
        """The next serial, with these rules."""
        self.serial += 1
        source = self.path(f"relief-{self.serial}.toml")
        source.write_text(f"""organisation = "Relief"
generation = 1
serial = {self.serial}
from = {day(-1)}
until = {day(30)}
contacts = ["{CONTACT}"]
{rules}
""")
        signers = [word for key in keys for word in ("--key", self.path("hq") / (key + ".key"))]
        self.admin("policy", "sign", source, *signers, "-o", self.policy)

    def put_in_force(self, rules, **how):
        self.sign(rules, **how)
        self.node.process.send_signal(signal.SIGHUP)

    def call(self, who, whom, seconds=1):
        return self.cli(who, "call", whom, "--duration", seconds, program=f"{who}-{whom}-{self.serial}")

    def chat(self, who, *words):
        answer = self.tool("farline-cli", "--profile", self.path(who), "--json", "chat", *words)
        self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def messages(self, who, group):
        answer = self.tool("farline-cli", "--profile", self.path(who), "--json", "chat", "read", group)
        return [json.loads(line) for line in answer.stdout.splitlines()] if answer.returncode == 0 else []

    def wait_for(self, who, group, text):
        deadline = time.monotonic() + 3 * PATIENCE
        found = []
        while not found and time.monotonic() < deadline:
            found = [message for message in self.messages(who, group) if message["text"] == text]
            time.sleep(0.3)
        self.assertTrue(found, f"{who} has no {text!r}")
        return found[0]

    def holds(self, who, serial):
        """`who` has no program running."""
        shown = self.tool("farline-cli", "--profile", self.path(who), "policy", "show", "--json")
        self.assertEqual(shown.returncode, 0, shown.stderr)
        self.assertIn(f'"serial": {serial},', shown.stdout)

    def device_of(self, who):
        return next(event for program in self.stage.programs if program.name == f"{who}-enroll"
                    for event in program.events if event["event"] == "enrolled")["device"]

    def root_keys(self):
        """As a line of a policy's source."""
        shown = self.admin("org", "show", self.path("hq"))
        return next(line for line in shown.splitlines() if line.startswith("root_keys")).replace(": ", " = ")

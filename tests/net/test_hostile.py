"""Relayed calls where networks let no UDP pass: in mid-call, from the start, and when it passes again. The node takes
TLS on port 443 then; speech has to go on, with nothing to press and no second ringing."""
import signal
import subprocess
import sys
import time

from test_moves import SPEECH, babble
from topology import MEDIA, NODE, Failure, main

WIDE = "clean,rate=64000,delay_ms=50"
TLS = NODE.split(":")[0] + ":443"
BACK_WITHIN = 3  # seconds without speech (issue 6)
UDP_BACK_WITHIN = 45  # it is tried after 15 s, then after 30 s more


def firewall(world, site, blocks):
    """UDP and ICMP of this site neither come nor go."""
    rules = "flush ruleset\n"
    if blocks:
        for hook, word in (("input", "iifname"), ("output", "oifname")):
            rules += (f"table inet f{hook} {{ chain c {{ type filter hook {hook} priority 0; "
                      f"{word} != \"lo\" meta l4proto {{ udp, icmp }} drop\n }}\n}}\n")
    done = subprocess.run(["ip", "netns", "exec", world.sites[site], "nft", "-f", "-"], input=rules, text=True,
                          capture_output=True)
    if done.returncode != 0:
        raise Failure(f"nft: {done.stderr.strip()}")


class Call:
    """The caller is at a site of its own, which is blocked; the callee's link shows what is heard of it."""

    def __init__(self, world, invitation, sound, *words):
        self.world = world
        self.field, self.home = world.add_site("field", WIDE), world.add_site("home", WIDE)
        for person in ("field", "home"):
            world.enroll_here(person, invitation)
        self.sound, self.words = sound, words

    def start(self, seconds=30):
        sound = ("--audio-in", f"loop:{self.sound}", "--audio-out", "null")
        self.callee = self.world.at("home", "home-run", "home", "run", "--answer", "auto", *sound)
        self.callee.event("attached", 30)
        self.caller = self.world.at("field", "field-call", "field", *self.words, "call", "home", "--path", "relay",
                                    "--max-bps", "16200", *sound)
        self.callee.event("connected", seconds)
        self.caller.event("connected", seconds)

    def heard_at_home(self, since):
        """When speech of the caller arrived there."""
        return sorted(packet["out"] for packet in self.home.packets(since) if packet["way"] == "down" and
                      packet["type"] == MEDIA and packet["bytes"] >= SPEECH and packet["out"])

    def gap(self, since, seconds):
        """The longest time without speech at home from then on, of so many seconds."""
        time.sleep(max(0.0, since + seconds - time.monotonic()))
        times = [since, *(at for at in self.heard_at_home(since - 1) if since < at < since + seconds), since + seconds]
        return max(later - earlier for earlier, later in zip(times, times[1:]))

    def received(self):
        return self.caller.last("stats")["bytes_rx"]

    def udp_media(self, since):
        return [packet for packet in self.field.packets(since) if packet["type"] == MEDIA and packet["out"]]


def test(world):
    node = world.program("node", ["farline-node", "--data", world.folder / "node", "--listen", NODE, "--tls-listen",
                                  TLS], netns=world.world)
    invitation = node.line_after("invitation")
    call = Call(world, invitation, babble(world.folder / "babble.wav"))
    call.start()
    time.sleep(6)
    blocked = time.monotonic()
    firewall(world, "field", True)
    world.check("longest silence at home when UDP is blocked in mid-call", call.gap(blocked, 10), BACK_WITHIN, "s")
    before = call.received()
    time.sleep(3)
    world.check("nothing is heard in the field by TLS", call.received() - before < 1000, 0)

    freed = time.monotonic()
    firewall(world, "field", False)
    while not call.udp_media(freed):
        if time.monotonic() > freed + UDP_BACK_WITHIN:
            raise Failure("UDP is not used again")
        time.sleep(0.5)
    # The probe is of UDP too: it has moved when all of it has.
    time.sleep(5)
    world.check("UDP packets of speech in a second and more after its return are few",
                len(call.udp_media(time.monotonic() - 3)) < 6, 0)
    world.check("longest silence at home on the way back", call.gap(freed, time.monotonic() - freed), BACK_WITHIN, "s")
    call.caller.process.send_signal(signal.SIGINT)
    world.check("exit code", call.caller.wait(30), 0)
    world.check("second call", sum(event["event"] == "connected" for event in call.callee.events) - 1, 0)

    firewall(world, "field", True)
    call.callee.ask_to_end()
    call.callee.wait(10)
    late = world.at("field", "late-enroll", "late", "enroll", invitation, "--name", "late", "--no-passphrase")
    world.check("exit code of an enrolment by TLS", late.wait(60), 0)
    call.start(60)
    time.sleep(3)
    world.check("longest silence at home with UDP blocked from the start", call.gap(time.monotonic(), 6), BACK_WITHIN,
                "s")
    call.caller.process.send_signal(signal.SIGINT)
    world.check("exit code", call.caller.wait(30), 0)


if __name__ == "__main__":
    sys.exit(main(test))

"""Calls between two people behind NATs of the kernel's own: direct past NATs that keep the port, relayed past NATs that
give another port for each destination, relayed when one side says so; and speech gets through in any case."""
import subprocess
import sys
from pathlib import Path

from topology import Failure, demo_speech, ip, main

LINK = "clean,rate=64000,delay_ms=40"
TALK_SECONDS = 12

# What a home router does: who is inside goes out with its address, and nothing comes in that was not asked for. What is
# dropped there is never tracked, so that a packet that comes too early does not take the port.
RULES = """
table ip nat {{
  chain out {{ type nat hook postrouting priority 100; oifname "{device}" masquerade {how}; }}
}}
table ip filter {{
  chain in {{ type filter hook input priority 0; iifname "{device}" udp dport 1-65535 drop; }}
}}
"""


def run(namespace, *argv, text=None):
    done = subprocess.run(["ip", "netns", "exec", namespace, *argv], input=text, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{' '.join(argv)}: {done.stderr.strip()}")


def add_home(world, name, number, how):
    """A site whose link ends at a NAT, and behind that a namespace where the person is."""
    world.add_site(name, LINK)
    router, net = world.sites[name], f"192.168.{number}"
    inside = world.add_namespace(f"{name}in")
    ip("link", "add", "inside", "netns", router, "type", "veth", "peer", "name", "home", "netns", inside)
    for namespace, device, address in ((router, "inside", 1), (inside, "home", 2)):
        ip("-n", namespace, "addr", "add", f"{net}.{address}/24", "dev", device)
        ip("-n", namespace, "link", "set", device, "up")
    ip("-n", inside, "route", "add", "default", "via", f"{net}.1")
    run(router, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    run(router, "nft", "-f", "-", text=RULES.format(device=f"thin{number}", how=how))
    world.sites[name] = inside


def test(world):
    homes = {"amina": "", "bao": "", "chi": "fully-random", "dina": "fully-random"}
    for number, (name, how) in enumerate(homes.items()):
        add_home(world, name, number, how)
    run(world.world, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    invitation = world.start_node().line_after("invitation")
    for name in world.sites:
        world.enroll_here(name, invitation)
    runs = {name: world.at(name, f"{name}-run", name, "run", "--answer", "auto", "--audio-in",
                           world.speech(TALK_SECONDS + 15, demo_speech.HOME), "--audio-out", "null")
            for name in ("bao", "dina")}
    for program in runs.values():
        program.event("attached", 30)
    first = [call(world, "amina", "bao"), call(world, "chi", "dina")]
    finish(world, "NATs that keep the port", *first[0], runs["bao"], "direct")
    finish(world, "NATs with a port for each destination", *first[1], runs["dina"], "relay")
    finish(world, "one of each", *call(world, "chi", "bao"), runs["bao"], "relay", nth=1)
    finish(world, "NATs that keep the port, --path relay", *call(world, "amina", "bao", "--path", "relay"), runs["bao"],
           "relay", nth=2)


def call(world, caller, callee, *words):
    program = world.at(caller, f"{caller}-calls-{callee}{len(words)}", caller, "call", callee, *words, "--max-bps",
                       "16200", "--duration", str(TALK_SECONDS), "--audio-in", world.speech(TALK_SECONDS + 2),
                       "--audio-out", "null")
    return caller, program


def finish(world, what, caller, program, callee, path, nth=0):
    world.check(f"{what}: exit code", program.wait(90), 0)
    ended = [callee.event("ended", 20, nth=nth), program.last("ended")]
    for who, side in ((caller, program), ("the far side", callee)):
        world.check(f"{what}: another path than {path}, at {who}", side.last("stats")["path"] != path, 0)
    for end in ended:
        world.check(f"{what}: missing", end["concealed_ms"] / 10 / end["duration_s"], 5.0, "%")


if __name__ == "__main__":
    if not Path("/usr/sbin/nft").exists():
        print("skipped: needs nft, for NATs")
        sys.exit(77)
    sys.exit(main(test))

"""A call through every pair of RFC 4787's kinds of NAT (how they map x what they let in), the programs real, the NATs
farline-link's: each succeeds, and goes direct where an address exists at which each end can answer the other.

Two homes of each kind, nine calls at a time: in round r the caller behind kind i calls the callee behind kind i + r, so
that five rounds are all 45 pairs."""
import signal
import sys
import time
from itertools import product

from topology import demo_speech, ip, main

LINK = "clean,delay_ms=10"
KINDS = list(product(("eim", "adm", "apdm"), ("eif", "adf", "apdf")))
ROUNDS = len(KINDS) // 2 + 1
TALK_SECONDS = 6
SECONDS_MAX = 30  # until each call is where it belongs; most need 2


def can_be_direct(a, b):
    """Whether two devices that know the addresses at which their node sees them can find a pair of addresses that
    carries both ways. The side whose mapping stays is found by the other; a side whose mapping changes is found by
    what it sends, if that is let in where the node was told it is."""
    for one, other in ((a, b), (b, a)):
        if one[0] == "eim" and (other[0] == "eim" or one[1] != "apdf"):
            return True
    if "eim" in (a[0], b[0]) or a[0] == b[0] == "apdm":
        return False
    return any(one[1] == "eif" and other[1] != "apdf" for one, other in ((a, b), (b, a)))


def wanted(a, b):
    return "direct" if can_be_direct(a, b) else "relay"


def start_homes(world):
    ip("netns", "exec", world.world, "sysctl", "-qw", "net.ipv4.ip_forward=1")
    for kind in KINDS:
        for side in "ab":
            number = len(world.sites)
            world.add_site(name_of(side, kind), LINK, "--nat", f"{','.join(kind)},10.77.{number}.1",
                           inside=f"192.168.{number}.2")


def name_of(side, kind):
    return f"{side}-{'-'.join(kind)}"


def path_of(program, since):
    """As this end's call says it in the last second, of a call that began after `since`."""
    stats = program.last("stats")
    return stats["path"] if stats and stats["at"] > since else None


def play_round(world, shift, callees, speech):
    begin = time.monotonic()
    calls = []
    for i, kind in enumerate(KINDS):
        other = KINDS[(i + shift) % len(KINDS)]
        caller, callee = name_of("a", kind), name_of("b", other)
        program = world.at(caller, f"round{shift}-{caller}", caller, "call", callee, "--max-bps", "16200",
                           "--audio-in", speech, "--audio-out", "null")
        calls.append((kind, other, program, callees[callee]))
    deadline = begin + SECONDS_MAX
    while time.monotonic() < deadline and any(path_of(end, begin) != wanted(kind, other)
                                              for kind, other, *ends in calls for end in ends):
        time.sleep(0.1)
    time.sleep(TALK_SECONDS)  # of speech, and for those that must not find a way
    for kind, other, program, callee in calls:
        world.table[kind, other] = path_of(program, begin), path_of(callee, begin)
        program.process.send_signal(signal.SIGINT)
    for kind, other, program, callee in calls:
        what = f"{' '.join(kind)} to {' '.join(other)}"
        world.check(f"{what}: exit code", program.wait(20), 0)
        missing = [end["concealed_ms"] / 10 / end["duration_s"]
                   for end in (program.last("ended"), callee.event("ended", 20, nth=shift))]
        world.check(f"{what}: missing", max(missing), 5.0, "%")


def print_table(table):
    print("\ncaller's NAT      callee's NAT")
    for (kind, other), paths in sorted(table.items()):
        print(f"{' '.join(kind):10}        {' '.join(other):10}  {paths[0]}")


def test(world):
    world.table = {}
    start_homes(world)
    world.start_node()
    invitation = world.program("invite", ["farline-node", "--data", world.folder / "node", "invite", "--uses", "18"],
                               netns=world.world).line_after("invitation")
    for name in world.sites:
        world.enroll_here(name, invitation)
    speech = world.speech(TALK_SECONDS + SECONDS_MAX, demo_speech.HOME)
    callees = {name: world.at(name, f"{name}-run", name, "run", "--answer", "auto", "--audio-in", speech, "--audio-out",
                              "null") for name in world.sites if name.startswith("b-")}
    for program in callees.values():
        program.event("attached", 30)
    for shift in range(ROUNDS):
        play_round(world, shift, callees, speech)
    print_table(world.table)
    for (kind, other), paths in world.table.items():
        world.check(f"{' '.join(kind)} to {' '.join(other)}: ends not on the {wanted(kind, other)} path",
                    sum(path != wanted(kind, other) for path in paths), 0)
    world.check("pairs of kinds not called", 45 - len({frozenset(pair) for pair in world.table}), 0)


if __name__ == "__main__":
    sys.exit(main(test))

#!/usr/bin/env python3
"""The long matrix, by hand (`make field-long`): a call of ten minutes on each link, all at the same time, and then a
supernode that is killed. Prints a table; fails when a call does not stay up or is more gaps than speech.

    long.py [--minutes M] [BIN] [LINK...]
"""
import argparse
import sys
import time

from topology import MEDIA, Failure, World, demo_speech, total

LINKS = ["iridium-dialup", "certus-100", "thuraya-gmprs", "bgan-stream32", "gprs", "edge", "vsat-day", "cap-32k",
         "starlink"]
CLOCKS_APART_PPM = 500
REATTACH_SECONDS = 180


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bin", nargs="?")
    parser.add_argument("links", nargs="*", metavar="LINK")
    parser.add_argument("--minutes", type=float, default=10)
    options = parser.parse_args()
    sys.argv[1:] = [options.bin] if options.bin else []
    with World() as world:
        node = world.start_node()
        invite = ["farline-node", "--data", world.folder / "node", "invite", "--uses", "100"]
        invitation = world.program("invite", invite, netns=world.world).line_after("invitation")
        print(f"{'link':16}{'codec':13}{'bit/s up':>9}{'down':>9}{'lost':>14}{'missing':>15}{'stalls':>8}"
              f"{'delay s':>13}{'end':>10}", flush=True)
        seconds = options.minutes * 60
        calls = [start(world, invitation, link, seconds) for link in options.links or LINKS]
        results = [finish(*call, seconds) for call in calls]
        killed = node_killed(world, node)
    return 0 if all(results) and killed else 1


def start(world, invitation, name, seconds):
    link = world.add_site(name, name, "--seed", "7")
    home = f"{name}-home"
    for person in (name, home):
        world.enroll_here(person, invitation)
    counters = link.counters()
    rate = min(counters[way]["rate_min_bps"] for way in ("up", "down"))
    callee = world.cli(f"{home}-run", home, "run", "--answer", "auto", "--audio-in",
                       f"loop:{world.speech(60, demo_speech.HOME)}", "--audio-out", "null", netns=world.world)
    callee.event("attached", 30)
    caller = world.at(name, f"{name}-call", name, "call", home, "--max-bps", str(int(rate * 0.9)), "--duration",
                      str(seconds), "--audio-in", f"loop:{world.speech(60)}", "--audio-out", "null",
                      "--sound-clock-ppm", str(CLOCKS_APART_PPM))
    return name, link, caller, callee


def finish(name, link, caller, callee, seconds):
    try:
        code = caller.wait(seconds + 300)
        callee.event("ended", 60)
        return row(name, link, caller, callee, code)
    except Failure as failure:
        print(f"{name:16}FAILED {failure}", flush=True)
        return False


def row(name, link, caller, callee, code):
    packets, last = link.packets(), caller.last("stats")
    ends = [program.last("ended") for program in (callee, caller)]
    missing = [end["concealed_ms"] / 10 / max(end["duration_s"], 1) for end in ends]
    delay = [program.last("stats")["playout_delay_ms"] / 1000 for program in (callee, caller)]
    offered = [len([p for p in packets if p["way"] == way]) for way in ("up", "down")]
    lost = [len([p for p in packets if p["way"] == way and p["out"] is None]) for way in ("up", "down")]
    stalls = sum(event["event"] == "stalled" for event in caller.events)
    good = code == 0 and ends[1]["reason"] == "hung-up" and max(missing) < 50
    print(f"{name:16}{last['codec']:13}{wire_bps(packets, 'up'):9,.0f}{wire_bps(packets, 'down'):9,.0f}"
          f"{share(lost[0], offered[0]) + share(lost[1], offered[1]):>14}"
          f"{f'{missing[0]:.1f} {missing[1]:.1f} %':>15}{stalls:8}{f'{delay[0]:.2f} {delay[1]:.2f}':>13}"
          f"{'ok' if good else f'FAILED {code}':>10}", flush=True)
    return good


def share(part, whole):
    return f"{100 * part / max(whole, 1):6.2f}%"


def wire_bps(packets, way):
    media = [p for p in packets if p["way"] == way and p["type"] == MEDIA]
    return total(media[:-1]) * 8 / (media[-1]["at"] - media[0]["at"]) if len(media) > 1 else 0


def node_killed(world, node):
    """Who was attached is attached again, with nothing to press."""
    runs = [program for program in world.programs if program.name.endswith("-run")]
    before = [len([e for e in program.events if e["event"] == "attached"]) for program in runs]
    node.process.kill()
    node.wait(10)
    begin = time.monotonic()
    world.node("10.99.0.1:4747", name="node-again", netns=world.world)
    try:
        for program, count in zip(runs, before):
            program.event("attached", REATTACH_SECONDS, nth=count)
    except Failure as failure:
        print(f"supernode killed: FAILED {failure}")
        return False
    print(f"supernode killed: all {len(runs)} attached again after {time.monotonic() - begin:.0f} s")
    return True


if __name__ == "__main__":
    sys.exit(main())

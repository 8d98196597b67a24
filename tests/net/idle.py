"""What a device that is attached and idle costs an hour, by UDP and where TLS is all that passes: all packets of the
kernel on its link, both ways, with IP headers. docs/FIREWALL.md has the figures.

    python3 tests/net/idle.py BIN [MINUTES]

What a patient NAT saves (PROTOCOL 1.5) is learnt over an hour and more: the simulator counts that."""
import sys
import time

from test_hostile import TLS, WIDE, firewall
from topology import NODE, World, can_make, total

SETTLE = 30  # seconds: the attach and what follows it


def measure(world, node, minutes):
    invitation = node.line_after("invitation")
    runs = {}
    for carrier in ("udp", "tls"):
        link = world.add_site(carrier, WIDE)
        world.enroll_here(carrier, invitation)
        if carrier == "tls":
            firewall(world, carrier, True)
        program = world.at(carrier, f"{carrier}-run", carrier, "run")
        program.event("attached", 60)
        runs[carrier] = link
    time.sleep(SETTLE)
    since = time.monotonic()
    time.sleep(minutes * 60)
    for carrier, link in runs.items():
        packets = link.packets(since)
        hour = 60 / minutes
        print(f"{carrier}: {total(packets) * hour / 1000:.1f} kB an hour, {len(packets) * hour:.0f} packets, "
              f"{total(packets, 'up') * hour / 1000:.1f} kB of it sent", flush=True)


def main():
    if why := can_make():
        return f"not possible here: {why}"
    minutes = float(sys.argv[2]) if len(sys.argv) > 2 else 10
    with World() as world:
        measure(world, world.program("node", ["farline-node", "--data", world.folder / "node", "--listen", NODE,
                                              "--tls-listen", TLS], netns=world.world), minutes)
    return 0


if __name__ == "__main__":
    sys.exit(main())

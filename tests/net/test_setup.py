"""Bytes and time of attaching and of setting up a call, over two access links of 2,400 bit/s and 0.5 s each way."""
import sys
import time

from topology import MEDIA, main, total

RATE, DELAY = 2400, 0.5
LINK = f"clean,rate={RATE},delay_ms={DELAY * 1000:.0f}"
TALK_SECONDS = 4


def test(world):
    links = {site: world.add_site(site, LINK) for site in ("field", "home")}
    invitation = world.start_node().line_after("invitation")
    for name in links:
        world.enroll_here(name, invitation)

    first = attach(world, links, "first time", 750)
    for program in first:
        program.end()
    time.sleep(2)  # what they said last is not counted below
    field, home = attach(world, links, "known device", 400)

    # Contacts are known after a first call.
    call(world, "first call").wait(60)
    time.sleep(5)
    begin = time.monotonic()
    caller = call(world, "second call")
    ringing, connected = (caller.event(kind, 60)["at"] for kind in ("ringing", "connected"))
    answered = home.event("connected", 60, nth=1)["at"]
    caller.wait(60)
    packets = {site: link.packets(begin) for site, link in links.items()}
    check_bytes(world, packets, connected)
    check_times(world, packets, {"ringing": ringing, "answered": answered, "connected": connected})


def attach(world, links, what, limit):
    """Both sites at once; each has its own link."""
    begin = time.monotonic()
    programs = [world.at(site, f"{site}-run-{what.split()[0]}", site, "run", "--answer", "auto", "--audio-in",
                         world.speech(20), "--audio-out", "null") for site in links]
    for site, program in zip(links, programs):
        program.event("attached", 30)
        time.sleep(1)
        packets = links[site].packets(begin)
        world.check(f"attach, {what}, {site}", total(packets), limit, "B")
        world.check(f"attach, {what}, {site}, time", (program.event("attached")["at"] - packets[0]["at"]) /
                    round_trip([packets[:1], packets[1:2]]), 1.2, "RTT")
    return programs


def call(world, name):
    return world.at("field", name.replace(" ", "-"), "field", "call", "home", "--max-bps", "2160", "--duration",
                    str(TALK_SECONDS), "--audio-in", world.speech(20), "--audio-out", "null")


def round_trip(packets):
    """What these need: each crosses one link."""
    return sum(DELAY + p["bytes"] * 8 / RATE for group in packets for p in group)


def check_bytes(world, packets, connected):
    """Signalling until the call is connected, both ways; what is still on its way then belongs to it too."""
    for site, all_of_it in packets.items():
        setup = [p for p in all_of_it if p["type"] != MEDIA and p["at"] < connected + 1]
        world.check(f"call set-up, {site}'s link", total(setup), 500, "B")
        for p in setup:
            print(f"         {p['way']:4} {p['bytes']:4} B")


def check_times(world, packets, at):
    def first(site, way, nth=0):
        return [p for p in packets[site] if p["way"] == way and p["type"] != MEDIA][nth]
    invite = [first("field", "up"), first("home", "down")]
    ringing = [first("home", "up"), first("field", "down")]
    world.check("ringing after", (at["ringing"] - invite[0]["at"]) / round_trip([invite, ringing]), 1.2, "RTT")
    half = round_trip([invite, ringing]) / 2
    world.check("connected after the answer", (at["connected"] - at["answered"]) / half, 1.2, "half RTT")
    heard = next(p["out"] for p in packets["field"] if p["way"] == "down" and p["type"] == MEDIA)
    world.check("first sound of the callee after the answer", (heard - at["answered"] - 0.4) / half, 1.3,
                "half RTT, after a packet's time")


if __name__ == "__main__":
    sys.exit(main(test))

"""Both sides talk at once over 2,400 bit/s: bit/s on the wire each way and speech that is missing; two calls at a time,
one of them held to 1,600 bit/s."""
import sys

from topology import MEDIA, demo_speech, main, total

LINK = "clean,rate=2400,delay_ms=900,queue_bytes=8192"
TALK_SECONDS = 25


def test(world):
    caps = {"amina": 2160, "bao": 1600}
    links = {name: world.add_site(name, LINK) for name in caps}
    invitation = world.start_node().line_after("invitation")
    homes = {}
    for name in caps:
        for person in (name, f"{name}-home"):
            world.enroll_here(person, invitation)
        homes[name] = world.cli(f"{name}-home-run", f"{name}-home", "run", "--answer", "auto", "--audio-in",
                                world.speech(TALK_SECONDS + 15, demo_speech.HOME), "--audio-out", "null",
                                netns=world.world)
        homes[name].event("attached", 10)
    callers = {name: world.at(name, f"{name}-call", name, "call", f"{name}-home", "--max-bps", str(cap), "--duration",
                              str(TALK_SECONDS), "--audio-in", world.speech(TALK_SECONDS + 2), "--audio-out", "null")
               for name, cap in caps.items()}
    for name, cap in caps.items():
        world.check(f"{name}: exit code", callers[name].wait(100), 0)
        homes[name].event("ended", 20)
        packets = links[name].packets()
        for way in ("up", "down"):
            world.check(f"{name}, {way}", wire_bps(packets, way), cap, "bit/s on the wire")
        for side, program in (("far end", homes[name]), ("caller", callers[name])):
            ended = program.last("ended")
            world.check(f"{name}, missing at the {side}", ended["concealed_ms"] / 10 / ended["duration_s"], 1.0, "%")
        print(f"       {name}: {callers[name].last('stats')['codec']}, {homes[name].last('stats')['codec']} back")


def wire_bps(packets, way):
    """Everything the link was asked to carry that way while media was sent, signalling too."""
    media = [p for p in packets if p["way"] == way and p["type"] == MEDIA]
    begin, end = media[0]["at"], media[-1]["at"]
    return total([p for p in packets if p["way"] == way and begin <= p["at"] < end]) * 8 / (end - begin)


if __name__ == "__main__":
    sys.exit(main(test))

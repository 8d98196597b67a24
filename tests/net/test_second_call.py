"""A second call in a network begins where the first one ended, also when the program of the first was killed."""
import signal
import sys
import time

from topology import demo_speech, main

LINK = "certus-200,outage_every_s=0:0"
GOOD_BPS = 16_000  # of the codec; fresh calls begin with 1,200


def test(world):
    for site in ("field", "home"):
        world.add_site(site, LINK if site == "field" else "clean,rate=1000000,delay_ms=20")
    invitation = world.start_node().line_after("invitation")
    for name in ("field", "home"):
        world.enroll_here(name, invitation)
    callee = world.at("home", "home-run", "home", "run", "--answer", "auto", "--audio-in",
                      f"loop:{world.speech(60, demo_speech.HOME)}", "--audio-out", "null")
    callee.event("attached", 30)

    first = call(world, "first")
    fresh = seconds_until_good(first)
    time.sleep(max(0.0, first.event("connected")["at"] + 45 - time.monotonic()))
    first.process.send_signal(signal.SIGKILL)
    first.process.wait(10)
    second = call(world, "second")
    callee.event("ended", 60)
    callee.event("connected", 60, nth=1)
    again = seconds_until_good(second)
    second.process.send_signal(signal.SIGINT)
    print(f"         first call: good after {fresh:.0f} s")
    world.check("second call: good after", again, 8.0, "s")
    world.check("second call: exit code", second.wait(30), 0)


def call(world, name):
    program = world.at("field", name, "field", "call", "home", "--path", "relay", "--audio-in",
                       f"loop:{world.speech(60)}", "--audio-out", "null")
    return program


def seconds_until_good(program):
    connected = program.event("connected", 90)["at"]
    good = program.wait_for("good voice", lambda: next(
        (e for e in list(program.events) if e["event"] == "stats" and e["mode_bps"] >= GOOD_BPS), None), 60)
    return good["at"] - connected


if __name__ == "__main__":
    sys.exit(main(test))

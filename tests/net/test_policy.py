"""A policy that comes into force at the node while two people talk over two links of 2,400 bit/s: both programs get it
within the call, as a difference, and the call hardly notices. Before that: what a first policy costs at the
attachment."""
import json
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from topology import MEDIA, NODE, Failure, demo_speech, main, total

LINK = "iridium-dialup,outage_every_s=0:0"  # drops would hide what is measured
EXAMPLE = Path(__file__).resolve().parents[2] / "policy" / "field-office.toml"
SETTLED, BEFORE, AFTER = 10, 25, 45  # seconds of the call: until it is measured, until the change, after it
PACKET_TIME = 0.96  # of a voice packet, at most


def test(world):
    links = {site: world.add_site(site, LINK) for site in ("field", "home")}
    node_key = organisation(world)
    sign(world, node_key, serial=12, closing="18:00")
    node = start_node(world)
    for name in links:
        world.enroll_here(name, invitation(world, name))
    programs = first_policy(world, links)
    programs["field"].end()
    changed(world, links, node, programs["home"], node_key)


def first_policy(world, links):
    programs, begin = {}, time.monotonic()
    for site, link in links.items():
        speech = world.speech(120, demo_speech.HOME)
        program = world.at(site, f"{site}-run", site, "run", "--answer", "auto", "--audio-in", f"loop:{speech}",
                           "--audio-out", "null")
        programs[site] = program
        attached = program.event("attached", 60)["at"]
        policy = program.event("policy", 60)["at"]
        print(f"         {site}: a first policy {policy - attached:.1f} s after the attachment")
    time.sleep(3)
    for site, link in links.items():
        packets = [p for p in link.packets(begin) if p["type"] != MEDIA]
        world.check(f"attachment with a first policy, {site}'s link", total(packets), 2000, "B")
    return programs


def changed(world, links, node, home, node_key):
    speech = world.speech(120)
    field = world.at("field", "field-call", "field", "call", "home", "--duration", str(BEFORE + AFTER), "--audio-in",
                     f"loop:{speech}", "--audio-out", "null", "--path", "relay")
    connected = field.event("connected", 90)["at"]
    change = connected + BEFORE
    time.sleep(max(0.0, change - time.monotonic()))
    change = time.monotonic()
    sign(world, node_key, serial=13, closing="17:00")
    node.process.send_signal(signal.SIGHUP)
    for name, program, nth in (("field", field, 0), ("home", home, 1)):
        world.check(f"{name} holds the changed policy after", program.event("policy", AFTER, nth)["at"] - change, AFTER,
                    "s")
    if field.wait(AFTER + 60) != 0:
        raise Failure(f"the call failed\n{field.tail()}")
    for site, link in links.items():
        packets = link.packets(connected + SETTLED)
        control = [p for p in packets if p["type"] != MEDIA and change <= p["at"] < change + AFTER - 3]
        print(f"         {site}'s link: {total(control)} B of signalling after the change, {total(control, 'up')} up")
        for way in ("up", "down"):
            before = voice(packets, way, connected + SETTLED, change)
            after = voice(packets, way, change, change + AFTER - 3)
            print(f"         {site} {way}: p95 {before['p95']:.2f} s, then {after['p95']:.2f} s; "
                  f"lost {before['lost']:.3f}, then {after['lost']:.3f}; of {before['count']} and {after['count']}")
            world.check(f"{site} {way}: voice p95, later by", after["p95"] - before["p95"], PACKET_TIME, "s")
            world.check(f"{site} {way}: voice lost more by", after["lost"] - before["lost"], 0.02)


def voice(packets, way, since, until):
    """Seconds from one end of the link to the other that 95 % of the media packets do not exceed, and the share
    lost."""
    media = [p for p in packets if p["type"] == MEDIA and p["way"] == way and since <= p["at"] < until]
    delays = sorted(p["out"] - p["at"] for p in media if p["out"])
    return {"p95": delays[(len(delays) - 1) * 95 // 100], "count": len(media),
            "lost": (len(media) - len(delays)) / len(media)}


def run(world, program, *words):
    done = subprocess.run([world.bin / program, *map(str, words)], cwd=world.folder, capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"{program} {' '.join(map(str, words))}: {done.stderr}")
    return done.stdout


def organisation(world):
    """A real one: in a trial nobody has the root key. Its node's key."""
    first = world.start_node()
    first.line_after("invitation")
    first.end()
    (world.folder / "request").write_text(run(world, "farline-node", "--data", "node", "request"))
    run(world, "farline-admin", "org", "init", "hq", "--name", "Relief", "--no-passphrase")
    run(world, "farline-admin", "delegate", "--org", "hq", "--request", "request", "--out", "delegation")
    run(world, "farline-node", "--data", "node", "adopt", "delegation", "--forget-devices")
    shown = run(world, "farline-admin", "invitation", "show", invitation(world, "nobody"), "--json")
    return json.loads(shown)["node_key"]


def invitation(world, name):
    text = run(world, "farline-node", "--data", "node", "invite", "--for", name, "--advertise", NODE)
    return next(line.split()[-1] for line in text.splitlines() if "farline1-" in line)


def sign(world, node_key, serial, closing):
    """Everything is allowed at all hours but files, whose window is what changes, and the node is one of those listed:
    else the devices leave it for them. All else of the example's root."""
    text = EXAMPLE.read_text()
    text = re.sub(r'key = "\w+"(.*\naddress = )"198[^"]+"', rf'key = "{node_key}"\1"{NODE}"', text)
    text = text[:text.index("[[site]]")].replace("serial = 12", f"serial = {serial}")
    text = "\n".join(line for line in text.splitlines() if not line.startswith(("client_bps", "revoked")))
    text += "".join(f'\n[[hours]]\nclasses = ["{what}"]\nwindows = ["{when}"]\n' for what, when in (
        ("files", f"daily 08:00-{closing}"), ("video", "Mon-Fri 07:30-18:00"), ("messages", "daily 00:00-24:00")))
    (world.folder / "relief.toml").write_text(text)
    run(world, "farline-admin", "policy", "sign", "relief.toml", "--key", "hq/org.key", "-o", "relief.policy")
    print(f"         policy {serial}: {(world.folder / 'relief.policy').stat().st_size} B")


def start_node(world):
    node = world.program("node", ["farline-node", "--data", world.folder / "node", "--listen", NODE, "--policy",
                                  world.folder / "relief.policy"], netns=world.world)
    node.line_after("listening")
    return node


if __name__ == "__main__":
    sys.exit(main(test))

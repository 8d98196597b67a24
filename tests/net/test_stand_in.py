"""A site whose supernode is killed: of two devices that may ask their network one stands in for it, and they call each
other and write; when the supernode is there again, they go back to it."""
import json
import signal
import subprocess
import sys
import time

from test_lan import join_lan
from test_moves import babble
from topology import Failure, ip, main

SUPERNODE, PORT = "10.60.0.1", 4747
PEOPLE = ("ana", "ben", "eve")
BACK_WITHIN = 100  # the known address is tried each minute
WITHIN = 20  # seconds, from the start of the second of two until a call is connected


def test(world):
    ip("-n", world.world, "link", "add", "lan", "type", "bridge", "mcast_snooping", "0")
    ip("-n", world.world, "addr", "add", f"{SUPERNODE}/24", "dev", "lan")
    ip("-n", world.world, "link", "set", "lan", "up")
    for number, person in enumerate(PEOPLE, 1):
        join_lan(world, person, number)
    node = start_node(world, "node")
    invitation = node.line_after("invitation")
    for person in ("ana", "ben"):
        world.enroll(person, invitation, netns=world.sites[person])
    sound = ("--audio-in", f"loop:{babble(world.folder / 'babble.wav')}", "--audio-out", "null")
    # Once with a supernode: each has an address of it that answered, and they have a chat.
    once = [world.at(person, f"{person}-once", person, "run") for person in ("ana", "ben")]
    for program in once:
        program.event("attached", 30)
    chat(world, "ana", "new", "Convoy", "--members", "ben")
    chat(world, "ana", "send", "Convoy", "all well")
    until_read(world, "all well", 30)
    for program in once:
        program.process.send_signal(signal.SIGINT)
        program.wait(20)
    node.process.send_signal(signal.SIGKILL)
    node.process.wait()

    ben = world.at("ben", "ben-run", "ben", "--lan", "run", "--answer", "auto", *sound)
    ben.event("attached", 60)
    begin = time.monotonic()
    ana = world.at("ana", "ana-call", "ana", "--lan", "call", "ben", *sound)
    ana.event("connected", 60)
    world.check("seconds until a call without any supernode is connected", time.monotonic() - begin, WITHIN, "s")
    time.sleep(5)
    ana.process.send_signal(signal.SIGINT)
    world.check("exit code of the call", ana.wait(30), 0)
    ended = [ana.last("ended"), ben.event("ended", 20)]
    world.check("missing", max(end["concealed_ms"] / 10 / end["duration_s"] for end in ended), 5.0, "%")

    chat(world, "ana", "send", "Convoy", "still here")
    begin = time.monotonic()
    ana = world.at("ana", "ana-writes", "ana", "--lan", "run")
    until_read(world, "still here", 3 * WITHIN)
    world.check("seconds until a message without any supernode is read", time.monotonic() - begin, WITHIN, "s")
    ana.process.send_signal(signal.SIGINT)
    ana.wait(20)

    begin = time.monotonic()
    start_node(world, "node-again")
    back = ben.wait_for("return to the supernode", lambda: next(
        (one for one in list(ben.events) if one["event"] == "attached" and one["at"] > begin and one["supernode"]),
        None), BACK_WITHIN)
    world.check("seconds until the supernode that is back is used", back["at"] - begin, BACK_WITHIN, "s")


def chat(world, who, *words):
    """The answer's lines; nothing when it is refused, as reading a chat is that is not there yet."""
    done = subprocess.run([world.bin / "farline-cli", "--profile", world.folder / who, "--json", "chat", *words],
                          capture_output=True, text=True, timeout=30)
    return [json.loads(line) for line in done.stdout.splitlines()] if done.returncode == 0 else []


def until_read(world, text, seconds):
    deadline = time.monotonic() + seconds
    while all(message.get("text") != text for message in chat(world, "ben", "read", "Convoy")):
        if time.monotonic() > deadline:
            raise Failure(f"ben cannot read '{text}' after {seconds} s")
        time.sleep(0.2)


def start_node(world, name):
    return world.program(name, ["farline-node", "--data", world.folder / "node", "--listen", f"*:{PORT}", "--advertise",
                                f"{SUPERNODE}:{PORT}"], netns=world.world)


if __name__ == "__main__":
    sys.exit(main(test))

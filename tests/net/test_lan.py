"""A site without Internet, whose supernode has got another address than the one that everybody knows: devices that may
ask their own network find it and each other; one that may not stays away and sends nothing to anybody there."""
import signal
import socket
import struct
import sys

from test_moves import babble
from topology import Failure, in_namespace, ip, main

KNOWN, NOW, PORT = "10.60.0.1", "10.60.0.9", 4747
GROUP = ("239.255.70.76", 4748)


def join_lan(world, person, number):
    site, inside, outside = world.add_namespace(person), f"lan{number}", f"port{number}"
    world.sites[person] = site
    ip("-n", world.world, "link", "add", outside, "type", "veth", "peer", "name", inside, "netns", site)
    ip("-n", world.world, "link", "set", outside, "master", "lan", "up")
    ip("-n", site, "addr", "add", f"10.60.0.{10 + number}/24", "dev", inside)
    ip("-n", site, "link", "set", inside, "up")


def ear_of(world):
    """Of somebody else on that network, who joined the group."""
    with in_namespace(world.sites["eve"]):
        ear = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    ear.bind(GROUP)
    ear.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                   struct.pack("4s4s", socket.inet_aton(GROUP[0]), socket.inet_aton("10.60.0.13")))
    ear.setblocking(False)
    return ear


def heard_by(ear):
    heard = []
    while True:
        try:
            heard.append(ear.recv(2048))
        except BlockingIOError:
            return heard


def test(world):
    ip("-n", world.world, "link", "add", "lan", "type", "bridge", "mcast_snooping", "0")
    ip("-n", world.world, "addr", "add", f"{KNOWN}/24", "dev", "lan")
    ip("-n", world.world, "link", "set", "lan", "up")
    for number, person in enumerate(("ana", "ben", "eve"), 1):
        join_lan(world, person, number)
    node = world.program("node", ["farline-node", "--data", world.folder / "node", "--listen", f"*:{PORT}", "--lan",
                                  "--advertise", f"{KNOWN}:{PORT}"], netns=world.world)
    invitation = node.line_after("invitation")
    for person in ("ana", "ben"):
        world.enroll_here(person, invitation)
    ip("-n", world.world, "addr", "del", f"{KNOWN}/24", "dev", "lan")
    ip("-n", world.world, "addr", "add", f"{NOW}/24", "dev", "lan")

    ear = ear_of(world)
    sound = ("--audio-in", f"loop:{babble(world.folder / 'babble.wav')}", "--audio-out", "null")
    alone = world.at("ana", "alone", "ana", "call", "ben", *sound)
    world.check("exit code of who may not ask (69: no answer from the supernode)", alone.wait(90) != 69, 0)
    world.check("what it sent to the group", len(heard_by(ear)), 0)

    ben = world.at("ben", "ben-run", "ben", "--lan", "run", "--answer", "auto", *sound)
    ben.event("attached", 60)
    ana = world.at("ana", "ana-call", "ana", "--lan", "call", "ben", *sound)
    ana.event("connected", 60)
    heard = heard_by(ear)
    world.check("what the group heard that is not 64 or 600 bytes", sum(len(one) not in (64, 600) for one in heard), 0)
    ana.process.send_signal(signal.SIGINT)
    world.check("exit code of the call", ana.wait(30), 0)
    if not heard:
        raise Failure("the network was not asked")


if __name__ == "__main__":
    sys.exit(main(test))

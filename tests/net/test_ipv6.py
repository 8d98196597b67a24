"""IPv6: people whose network has nothing else reach a supernode that has nothing but IPv4, through a NAT64, by its
digits and by TLS too; a supernode of both families and a name with an address that leads nowhere; calls between them
all, direct where both ends are on IPv6."""
import re
import signal
import subprocess
import sys
import time

from nat64 import Nat64
from test_hostile import firewall
from test_moves import babble
from topology import Failure, ip, main

V4, V6, DEAD, PORT = "10.99.0.1", "fd99::1", "fd99::dead", 4747
TALK_SECONDS = 5
ATTACH_SECONDS = 15  # a silent address costs three or four
PEOPLE = {"four": (4,), "six": (6,), "siv": (6,), "both": (4, 6)}


def join(world, person, families):
    site, number = world.add_namespace(person), len(world.sites)
    world.sites[person] = site
    ip("-n", world.world, "link", "add", f"to{number}", "type", "veth", "peer", "name", "out", "netns", site)
    for namespace, device, host in ((world.world, f"to{number}", 1), (site, "out", 2)):
        ip("-n", namespace, "link", "set", device, "up")
        bare = ["noprefixroute"] if namespace == world.world else []
        if 4 in families:
            ip("-n", namespace, "addr", "add", f"10.6{number}.0.{host}/24", "dev", device, *bare)
        if 6 in families:
            ip("-n", namespace, "addr", "add", f"fd6{number}::{host}/64", "dev", device, "nodad", *bare)
    # The supernode answers from the address that it was asked at.
    if 4 in families:
        ip("-n", site, "route", "add", "default", "via", f"10.6{number}.0.1")
        ip("-n", world.world, "route", "add", f"10.6{number}.0.0/24", "dev", f"to{number}", "src", V4)
    if 6 in families:
        ip("-n", site, "-6", "route", "add", "default", "via", f"fd6{number}::1")
        ip("-n", world.world, "-6", "route", "add", f"fd6{number}::/64", "dev", f"to{number}", "src", V6)


def hosts_file(world, name, *lines):
    path = world.folder / f"hosts-{name}"
    path.write_text("127.0.0.1 localhost\n::1 localhost\n" + "".join(line + "\n" for line in lines))
    return path


def talk(world, caller, program, path, hosts, *words):
    """A call to whoever `program` runs for is on `path` at both ends, and speech comes through."""
    begin = time.monotonic()
    callee = program.name.removesuffix("-run")
    what = f"{caller} to {callee}{' by its name' if words else ''}"
    call = world.at(caller, f"{caller}-calls-{callee}-{len(world.programs)}", caller, *words, "call", callee,
                    *world.sound, hosts=hosts)
    call.event("connected", 2 * ATTACH_SECONDS)
    world.check(f"{what}: seconds until connected", time.monotonic() - begin, ATTACH_SECONDS, "s")
    for end in (call, program):
        end.wait_for(f"{path} path", lambda: any(event["event"] == "stats" and event["at"] > begin and
                                                 event["path"] == path for event in list(end.events)), 30)
    time.sleep(TALK_SECONDS)
    stats = [call.last("stats"), program.last("stats")]
    call.process.send_signal(signal.SIGINT)
    world.check(f"{what}: exit code", call.wait(20), 0)
    program.wait_for("the end there", lambda: any(event["event"] == "ended" and event["at"] > begin
                                                  for event in list(program.events)), 20)
    world.check(f"{what}: ends that are not {path}", sum(one["path"] != path for one in stats), 0)
    ended = [call.last("ended"), program.last("ended")]
    world.check(f"{what}: missing", max(end["concealed_ms"] / 10 / end["duration_s"] for end in ended), 5.0, "%")


def test(world):
    for kind in ("ipv4.ip_forward", "ipv6.conf.all.forwarding"):
        ip("netns", "exec", world.world, "sysctl", "-qw", f"net.{kind}=1")
    for address in (f"{V4}/32", f"{V6}/128"):
        ip("-n", world.world, "addr", "replace", address, "dev", "lo", "nodad")
    for person, families in PEOPLE.items():
        join(world, person, families)
    nat64 = Nat64(world.world, "10.64.0.1")
    world.sound = ("--audio-in", f"loop:{babble(world.folder / 'babble.wav')}", "--audio-out", "null")
    node = world.program("node", ["farline-node", "--data", world.folder / "node", "--listen", f"*:{PORT}",
                                  "--tls-listen", "*:443", "--advertise", f"{V4}:{PORT}"], netns=world.world)
    invitation = node.line_after("invitation")

    # What RFC 7050 asks the network's DNS for. Nobody but this names a prefix.
    translated = hosts_file(world, "nat64", "64:ff9b::192.0.0.170 ipv4only.arpa", "64:ff9b::192.0.0.171 ipv4only.arpa")
    plain = hosts_file(world, "plain")
    named = hosts_file(world, "named", f"{V6} node.example")
    # It leads nowhere, and the resolver puts it first.
    half = hosts_file(world, "half", f"{DEAD} node.example", f"{V4} node.example")
    enrolled = {"four": plain, "six": translated, "siv": translated, "both": plain}
    for person, hosts in enrolled.items():
        world.enroll(person, invitation, netns=world.sites[person], hosts=hosts)
    world.check("packets that the NAT64 has not translated for two that enrolled", 4 - min(4, sum(nat64.translated)), 0)

    people = {"four": run(world, "four", plain), "siv": run(world, "siv", translated)}
    talk(world, "six", people["four"], "direct", translated)
    talk(world, "six", people["siv"], "direct", translated)  # one NAT64 before both: by their own addresses
    people["siv"].ask_to_end()
    firewall(world, "six", True)
    talk(world, "six", people["four"], "relay", translated)
    firewall(world, "six", False)

    people["siv"] = run(world, "siv", named, "--node", f"node.example:{PORT}")
    talk(world, "six", people["siv"], "direct", named, "--node", f"node.example:{PORT}")
    drop_counted(world)
    talk(world, "both", people["siv"], "relay", half, "--node", f"node.example:{PORT}")
    world.check("a dead IPv6 address of the supernode that was not tried", dropped(world) == 0, 0)
    talk(world, "both", people["four"], "direct", plain)


def drop_counted(world):
    run_nft(world, f"add table ip6 f\nadd chain ip6 f c {{ type filter hook prerouting priority 0; }}\n"
                   f"add rule ip6 f c ip6 daddr {DEAD} counter drop\n")


def dropped(world):
    return int(re.search(r"packets (\d+)", run_nft(world, "list table ip6 f\n"))[1])


def run_nft(world, commands):
    done = subprocess.run(["ip", "netns", "exec", world.world, "nft", "-f", "-"], input=commands, text=True,
                          capture_output=True)
    if done.returncode != 0:
        raise Failure(f"nft: {done.stderr.strip()}")
    return done.stdout


def run(world, person, hosts, *words):
    program = world.at(person, f"{person}-run", person, *words, "run", "--answer", "auto", *world.sound, hosts=hosts)
    program.event("attached", 2 * ATTACH_SECONDS)
    return program


if __name__ == "__main__":
    sys.exit(main(test))

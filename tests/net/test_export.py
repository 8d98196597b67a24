"""farline-admin export nftables, loaded in a real namespace: allowed host passes; other host, other port, closed hour
and everything else are blocked; the loaded hours do not depend on the gateway's time zone."""
import datetime
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from netns import can_make, ip  # noqa: E402
from stage import Failure, find_bin  # noqa: E402

SKIPPED = 77
NODE, OTHER = ("198.51.100.7", 4500), ("198.51.100.8", 4500)
ECHO = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
while True:
    data, sender = s.recvfrom(2000)
    s.sendto(data, sender)
"""
ASK = """
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(float(sys.argv[3]))
s.sendto(b"hello", (sys.argv[1], int(sys.argv[2])))
try:
    print(s.recv(100).decode())
except OSError:
    print("nothing")
"""
SOURCE = """organisation = "Relief"
generation = 1
serial = 1
from = {first}
until = {last}
{root}
[[supernodes]]
key = "2fe57da347cd62431528daac5fbb290730fff684afc4cfc2ed90995f58cb3b74"
address = "node.relief.example:4500"
[[site]]
name = "field"
serial = 1
utc_offset = "{offset}"
[[site.hours]]
windows = ["{window}"]
{site}
"""


class Gateway:
    """laptop 10.88.0.2 -- gateway -- 198.51.100.0/24 with a supernode and somebody else."""

    def __init__(self, folder, admin):
        self.folder, self.admin, self.programs, self.failed = Path(folder), admin, [], 0
        self.names = {name: f"fx{os.getpid()}{name}" for name in ("lan", "gw", "world")}

    def __enter__(self):
        for name in self.names.values():
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        lan, gateway, world = (self.names[name] for name in ("lan", "gw", "world"))
        for end, peer, near, far in ((lan, "l", "10.88.0.1/24", ["10.88.0.2/24"]),
                                     (world, "w", "198.51.100.1/24", ["198.51.100.7/24", "198.51.100.8/24"])):
            ip("link", "add", f"{peer}0", "netns", gateway, "type", "veth", "peer", "name", "eth0", "netns", end)
            ip("-n", gateway, "addr", "add", near, "dev", f"{peer}0")
            for address in far:
                ip("-n", end, "addr", "add", address, "dev", "eth0")
            ip("-n", gateway, "link", "set", f"{peer}0", "up")
            ip("-n", end, "link", "set", "eth0", "up")
            ip("-n", end, "route", "add", "default", "via", near.split("/")[0])
        self.inside("gw", "sysctl", "-qw", "net.ipv4.ip_forward=1")
        for host, port in (NODE, OTHER, (NODE[0], 4501)):
            server = subprocess.Popen(["ip", "netns", "exec", world, sys.executable, "-c", ECHO, host, str(port)],
                                      stdout=subprocess.PIPE, text=True)
            self.programs.append(server)
            server.stdout.readline()
        return self

    def __exit__(self, *_):
        for program in self.programs:
            program.kill()
            program.wait()
            program.stdout.close()
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], check=False)

    def inside(self, name, *words, **options):
        done = subprocess.run(["ip", "netns", "exec", self.names[name], *words], capture_output=True, text=True,
                              **options)
        if done.returncode != 0:
            raise Failure(f"{' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def passes(self, where, patience=0.4):
        return self.inside("lan", sys.executable, "-c", ASK, where[0], str(where[1]), str(patience)) == "hello\n"

    def load(self, zone="UTC", emergency=0, **source):
        fields = {"root": "", "site": "", "first": "2026-11-01", "last": "2027-12-31", "offset": "+05:30"} | source
        (self.folder / "p.toml").write_text(SOURCE.format(**fields))
        command = [self.admin, "export", "nftables", "p.toml", "--address", f"node.relief.example={NODE[0]}",
                   "--emergency-bps", str(emergency), "-o", "p.nft"]
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(done.stderr)
        self.inside("gw", "nft", "-f", str(self.folder / "p.nft"), env=os.environ | {"TZ": zone})

    def check(self, what, is_as_it_should):
        self.failed += not is_as_it_should
        print(f"{'ok    ' if is_as_it_should else 'FAILED'} {what}", flush=True)


def window(begin, end, offset):
    """Around `begin` to `end` hours from now, in local time, by the day it starts on."""
    now = datetime.datetime.now(datetime.timezone.utc) + offset
    quarter = now.replace(minute=now.minute // 15 * 15)
    start, stop = (quarter + datetime.timedelta(hours=hours) for hours in (begin, end))
    return f"{start:%a} {start:%H:%M}-{stop:%H:%M}"


def test(gateway):
    gateway.check("without rules everything passes", gateway.passes(NODE, 5) and gateway.passes(OTHER, 5))
    for offset, minutes in (("+05:30", 330), ("-11:00", -660), ("+14:00", 840)):
        shift = datetime.timedelta(minutes=minutes)
        for zone in ("UTC", "Asia/Kathmandu"):
            gateway.load(zone, offset=offset, window=window(-1, 1, shift))
            gateway.check(f"open, site time {offset}, gateway in {zone}: the supernode passes", gateway.passes(NODE, 5))
            gateway.load(zone, offset=offset, window=window(1, 3, shift))
            gateway.check(f"closed, an hour early, site time {offset}, gateway in {zone}: blocked",
                          not gateway.passes(NODE))
        gateway.load(offset=offset, window=window(-3, -1, shift))
        gateway.check(f"closed, an hour late, site time {offset}: blocked", not gateway.passes(NODE))
    gateway.load(window="daily 00:00-24:00")
    gateway.check("open: the supernode passes", gateway.passes(NODE, 5))
    gateway.check("another host is blocked", not gateway.passes(OTHER))
    gateway.check("another port of the supernode is blocked", not gateway.passes((NODE[0], 4501)))

    today = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=330)
    holiday = f"[[site.holidays]]\ndate = {today - datetime.timedelta(days=1):%Y-%m-%d}\ndays = 3"
    gateway.load(window="daily 00:00-24:00", site=holiday)
    gateway.check("a holiday: blocked", not gateway.passes(NODE))
    gateway.load(window="daily 00:00-24:00", site=holiday + '\nwindows = ["00:00-24:00"]')
    gateway.check("an open holiday: passes", gateway.passes(NODE, 5))

    moment = datetime.datetime.now(datetime.timezone.utc).replace(minute=0, second=0) - datetime.timedelta(hours=2)
    changed = f'[[site.transitions]]\nat = {moment:%Y-%m-%dT%H:%M:%SZ}\nutc_offset = "-02:00"'
    gateway.load(window=window(-1, 1, datetime.timedelta(hours=-2)), site=changed)
    gateway.check("after a change of the clocks: passes", gateway.passes(NODE, 5))
    gateway.load(window=window(-1, 1, datetime.timedelta(minutes=330)), site=changed)
    gateway.check("after a change of the clocks, hours as before it: blocked", not gateway.passes(NODE))

    soon = f"{datetime.date.today() + datetime.timedelta(days=2)}"
    gateway.load(window="daily 00:00-24:00", first=soon)
    gateway.check("not in force yet: blocked", not gateway.passes(NODE))
    closed = window(2, 3, datetime.timedelta(minutes=330))
    gateway.load(window=closed, first="2026-01-01", last="2026-11-01", root="grace_days = 7")
    gateway.check("expired: passes, for calls within the site", gateway.passes(NODE, 5))
    gateway.load(window=closed, emergency=8000)
    gateway.check("closed with a trickle for emergencies: passes", gateway.passes(NODE, 5))


def main():
    if why := can_make():
        print(f"skipped: {why}")
        return SKIPPED
    if not Path("/usr/sbin/nft").exists():
        print("skipped: needs nft")
        return SKIPPED
    admin = find_bin(sys.argv[1] if len(sys.argv) > 1 else None).resolve() / "farline-admin"
    begin = datetime.datetime.now()
    if begin.minute % 15 == 14 and begin.second > 30:
        time.sleep(45)  # no window is to end while it is tried
    try:
        with tempfile.TemporaryDirectory(prefix="farline-net-") as folder, Gateway(folder, admin) as gateway:
            test(gateway)
            return 1 if gateway.failed else 0
    except Failure as failure:
        print(f"FAILED {failure}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())

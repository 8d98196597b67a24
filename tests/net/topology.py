"""Network namespaces for the net tests: a world with the supernode, and sites, each behind a farline-link of its own.

    site "field" -- TUN, farline-link, TUN -- world (supernode on 10.99.0.1) -- TUN, farline-link, TUN -- site "home"

Nothing of the machine's own network is touched. A `with` block ends every program and removes every namespace.
"""
import os
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import demo_speech
from stage import MEDIA, Failure, Stage, find_bin, total

NODE = "10.99.0.1:4747"
SKIPPED = 77  # ctest's word for it


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"ip {' '.join(words)}: {done.stderr.strip()}")


class World(Stage):
    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="farline-net-")
        super().__init__(find_bin(sys.argv[1] if len(sys.argv) > 1 else None), self.scratch.name)
        self.prefix, self.namespaces, self.sites, self.failed = f"fl{os.getpid()}", [], {}, 0

    def __enter__(self):
        try:
            self.world = self.add_namespace("world")
            ip("-n", self.world, "addr", "add", NODE.split(":")[0] + "/32", "dev", "lo")
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        super().__exit__()
        for name in self.namespaces:
            subprocess.run(["ip", "netns", "del", name], check=False)
        self.scratch.cleanup()

    def add_namespace(self, name):
        full = f"{self.prefix}{name}"
        ip("netns", "add", full)
        self.namespaces.append(full)
        ip("-n", full, "link", "set", "lo", "up")
        return full

    def add_site(self, name, link, *more):
        """A namespace `name` whose only way out is this link."""
        site, device, net = self.add_namespace(name), f"thin{len(self.sites)}", f"10.77.{len(self.sites)}"
        link = self.tun_link(f"link-{name}", link, (site, self.world), device, *more)
        for namespace, own, peer in ((site, f"{net}.1", f"{net}.2"), (self.world, f"{net}.2", f"{net}.1")):
            subprocess.run(["ip", "netns", "exec", namespace, "sysctl", "-qw",
                            f"net.ipv6.conf.{device}.disable_ipv6=1"], check=False)  # else it speaks of itself
            ip("-n", namespace, "addr", "add", own, "peer", peer, "dev", device)
            ip("-n", namespace, "link", "set", device, "up")
        ip("-n", site, "route", "add", "default", "via", f"{net}.2")
        self.sites[name] = site
        return link

    def start_node(self):
        return self.node(NODE, netns=self.world)

    def enroll_here(self, name, invitation):
        """In the supernode's own namespace, so that nothing of it crosses a link."""
        return self.enroll(name, invitation, netns=self.world)

    def at(self, site, name, profile, *words):
        return self.cli(name, profile, *words, netns=self.sites[site])

    def speech(self, seconds, prompts=demo_speech.FIELD):
        path = self.folder / f"speech-{prompts[0]}-{seconds}.wav"
        if not path.exists():
            demo_speech.write_speech(path, prompts, seconds)
        return path

    def check(self, what, figure, limit, unit=""):
        """Prints the figure and remembers when it is above the limit."""
        good = figure <= limit
        self.failed += not good
        number = f"{figure:,.2f}" if isinstance(figure, float) else f"{figure:,}"
        print(f"{'ok    ' if good else 'FAILED'} {what}: {number} {unit} (at most {limit:,.4g})", flush=True)


def main(test):
    if os.geteuid() != 0 or not Path("/dev/net/tun").exists():
        print("skipped: needs root and /dev/net/tun, for network namespaces and TUN devices")
        return SKIPPED
    try:
        with World() as world:
            try:
                test(world)
            except Failure:
                for program in world.programs:
                    print(f"--- {program.name} {' '.join(map(str, program.process.args))}\n{program.tail()}")
                raise
            return 1 if world.failed else 0
    except Failure as failure:
        print(f"FAILED {failure}", file=sys.stderr)
        return 1

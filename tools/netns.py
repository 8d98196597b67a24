"""Network namespaces for calls between real programs: a world with the supernode, and sites, each behind a farline-link
of its own.

    site "field" -- TUN, farline-link, TUN -- world (supernode on 10.99.0.1) -- TUN, farline-link, TUN -- site "home"

Nothing of the machine's own network is touched. A `with` block ends every program and removes every namespace.
"""
import ctypes
import os
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from stage import Failure, Stage, find_bin

NODE = "10.99.0.1:4747"


def can_make():
    """Why not, or None."""
    if os.geteuid() != 0 or not Path("/dev/net/tun").exists():
        return "needs root and /dev/net/tun, for network namespaces and TUN devices"
    return None


def ip(*words):
    done = subprocess.run(["ip", *words], capture_output=True, text=True)
    if done.returncode != 0:
        raise Failure(f"ip {' '.join(words)}: {done.stderr.strip()}")


@contextmanager
def in_namespace(name):
    """This thread alone: what is opened inside the block stays there."""
    def enter(namespace):
        if libc.setns(namespace.fileno(), 0) != 0:
            raise OSError(ctypes.get_errno(), "setns")

    libc = ctypes.CDLL(None, use_errno=True)
    with open(f"/run/netns/{name}", "rb") as there, open("/proc/thread-self/ns/net", "rb") as here:
        enter(there)
        try:
            yield
        finally:
            enter(here)


class Sites(Stage):
    def __init__(self, bin_folder=None, logs=None):
        self.scratch = tempfile.TemporaryDirectory(prefix="farline-net-")
        super().__init__(find_bin(bin_folder), self.scratch.name, logs)
        self.prefix, self.namespaces, self.sites = f"fl{os.getpid()}", [], {}

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

    def add_site(self, name, link, *more, inside=None):
        """A namespace `name` whose only way out is this link. Inside it is `link.inside`, in the world
        `link.outside`. With an address of its own `inside`, which the world does not know, a NAT is among `more`."""
        number = len(self.sites)
        site, device = self.add_namespace(name), f"thin{number}"
        self.sites[name] = site
        link = self.tun_link(f"link-{name}", link, (site, self.world), device, *more)
        link.device, link.inside, link.outside = device, f"10.77.{number}.1", f"10.77.{number}.2"
        for namespace, own, peer in ((site, inside or link.inside, link.outside),
                                     (self.world, link.outside, link.inside)):
            subprocess.run(["ip", "netns", "exec", namespace, "sysctl", "-qw",
                            f"net.ipv6.conf.{device}.disable_ipv6=1"], check=False)  # else it speaks of itself
            ip("-n", namespace, "addr", "add", own, "peer", peer, "dev", device)
            ip("-n", namespace, "link", "set", device, "up")
        ip("-n", site, "route", "add", "default", "via", link.outside)
        return link

    def start_node(self):
        return self.node(NODE, netns=self.world)

    def enroll_here(self, name, invitation):
        """In the supernode's own namespace, so that nothing of it crosses a link."""
        return self.enroll(name, invitation, netns=self.world)

    def at(self, site, name, profile, *words, **options):
        return self.cli(name, profile, *words, netns=self.sites[site], **options)

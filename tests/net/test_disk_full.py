"""A supernode whose disk is full goes on: a call goes on, another begins, a device attaches, and enrolling is refused
in words; when there is space again, all of it is saved. The disk is a tmpfs of 1 MiB."""
import json
import signal
import subprocess
import sys
import time

from test_hostile import WIDE
from test_moves import babble
from topology import MEDIA, NODE, Failure, main

WORDS = "disk is full"


class SmallDisk:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir(mode=0o700)

    def __enter__(self):
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", self.folder],
                              capture_output=True, text=True)
        if done.returncode != 0:
            raise Failure(f"mount: {done.stderr.strip()}")
        return self

    def __exit__(self, *_):
        subprocess.run(["umount", "--lazy", self.folder], check=False)

    def fill(self):
        with open(self.folder / "filler", "wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError:
                pass

    def free(self):
        (self.folder / "filler").unlink()


def figures(world):
    done = subprocess.run([world.bin / "farline-node", "--data", world.folder / "node", "status", "--json"],
                          capture_output=True, text=True, timeout=30)
    if done.returncode != 0:
        raise Failure(f"status: {done.stderr}")
    return json.loads(done.stdout)


def wait_until(what, found, seconds=30):
    deadline = time.monotonic() + seconds
    while not found():
        if time.monotonic() > deadline:
            raise Failure(f"not in {seconds} s: {what}")
        time.sleep(0.3)


def start(world, name, *words):
    sound = babble(world.folder / "babble.wav")
    return world.at(name, f"{name}-{words[0]}", name, *words, "--audio-in", f"loop:{sound}", "--audio-out", "null")


def enrol(world, name, invitation, run):
    program = world.cli(f"{name}-enroll-{run}", name, "enroll", invitation, "--name", name, "--no-passphrase",
                        netns=world.world)
    return program, program.wait(60)


def test(world):
    with SmallDisk(world.folder / "node") as disk:
        node = world.start_node()
        invitation = node.line_after("invitation")
        link = {name: world.add_site(name, WIDE) for name in ("field", "home", "third")}["field"]
        for name in ("field", "home", "third"):
            world.enroll_here(name, invitation)
        home = start(world, "home", "run", "--answer", "auto")
        home.event("attached", 30)
        field = start(world, "field", "call", "home", "--path", "relay")
        field.event("connected", 30)

        disk.fill()
        third = start(world, "third", "run")
        third.event("attached", 60)  # its counter is to be saved
        wait_until("records wait", lambda: figures(world)["store_kept"] > 0)
        late, code = enrol(world, "late", invitation, 1)
        world.check("exit code of enrolling on a full disk, beside 77", abs(code - 77), 0)
        world.check("words for it", WORDS not in late.log.read_text(), 0)
        since = time.monotonic()
        wait_until("the running call is heard", lambda: [packet for packet in link.packets(since) if
                                                         packet["type"] == MEDIA and packet["way"] == "down"])
        field.process.send_signal(signal.SIGINT)
        world.check("exit code of the running call", field.wait(30), 0)
        field = start(world, "field", "call", "home", "--path", "relay", "--duration", "2")
        world.check("exit code of a call that began meanwhile", field.wait(60), 0)
        world.check("the node has ended", node.process.poll() is not None, 0)

        disk.free()
        wait_until("all is saved", lambda: figures(world)["store_kept"] == 0)
        world.check("exit code of enrolling afterwards", enrol(world, "late", invitation, 2)[1], 0)
        devices = figures(world)["devices"]
        node.process.kill()
        node.process.wait()
        world.node(NODE, name="node-again", netns=world.world)
        world.check("devices lost", devices - figures(world)["devices"], 0)
        third.process.send_signal(signal.SIGHUP)  # looks at once
        third.event("attached", 60, nth=1)
        for program in world.programs:
            program.end()


if __name__ == "__main__":
    sys.exit(main(test))

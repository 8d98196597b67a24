"""Farline's programs as processes, for the demo and the tests: read line by line, bounded in time, ended together."""
import csv
import ctypes
import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
END_SECONDS = 5  # a program that has been asked to end and has not after this is killed


class Failure(Exception):
    """What a person reads: which program did not do what, and the end of what it said."""


def die_with_parent():
    """In the child: SIGTERM when we are gone, however that happened. Linux only; elsewhere ended by Stage alone."""
    try:
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)
    except (OSError, AttributeError):
        pass


class Program:
    """One process. Its standard output is read by a thread into `lines` and, where a line is JSON, `events`."""

    def __init__(self, name, argv, logs, netns=None, hosts=None, **popen):
        """`hosts`: a file in place of /etc/hosts; with `netns`, whose mounts nobody else sees."""
        self.name, self.events, self.lines = name, [], []
        self.log = logs / f"{name}.log"
        command = (["ip", "netns", "exec", netns] if netns else []) + (
            ["sh", "-c", 'mount --bind "$0" /etc/hosts && exec "$@"', str(hosts)] if hosts else [])
        command += [str(word) for word in argv]
        self.changed = threading.Condition()
        self.at_end = False
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=popen.get("stdin", subprocess.DEVNULL), stdout=popen.get("stdout", subprocess.PIPE),
                stderr=popen.get("stderr", log), start_new_session=True, preexec_fn=die_with_parent)
        self.start = time.monotonic()
        stream = self.process.stderr or self.process.stdout
        self.reader = threading.Thread(target=self.read, args=(stream,), daemon=True)
        self.reader.start()

    def read(self, stream):
        with self.log.open("ab") as log:
            for raw in stream:
                now = time.monotonic()
                log.write(raw)
                line = raw.decode(errors="replace").rstrip("\n")
                event = parse_event(line, now)
                with self.changed:
                    self.lines.append(line)
                    if event:
                        self.events.append(event)
                    self.changed.notify_all()
        with self.changed:
            self.at_end = True
            self.changed.notify_all()

    def wait_for(self, what, found, seconds):
        """The first true value of found(), tried after every line."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while not (value := found()):
                left = deadline - time.monotonic()
                if left <= 0 or self.at_end:
                    why = "ended" if self.at_end else f"in {seconds} s"
                    raise Failure(f"{self.name}: no {what} ({why})\n{self.tail()}")
                self.changed.wait(left)
            return value

    def line_after(self, prefix, seconds=10):
        """What follows `prefix: ` on the first line that begins so."""
        head = prefix + ": "
        return self.wait_for(f"'{prefix}:'", lambda: next(
            (line[len(head):].strip() for line in self.lines if line.startswith(head)), None), seconds)

    def event(self, kind, seconds=10, nth=0):
        return self.wait_for(f"event '{kind}'", lambda: self.event_now(kind, nth), seconds)

    def event_now(self, kind, nth=0):
        """The nth event of this kind so far, or None."""
        matching = [event for event in list(self.events) if event["event"] == kind]
        return matching[nth] if len(matching) > nth else None

    def last(self, kind):
        return next((event for event in reversed(list(self.events)) if event["event"] == kind), None)

    def wait(self, seconds):
        """The exit code; what was printed has been read by then."""
        try:
            code = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name}: still running after {seconds} s\n{self.tail()}") from None
        self.close()
        return code

    def tail(self):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return "\n".join("  | " + line for line in text.splitlines()[-12:])

    def ask_to_end(self):
        if self.process.poll() is None:
            self.process.terminate()

    def end(self):
        """Asked, and after END_SECONDS made to."""
        self.ask_to_end()
        try:
            self.process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.close()

    def close(self):
        self.reader.join(2)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream:
                stream.close()


def parse_event(line, now):
    if not line.startswith("{"):
        return None
    try:
        event = json.loads(line)
    except ValueError:
        return None
    if "event" not in event:
        return None
    event["at"] = now
    return event


class Stage:
    """Starts programs whose profiles, keys and traces are in `folder`, and ends whatever still runs, newest first."""

    def __init__(self, bin_folder, folder, logs=None):
        self.bin, self.folder, self.logs = Path(bin_folder).resolve(), Path(folder), Path(logs or folder)
        self.programs = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for program in reversed(self.programs):
            program.ask_to_end()
        for program in reversed(self.programs):
            program.end()

    def program(self, name, argv, **options):
        path = self.bin / argv[0]
        if not path.exists():
            raise Failure(f"{path} is not built")
        program = Program(name, [path, *argv[1:]], self.logs, **options)
        self.programs.append(program)
        return program

    def node(self, listen="127.0.0.1:0", name="node", **options):
        node = self.program(name, ["farline-node", "--data", self.folder / "node", "--listen", listen], **options)
        node.address = node.line_after("listening")
        return node

    def link(self, name, link, to, *more, **options):
        """Clients send to `.address`; the counters are in `.counters()`, the packets in `.packets()`."""
        program = self.program(name, ["farline-link", "--to", to, *self.link_options(name, link), *more], **options)
        program.address = program.line_after("listening")
        return self.with_files(program, name)

    def tun_link(self, name, link, namespaces, device, *more):
        program = self.program(name, ["farline-link", "--tun", ",".join(namespaces), "--device", device,
                                      *self.link_options(name, link), *more])
        program.line_after("ready")
        return self.with_files(program, name)

    def link_options(self, name, link):
        return ["--link", link, "--stats-file", self.logs / f"{name}.jsonl", "--trace", self.logs / f"{name}.csv"]

    def with_files(self, program, name):
        program.counters = lambda: last_json(self.logs / f"{name}.jsonl")
        program.packets = lambda since=0.0: read_trace(self.logs / f"{name}.csv", program.start, since)
        return program

    def cli(self, name, profile, *words, **options):
        return self.program(name, ["farline-cli", "--profile", self.folder / profile, "--json", *words], **options)

    def enroll(self, profile, invitation, node=None, seconds=60, **options):
        """Gives the `enrolled` event."""
        where = ["--node", node] if node else []
        program = self.cli(f"{profile}-enroll", profile, *where, "enroll", invitation, "--name", profile,
                           "--no-passphrase", **options)
        if program.wait(seconds) != 0:
            raise Failure(f"{profile} could not enrol\n{program.tail()}")
        return program.last("enrolled")


def last_json(path):
    """The last whole line of a file that is being written."""
    try:
        lines = path.read_text().splitlines(keepends=True)
    except OSError:
        return None
    for line in reversed(lines):
        if line.endswith("\n"):
            return json.loads(line)
    return None


MEDIA = 0x20  # type byte, docs/PROTOCOL.md section 1


def read_trace(path, zero, since=0.0):
    """Packets of a farline-link trace offered to the link at `since` (time.monotonic) or later; the link began at
    `zero`. `out`: when the packet is at the far end, None when it is lost. `queue_s`: its wait behind earlier ones."""
    packets = []
    text = path.read_text()
    for row in csv.DictReader(text[:text.rfind("\n") + 1].splitlines()):
        at = zero + float(row["t_in"])
        if at >= since:
            packets.append({"at": at, "way": row["way"], "bytes": int(row["bytes"]), "type": int(row["type"], 16),
                            "out": zero + float(row["t_out"]) if row["t_out"] else None,
                            "verdict": row["verdict"],
                            "queue_s": int(row["queue_ms"]) / 1000})
    return packets


def total(packets, way=None, media=None):
    """Bytes of these packets: one way or both, media or signalling or both."""
    return sum(packet["bytes"] for packet in packets
               if way in (None, packet["way"]) and media in (None, packet["type"] == MEDIA))


def find_bin(given=None):
    """Where the programs are: given, or $FARLINE_BIN, or the build that the front door makes."""
    return Path(given or os.environ.get("FARLINE_BIN") or ROOT / "build/gcc/bin")


def complain(failure):
    print(f"\n{failure}", file=sys.stderr)
    return 1

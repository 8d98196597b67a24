"""What the tests of the real window share: a display of its own (Xvfb), real keys (xdotool), sound through PulseAudio's
null sinks, notifications. With FARLINE_PICTURES=FOLDER what the display showed is kept there.
"""
import json
import os
import shutil
import struct
import subprocess
import sys
import time
import unittest
import zlib
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

import calls

NEEDED = ("Xvfb", "xdotool", "xprop")
PULSE = ("pulseaudio", "pactl")
NOTIFIED = ("dbus-daemon", "dbus-monitor", "dunst", "dunstctl", "openbox")
needs_notifications = unittest.skipUnless(all(map(shutil.which, NOTIFIED)), f"not installed: one of {NOTIFIED}")
needs_sound = unittest.skipUnless(all(map(shutil.which, PULSE)), f"not installed: one of {PULSE}")


def png_of(xwd):
    """Of what Xvfb keeps in its file: an XWD of 24 bits in 4 bytes, blue first."""
    header = struct.unpack(">25I", xwd[:100])
    width, height, stride = header[4], header[5], header[12]
    start = header[0] + header[19] * 12  # after the colours
    rows = bytearray()
    for y in range(height):
        line = xwd[start + y * stride:start + y * stride + width * 4]
        pixels = bytearray(width * 3)
        pixels[0::3], pixels[1::3], pixels[2::3] = line[2::4], line[1::4], line[0::4]
        rows += b"\0" + pixels
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) \
        + chunk(b"IDAT", zlib.compress(bytes(rows))) + chunk(b"IEND", b"")


class Display:
    def __init__(self, test, size="1024x600"):
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp",
             "-fbdir", test.stage.folder],
            pass_fds=[write], stderr=subprocess.DEVNULL)
        os.close(write)
        test.addCleanup(self.server.wait)
        test.addCleanup(self.server.terminate)
        with os.fdopen(read) as numbers:
            os.environ["DISPLAY"] = f":{numbers.readline().strip()}"
        self.test = test

    def do(self, *words):
        return subprocess.run(["xdotool", *words], capture_output=True, text=True, timeout=calls.PATIENCE).stdout

    def keys(self, *names):
        for name in names:
            self.do("key", "--clearmodifiers", name)

    def type(self, text):
        self.do("type", "--delay", "2", text)

    def title(self, is_seen=True):
        windows = self.do("search", *(["--onlyvisible"] if is_seen else []), "--class", "farline").split()
        if not windows:
            return ""
        text = subprocess.run(["xprop", "-notype", "-id", windows[-1], "_NET_WM_NAME"], capture_output=True).stdout
        title = text.decode(errors="replace").partition(" = ")[2].strip().strip('"')
        return title.replace("\u2068", "").replace("\u2069", "")  # isolates around names

    def wait_title(self, *parts):
        deadline = time.monotonic() + calls.PATIENCE
        while not any(part in (title := self.title()) for part in parts):
            if time.monotonic() > deadline:
                self.picture("failed")
                raise calls.Failure(f"the window is called {title!r}, not one of {parts}")
            time.sleep(0.1)
        return title

    def picture(self, name):
        folder = os.environ.get("FARLINE_PICTURES")
        if folder:
            time.sleep(0.3)
            screen = (self.test.stage.folder / "Xvfb_screen0").read_bytes()
            Path(f"{folder}/{self.test.id().split('.')[-1]}-{name}.png").write_bytes(png_of(screen))


class Pulse:
    """Two virtual cables: what the window plays, and what its microphone hears."""

    MICROPHONE = ("module-remap-source", "master=mic.monitor", "source_name=micsrc")

    def __init__(self, test, folder):
        os.makedirs(folder, mode=0o700)
        os.environ.update(PULSE_RUNTIME_PATH=str(folder), PULSE_STATE_PATH=f"{folder}/state",
                          PULSE_SERVER=f"unix:{folder}/native")
        sink = "module-null-sink rate=48000 sink_name="
        self.server = subprocess.Popen(
            ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--disable-shm=yes", "--use-pid-file=no",
             "--high-priority=no", "--realtime=no", f"--log-target=file:{folder}/log",
             "-L", f"module-native-protocol-unix auth-anonymous=1 socket={folder}/native",
             "-L", sink + "spk", "-L", sink + "mic",
             "-L", " ".join(self.MICROPHONE)], stderr=subprocess.DEVNULL)
        test.addCleanup(self.server.wait)
        test.addCleanup(self.server.terminate)
        for _ in range(100):
            if self.ctl("info"):
                break
            time.sleep(0.1)
        self.ctl("set-default-sink", "spk")
        self.ctl("set-default-source", "micsrc")
        self.test = test

    def ctl(self, *words):
        return subprocess.run(["pactl", *words], capture_output=True).returncode == 0

    def pull_out_microphone(self):
        self.ctl("unload-module", self.MICROPHONE[0])

    def plug_in_microphone(self):
        self.ctl("load-module", *self.MICROPHONE)
        self.ctl("set-default-source", "micsrc")

    def say(self, path):
        player = subprocess.Popen(["paplay", "--device=mic", str(path)], stderr=subprocess.DEVNULL)
        self.test.addCleanup(player.wait)
        self.test.addCleanup(player.terminate)


class Notifications:
    """A session: D-Bus, which writes down what is to be told, a window manager, and dunst, which shows it."""

    def __init__(self, test, folder):
        os.makedirs(folder)
        self.bus = subprocess.Popen(["dbus-daemon", "--session", "--print-address", "--nofork", "--nopidfile"],
                                    stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
        test.addCleanup(self.bus.stdout.close)
        test.addCleanup(self.bus.wait)
        test.addCleanup(self.bus.terminate)
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = self.bus.stdout.readline().strip()
        # What dunst writes itself (-print) or has written (script) is now and then not there while the note is.
        self.told = folder / "told"
        notes = ["dbus-monitor", "--session", "interface=org.freedesktop.Notifications,member=Notify"]
        for program, out in (["openbox"], os.devnull), (["dunst"], os.devnull), (notes, self.told):
            with open(out, "w") as stdout:
                running = subprocess.Popen(program, stdout=stdout, stderr=subprocess.DEVNULL)
            test.addCleanup(running.wait)
            test.addCleanup(running.terminate)
        self.wait(lambda: self.told.read_text(), "dbus-monitor does not run")
        self.wait(lambda: self.ctl("count", "displayed") == "0", "dunst does not answer")
        manager = ["xprop", "-root", "_NET_SUPPORTING_WM_CHECK"]
        self.wait(lambda: b"window id" in subprocess.run(manager, capture_output=True).stdout, "openbox does not run")

    def ctl(self, *words):
        return subprocess.run(["dunstctl", *words], capture_output=True, text=True).stdout.strip()

    def wait(self, is_so, problem):
        deadline = time.monotonic() + calls.PATIENCE
        while not is_so():
            if time.monotonic() > deadline:
                raise calls.Failure(problem)
            time.sleep(0.1)

    def wait_for(self, text):
        self.wait(lambda: text in self.told.read_text(), f"nobody was told {text!r}: {self.told.read_text()}")
        self.wait(lambda: self.ctl("count", "displayed") != "0", f"{text!r} is not shown")


def loud_seconds(path):
    """How much of a recording is not silence, so far: its header is complete only at its end."""
    header, rate = 44, 16000
    data = Path(path).read_bytes()[header:] if Path(path).exists() else b""
    samples = memoryview(data[:len(data) // 2 * 2]).cast("h")
    step = rate // 10
    return sum(max(map(abs, samples[i:i + step])) > 300 for i in range(0, len(samples) - step, step)) / 10


@unittest.skipIf(missing := [tool for tool in NEEDED if not shutil.which(tool)], f"not installed: {missing}")
class Desk(calls.Test):
    """A person before a window, who is called gui, and a node."""

    def setUp(self):
        super().setUp()
        os.environ.update(LANG="C.UTF-8", LC_ALL="C.UTF-8", LANGUAGE="", SDL_RENDER_DRIVER="software")
        self.display = Display(self)
        self.has_pulse = all(shutil.which(tool) for tool in PULSE)
        if self.has_pulse:
            os.environ["SDL_AUDIODRIVER"] = "pulse"
            self.pulse = Pulse(self, self.path("pulse"))

    def open(self, *more):
        sound = [] if self.has_pulse else ["--audio-in", f"loop:{self.said()}", "--audio-out", "null"]
        return self.stage.program("farline", ["farline", "--profile", self.path("gui"), *sound, *more])

    def wait_attached(self):
        """Until the node can tell others where gui is: its window may be there before that."""
        status = ["farline-node", "--data", self.path("node"), "status", "--json"]
        deadline = time.monotonic() + calls.PATIENCE
        while json.loads(self.tool(*status).stdout)["attached"] == 0:
            if time.monotonic() > deadline:
                raise calls.Failure("the window's program is not attached")
            time.sleep(0.1)

    def until(self, wanted):
        """What it says once that is something."""
        deadline = time.monotonic() + calls.PATIENCE
        while not (got := wanted()):
            if time.monotonic() > deadline:
                self.display.picture("failed")
                raise calls.Failure("what was waited for did not come")
            time.sleep(0.2)
        return got

    def said(self):
        return self.speech("said.wav", calls.demo_speech.FIELD, 20)

    def enrol(self, name="gui"):
        self.display.wait_title("I have an invitation")
        self.display.picture("invitation")
        self.display.type(self.invitation)
        self.display.keys("ctrl+Return")
        self.display.wait_title("Your name")
        self.display.type(name)
        self.display.picture("name")
        self.display.keys("Return")
        self.display.wait_title("Can others hear you?")
        self.display.picture("hearing")
        self.display.keys("Return")
        self.display.wait_title("People")

    def far_end(self, name):
        self.enroll(name)
        return self.run_(name, "--answer", "auto", "--audio-in", f"loop:{self.said()}",
                         "--audio-out", self.path("heard.wav"))

    def call(self, name):
        self.display.keys("ctrl+f", "ctrl+a")
        self.display.type(name)
        self.display.keys("Return")

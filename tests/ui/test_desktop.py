"""The desktop as a person meets it: the real window on a display of its own (Xvfb), real keys (xdotool), a real node
and a far end that answers. Its sound goes through PulseAudio's null sinks where there is PulseAudio.

test_desktop.py BIN [test...]; with FARLINE_PICTURES=FOLDER what the display showed is kept there.
"""
import json
import os
import shutil
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "cli"))

import calls

NEEDED = ("Xvfb", "xdotool", "xprop")
PULSE = ("pulseaudio", "pactl")
NOTIFIED = ("dbus-daemon", "dunst", "dunstctl", "openbox")


class Display:
    def __init__(self, test, size="1024x600"):
        read, write = os.pipe()
        self.server = subprocess.Popen(
            ["Xvfb", "-displayfd", str(write), "-screen", "0", f"{size}x24", "-nolisten", "tcp"],
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
            subprocess.run(["import", "-window", "root", f"{folder}/{self.test.id().split('.')[-1]}-{name}.png"])


class Pulse:
    """Two virtual cables: what the window plays, and what its microphone hears."""

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
             "-L", "module-remap-source master=mic.monitor source_name=micsrc"], stderr=subprocess.DEVNULL)
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

    def say(self, path):
        player = subprocess.Popen(["paplay", "--device=mic", str(path)], stderr=subprocess.DEVNULL)
        self.test.addCleanup(player.wait)
        self.test.addCleanup(player.terminate)


class Notifications:
    """A session: D-Bus, a window manager, and dunst, which shows notifications and writes down what they say."""

    def __init__(self, test, folder):
        os.makedirs(folder)
        self.bus = subprocess.Popen(["dbus-daemon", "--session", "--print-address", "--nofork", "--nopidfile"],
                                    stdout=subprocess.PIPE, text=True, stderr=subprocess.DEVNULL)
        test.addCleanup(self.bus.stdout.close)
        test.addCleanup(self.bus.wait)
        test.addCleanup(self.bus.terminate)
        os.environ["DBUS_SESSION_BUS_ADDRESS"] = self.bus.stdout.readline().strip()
        self.shown = folder / "shown"
        with open(self.shown, "w") as out:
            for program in (["openbox"], ["dunst", "-print"]):
                running = subprocess.Popen(program, stdout=out, stderr=subprocess.DEVNULL)
                test.addCleanup(running.wait)
                test.addCleanup(running.terminate)
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
        self.wait(lambda: text in self.shown.read_text(), f"nobody was told {text!r}: {self.shown.read_text()}")


def loud_seconds(path):
    """How much of a recording is not silence, so far: its header is complete only at its end."""
    header, rate = 44, 16000
    data = Path(path).read_bytes()[header:] if Path(path).exists() else b""
    samples = memoryview(data[:len(data) // 2 * 2]).cast("h")
    step = rate // 10
    return sum(max(map(abs, samples[i:i + step])) > 300 for i in range(0, len(samples) - step, step)) / 10


@unittest.skipIf(missing := [tool for tool in NEEDED if not shutil.which(tool)], f"not installed: {missing}")
class DesktopTest(calls.Test):
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
        self.display.keys("ctrl+f")
        self.display.type(name)
        self.display.keys("Return")

    def test_first_run_and_a_call(self):
        far = self.far_end("ben")
        self.open()
        self.enrol()
        self.display.picture("people")
        self.call("ben")
        self.display.wait_title("Call with ben")
        far.event("connected", calls.PATIENCE)
        if self.has_pulse:
            self.pulse.say(self.said())
        deadline = time.monotonic() + calls.PATIENCE
        while loud_seconds(self.path("heard.wav")) < 1 and time.monotonic() < deadline:
            time.sleep(0.5)
        self.display.picture("call")
        self.display.keys("ctrl+shift+h")
        self.assertEqual(far.event("ended", calls.PATIENCE)["reason"], "peer-hung-up")
        self.display.wait_title("You ended the call")
        self.display.picture("after")
        far.ask_to_end()
        far.wait(calls.PATIENCE)
        self.assertGreaterEqual(loud_seconds(self.path("heard.wav")), 1)

    def test_names_of_every_script(self):
        names = ("سارة@خرطوم", "रमेश@काठमाडौं")
        self.enroll("gui", *names)
        self.open()
        self.display.wait_title("People")
        for number, name in enumerate(names):
            caller = self.cli(name, "call", "gui", program=f"caller{number}")
            self.display.wait_title(f"{name} is calling")
            self.display.picture(f"incoming{number}")
            self.display.keys("Escape")
            self.assertEqual(self.code(caller), 12)  # declined
            self.display.wait_title("You declined")
        self.display.picture("people")

    def test_an_incoming_call_is_answered(self):
        self.enroll("gui", "ben")
        self.open()
        self.display.wait_title("People")
        caller = self.cli("ben", "call", "gui")
        self.display.wait_title("ben is calling")
        self.display.picture("incoming")
        self.display.keys("Return")
        caller.event("connected", calls.PATIENCE)
        self.display.wait_title("Call with ben")
        self.display.keys("ctrl+m")
        self.display.picture("muted")
        self.display.keys("ctrl+shift+h")
        self.assertEqual(self.code(caller), 0)

    @unittest.skipUnless(all(map(shutil.which, NOTIFIED)), f"not installed: one of {NOTIFIED}")
    def test_a_call_is_told_where_no_window_is_seen(self):
        desk = Notifications(self, self.path("notifications"))
        self.enroll("gui", "ben")
        self.open("--minimised")
        desk.wait(lambda: "People" in self.display.title(is_seen=False), "there is no window")
        self.assertEqual(self.display.title(), "")  # it is not seen
        caller = self.cli("ben", "call", "gui")
        desk.wait_for("ben is calling")
        self.display.picture("told")
        desk.ctl("action")
        self.display.wait_title("ben is calling")
        self.display.keys("Return")
        caller.event("connected", calls.PATIENCE)
        desk.wait(lambda: desk.ctl("count", "displayed") == "0", "it is still told that ben calls")
        self.display.wait_title("Call with ben")
        self.display.keys("ctrl+shift+h")
        self.assertEqual(self.code(caller), 0)

    def test_a_conversation(self):
        self.enroll("gui", "ben")
        self.run_("ben")
        self.open()
        self.display.wait_title("People")
        chat = ["farline-cli", "--profile", self.path("ben"), "--json", "chat"]
        self.assertEqual(self.tool(*chat, "new", "Convoy", "--members", "gui").returncode, 0)
        self.assertEqual(self.tool(*chat, "send", "Convoy", "six o'clock").returncode, 0)
        self.display.keys("ctrl+2")
        self.display.wait_title("Messages")
        time.sleep(4)
        self.display.picture("arrived")
        self.display.do("mousemove", "300", "100", "click", "1")  # the first chat
        self.display.wait_title("Convoy")
        self.display.type("on my way")
        self.display.keys("Return")
        self.display.picture("answered")
        deadline = time.monotonic() + calls.PATIENCE
        texts = []
        while "on my way" not in texts and time.monotonic() < deadline:
            time.sleep(0.5)
            texts = [json.loads(line)["text"] for line in self.tool(*chat, "read", "Convoy").stdout.splitlines()]
        self.assertEqual(texts, ["six o'clock", "on my way"])

    def test_panic_wipe(self):
        self.enroll("gui")
        self.open()
        self.display.wait_title("People")
        self.display.keys("ctrl+5")
        self.display.wait_title("Settings")
        self.display.do("mousemove", "582", "28", "click", "1")  # Protection
        self.display.keys("Tab", "Tab", "Tab", "Return")  # About, Passphrase, Erase
        self.display.type("ERASE")
        self.display.keys("Tab")
        self.display.picture("typed")
        self.display.do("keydown", "Return")
        time.sleep(1)
        self.assertIn("Settings", self.display.title())  # not yet
        time.sleep(3)
        self.display.do("keyup", "Return")
        self.display.wait_title("Erased")
        self.display.picture("erased")
        self.assertEqual(self.code(self.cli("gui", "call", "ben")), 78)

    def test_a_trial_leaves_nothing(self):
        os.environ["TMPDIR"] = str(self.path("tmp"))
        os.mkdir(os.environ["TMPDIR"])
        self.addCleanup(os.environ.pop, "TMPDIR")
        window = self.open("--speech", str(self.said()))
        self.display.wait_title("I have an invitation")
        self.display.keys("shift+Tab", "Return")  # Try it
        self.display.wait_title("Call with")
        self.display.picture("trial")
        self.assertNotEqual(os.listdir(os.environ["TMPDIR"]), [])
        window.ask_to_end()
        self.assertEqual(self.code(window), 0)
        self.assertEqual(os.listdir(os.environ["TMPDIR"]), [])

    def test_a_refused_call_says_why(self):
        self.enroll("gui")
        self.open()
        self.display.wait_title("People")
        self.call("nobody")
        self.display.wait_title("Nobody has the name nobody")
        self.display.picture("refused")


if __name__ == "__main__":
    calls.main()

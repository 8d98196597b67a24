"""The desktop as a person meets it: the real window, a real node and a far end that answers.

test_desktop.py BIN [test...]
"""
import json
import os
import time

from desktop_stage import Desk, Notifications, calls, loud_seconds, needs_notifications


class DesktopTest(Desk):
    def test_first_run_and_a_call(self):
        far = self.far_end("ben")
        self.open()
        self.enrol()
        self.display.picture("people")
        self.call("ben")
        self.display.wait_title("Call with ben")
        far.event("connected", calls.PATIENCE)
        self.display.keys("1", "2", "numbersign")
        far.wait_for("keys", lambda: (far.last("stats") or {}).get("keys") == "12#", calls.PATIENCE)
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
        self.wait_attached()
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
        self.wait_attached()
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

    @needs_notifications
    def test_a_call_is_told_where_no_window_is_seen(self):
        desk = Notifications(self, self.path("notifications"))
        self.enroll("gui", "ben")
        self.open("--minimised")
        desk.wait(lambda: "People" in self.display.title(is_seen=False), "there is no window")
        desk.wait(lambda: self.display.title() == "", "the window is seen")
        self.wait_attached()
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

    def test_a_file_is_sent_with_the_keyboard(self):
        home = self.path("home")
        home.mkdir()
        (home / "report.txt").write_bytes(b"water " * 2000)
        self.addCleanup(os.environ.__setitem__, "HOME", os.environ["HOME"])
        os.environ["HOME"] = str(home)
        self.enroll("gui", "ben")
        self.run_("ben")
        self.open()
        self.display.wait_title("People")
        chat = ["farline-cli", "--profile", self.path("ben"), "--json", "chat"]
        self.assertEqual(self.tool(*chat, "new", "Convoy", "--members", "gui").returncode, 0)
        self.assertEqual(self.tool(*chat, "send", "Convoy", "the report?").returncode, 0)
        self.display.keys("ctrl+2")
        self.display.wait_title("Messages")
        self.until(self.opens_first_chat)
        self.display.keys("ctrl+o")
        self.display.wait_title("Send a file")
        self.display.type("report")
        self.display.keys("Return")  # the first that is found
        self.display.picture("chosen")
        self.display.keys("Return")
        self.display.wait_title("Convoy")
        fetch = self.until(lambda: self.fetches(chat, "report.txt"))
        self.until(lambda: '"path"' in self.tool(*fetch).stdout)
        self.display.picture("sent")
        self.assertEqual((self.path("ben") / "report.txt").read_bytes(), b"water " * 2000)

    def opens_first_chat(self):
        self.display.do("mousemove", "300", "100", "click", "1")
        return "Messages" not in self.display.title()

    def fetches(self, chat, name):
        """What fetches a file of that name, once its message is there."""
        for line in map(json.loads, self.tool(*chat, "read", "Convoy").stdout.splitlines()):
            if line["attachments"] and line["attachments"][0]["name"] == name:
                return [*chat, "fetch", "Convoy", line["id"], "--to", self.path("ben")]
        return None

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

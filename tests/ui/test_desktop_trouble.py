"""What the real window says and does when something is in the way: closed hours, a full disk, a microphone gone.

test_desktop_trouble.py BIN [test...]
"""
import datetime
import os
import shutil
import subprocess
import time
import unittest

from desktop_stage import Desk, calls, loud_seconds, needs_sound
from relief import CONTACT, Organisation


class RulesTest(Desk, Organisation):
    def test_closed_hours_and_an_emergency(self):
        opens = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=3)
        hour = opens.hour % 23  # a window that does not pass midnight
        self.put_in_force(f'[[hours]]\nclasses = ["voice"]\nwindows = ["daily {hour:02}:15-{hour + 1:02}:00"]')
        self.run_("ben", "--answer", "auto")
        self.run_(CONTACT, "--answer", "auto")
        self.enroll("gui")
        self.open()
        self.display.wait_title("People")
        self.call("ben")
        title = self.display.wait_title("This call is not allowed now.")
        self.display.picture("refused")
        self.assertIn("Voice calls are closed at this hour. Opens t", title)  # today or tomorrow
        self.assertIn(f" at {hour:02}:15", title)
        self.display.keys("ctrl+e")
        self.display.keys("Tab", "Return")
        self.display.wait_title(f"Call with {CONTACT}")
        self.display.picture("emergency")
        self.display.keys("ctrl+shift+h")
        self.display.wait_title("You ended the call")


class DiskTest(Desk):
    @unittest.skipUnless(hasattr(os, "geteuid") and os.geteuid() == 0, "needs root: it mounts a small disk")
    def test_a_full_disk(self):
        disk = self.path("disk")
        disk.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "farline-small", disk], check=True)
        self.addCleanup(subprocess.run, ["umount", "--lazy", disk], check=True)
        self.enroll("gui", "ben")
        shutil.move(self.path("gui"), disk / "gui")
        self.path("gui").symlink_to(disk / "gui")
        self.run_("ben", "--answer", "auto")
        self.open()
        self.display.wait_title("People")
        self.call("ben")
        self.display.wait_title("Call with ben")
        self.display.keys("ctrl+shift+h")
        self.display.wait_title("You ended the call")
        self.display.keys("Escape")
        filler = disk / "filler"
        with open(filler, "wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError:
                pass
        self.display.keys("ctrl+equal")  # larger text: a setting is saved
        self.display.wait_title("cannot start with this profile: The disk is full")
        self.display.picture("full")
        filler.unlink()
        self.display.wait_title("People", "You ended the call")  # by itself
        self.call("ben")  # who is in the list now, and chosen
        self.display.picture("again")
        self.display.do("mousemove", "628", "116", "click", "1")
        self.display.wait_title("Call with ben")


@needs_sound
class SoundTest(Desk):
    def test_a_microphone_is_pulled_out_in_a_call(self):
        far = self.far_end("ben")
        self.enroll("gui")
        self.open()
        self.display.wait_title("People")
        self.call("ben")
        self.display.wait_title("Call with ben")
        far.event("connected", calls.PATIENCE)
        self.pulse.say(self.said())
        self.wait_heard(1)
        self.pulse.pull_out_microphone()
        self.display.wait_title("Call with ben: There is no microphone")
        self.display.picture("pulled-out")
        before = loud_seconds(self.path("heard.wav"))
        self.pulse.plug_in_microphone()
        self.display.wait_title("Call with ben – Farline")
        self.pulse.say(self.said())
        self.wait_heard(before + 1)
        self.assertIsNone(far.event_now("ended"))
        self.display.keys("ctrl+shift+h")
        self.assertEqual(far.event("ended", calls.PATIENCE)["reason"], "peer-hung-up")

    def wait_heard(self, seconds):
        deadline = time.monotonic() + calls.PATIENCE
        while (heard := loud_seconds(self.path("heard.wav"))) < seconds:
            if time.monotonic() > deadline:
                raise calls.Failure(f"they heard {heard} s, not {seconds}")
            time.sleep(0.5)


if __name__ == "__main__":
    calls.main()

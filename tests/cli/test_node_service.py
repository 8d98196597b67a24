#!/usr/bin/env python3
"""farline-node as a service: its settings file, what it tells the service manager, and how it goes away."""
import os
import re
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import programs
from programs import run

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from stage import Stage


class Settings(programs.Test):
    def config(self, text):
        return self.write("node.toml", f'data = "{self.at("node")}"\nlisten = "127.0.0.1:0"\n{text}')

    def test_a_file_says_what_the_command_line_may_say(self):
        config = self.config('advertise = "node.example.org:4747"\n')
        node = programs.Running(self, "farline-node", "--config", config)
        node.line("listening: 127.0.0.1:")
        shown = run("farline-node", "--config", config, "status", "--json").json
        self.assertEqual(shown["advertised"], "node.example.org:4747")
        node.end()
        node = programs.Running(self, "farline-node", "--config", config, "--advertise", "other.example.org:1")
        node.line("listening: 127.0.0.1:")
        shown = run("farline-node", "--config", config, "status", "--json").json
        self.assertEqual(shown["advertised"], "other.example.org:1")

    def test_errors_name_file_line_and_key(self):
        for text, line, words in (('log_level = "loud"', 3, "log_level: loud is none of debug, info"),
                                  ("\ndrain_second = 3", 4, "drain_second: is no setting; there are data, listen"),
                                  ("drain_seconds = -1", 3, "drain_seconds: Value -1 not in range"),
                                  ("[more]", 3, "more: is a table"),
                                  ('advertise = "', 3, ""),
                                  ('config = "other"', 3, "config: is no setting")):
            answer = run("farline-node", "--config", self.config(text))
            self.check(answer, 78, f"node.toml, line {line}: {words}")
        self.assertFalse(os.path.exists(self.at("node")))
        self.check(run("farline-node", "--config", self.at("none")), 78, self.at("none"))

    def test_it_is_read_again_on_hangup(self):
        config = self.config("")
        node = programs.Running(self, "farline-node", "--config", config)
        node.line("listening: ")
        self.config('log_level = "loud"')
        self.hang_up(node, "event=options_refused")
        self.config('log_level = "error"')
        self.hang_up(node, "event=reload")
        node.end()
        self.assertNotIn("event=stopped", "".join(node.errors))

    def hang_up(self, node, event):
        before = "".join(node.errors).count(event)
        node.process.send_signal(signal.SIGHUP)
        for _ in range(programs.PATIENCE * 20):
            # Asked of the same loop, so that the signal has been seen.
            self.assertEqual(run("farline-node", "--data", self.at("node"), "status").code, 0)
            if "".join(node.errors).count(event) > before:
                return
        self.fail(f"no {event}: {''.join(node.errors)}")


class Manager(programs.Test):
    def test_it_is_told_everything(self):
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.addCleanup(listener.close)
        listener.bind(self.at("notify"))
        listener.settimeout(programs.PATIENCE)
        environment = dict(os.environ, NOTIFY_SOCKET=self.at("notify"), WATCHDOG_USEC="400000")
        node = programs.Running(self, "farline-node", "--data", self.at("node"), "--listen", "127.0.0.1:0",
                                env=environment)
        self.wait_for(listener, b"READY=1")
        self.wait_for(listener, b"WATCHDOG=1")
        self.wait_for(listener, b"WATCHDOG=1")
        node.process.send_signal(signal.SIGHUP)
        self.wait_for(listener, b"RELOADING=1")
        self.wait_for(listener, b"READY=1")
        node.process.send_signal(signal.SIGTERM)
        self.wait_for(listener, b"STOPPING=1\nEXTEND_TIMEOUT_USEC=70000000")
        self.assertEqual(node.process.wait(programs.PATIENCE), 0)

    def wait_for(self, listener, words):
        while listener.recv(4096) != words:
            pass


class Leaving(programs.Test):
    def setUp(self):
        super().setUp()
        self.stage = Stage(programs.folder, self.at())
        self.addCleanup(self.stage.__exit__)

    def test_its_clients_are_sent_elsewhere_first(self):
        node = self.stage.node()
        invitation = node.line_after("invitation")
        runs = []
        for name in ("anna", "bela"):
            self.stage.enroll(name, invitation, None, programs.PATIENCE)
            runs.append(self.stage.cli(f"{name}-run", name, "run", "--audio-in", "silence", "--audio-out",
                                       "null"))
            runs[-1].event("attached", programs.PATIENCE)
        node.process.send_signal(signal.SIGTERM)
        self.assertEqual(node.wait(programs.PATIENCE), 0)
        for program in runs:
            self.assertIn("shutting down", program.event("detached", programs.PATIENCE)["message"])


class Backup(programs.Test):
    def setUp(self):
        super().setUp()
        self.stage = Stage(programs.folder, self.at())
        self.addCleanup(self.stage.__exit__)

    def test_a_restored_node_knows_its_devices(self):
        node = self.stage.node()
        invitation = node.line_after("invitation")
        address = node.line_after("listening")
        self.stage.enroll("anna", invitation, None, programs.PATIENCE)
        data = ("--data", self.at("node"))
        backup = self.at("backup")
        self.check(run("farline-node", *data, "backup", backup), 0)
        self.assertEqual(os.stat(backup).st_mode & 0o777, 0o600)
        node.process.send_signal(signal.SIGKILL)
        node.process.wait()
        self.check(run("farline-node", *data, "restore", backup), 77, "is there already")
        shutil.rmtree(self.at("node"))
        damaged = self.at("damaged")
        with open(backup, "rb") as good, open(damaged, "wb") as bad:
            bad.write(good.read()[:-1])
        self.check(run("farline-node", *data, "restore", damaged), 65, "no backup")
        self.check(run("farline-node", *data, "restore", backup), 0)
        restored = programs.Running(self, "farline-node", *data, "--listen", address)
        restored.line("listening: ")
        anna = self.stage.cli("anna-run", "anna", "run", "--audio-in", "silence", "--audio-out", "null")
        anna.event("attached", programs.PATIENCE)
        self.assertEqual(run("farline-node", *data, "status", "--json").json["devices"], 1)

    def test_one_that_does_not_run_and_has_a_passphrase(self):
        secret = self.write("secret", "correct horse\n")
        self.start_node("--passphrase-file", secret).end()
        data = ("--data", self.at("node"), "--passphrase-file", secret)
        request = run("farline-node", *data, "request").out
        self.check(run("farline-node", *data, "backup", self.at("backup")), 0)
        other = ("--data", self.at("other"))
        self.check(run("farline-node", *other, "restore", self.at("backup")), 78, "--passphrase-file")
        self.assertNotIn("node.db", os.listdir(self.at("other")))
        self.check(run("farline-node", *other, "--passphrase-file", secret, "restore", self.at("backup")), 0)
        self.assertEqual(run("farline-node", *other, "--passphrase-file", secret, "request").out, request)


class Pages(programs.Test):
    def setUp(self):
        super().setUp()
        self.node = self.start_node("--metrics", "127.0.0.1:0")
        self.node.line("invitation: ")
        self.url = self.node.line("metrics: ")

    def page(self, path):
        with urllib.request.urlopen(self.url + path, timeout=programs.PATIENCE) as answer:
            return answer.headers["Content-Type"], answer.read().decode()

    def test_figures_for_prometheus_and_for_people(self):
        kind, text = self.page("metrics")
        self.assertEqual(kind, "text/plain; version=0.0.4; charset=utf-8")
        names = re.findall(r"^# TYPE (\S+) (?:gauge|counter)\n\1 \d+$", text, re.MULTILINE)
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(3 * len(names), text.count("\n"))
        self.assertIn("farline_node_attached", names)
        self.assertIn("farline_node_relayed_bytes_total", names)
        status = run("farline-node", "--data", self.at("node"), "status", "--json").json
        self.assertIn("\nfarline_node_invitations 1\n", text)
        self.assertGreater(status["memory_bytes"], 1_000_000)
        for secret in ("root_key", "node_key"):
            self.assertNotIn(status[secret], text + self.page("")[1])
        self.assertIn("<td>open invitations</td><td>1</td>", self.page("")[1])
        self.assertEqual(self.page("healthz")[1], "serving\n")
        with self.assertRaises(urllib.error.HTTPError) as refused:
            self.page("other")
        self.assertEqual(refused.exception.code, 404)

    def test_strangers_cannot_block_them(self):
        host, port = self.url.removeprefix("http://").rstrip("/").split(":")
        idle = [socket.create_connection((host, int(port))) for _ in range(40)]
        for connection in idle:
            self.addCleanup(connection.close)
        for talk in (b"\0" * 9000, b"POST / HTTP/1.1\r\n\r\n", b"GET x HTTP/1.1\r\n\r\n", b"\r\n\r\n"):
            try:
                idle[0].sendall(talk)
            except OSError:
                pass  # closed already
        deadline = time.monotonic() + programs.PATIENCE
        while True:  # the idle ones are closed after some seconds
            try:
                self.assertEqual(self.page("healthz")[1], "serving\n")
                break
            except OSError:
                self.assertLess(time.monotonic(), deadline)
                time.sleep(0.2)

    def test_what_it_cannot_listen_on(self):
        arguments = ("--data", self.at("other"), "--listen", "127.0.0.1:0", "--metrics")
        self.check(run("farline-node", *arguments, "nonsense"), 2, "--metrics nonsense")
        taken = self.url.removeprefix("http://").rstrip("/")
        self.check(run("farline-node", *arguments, taken), 69, "another program listens")

    def test_watched_from_a_pipe(self):
        watch = programs.Running(self, "farline-node", "--data", self.at("node"), "status", "--watch")
        self.assertRegex(watch.line("Clients   attached 0 "), "Calls     now 0")
        watch.line("Clients   attached 0 ")
        self.node.end()
        self.assertEqual(watch.process.wait(programs.PATIENCE), 69)


if __name__ == "__main__":
    programs.main()

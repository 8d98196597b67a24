"""Calls out of networks that let nothing pass but TCP to a proxy: HTTP CONNECT and SOCKS 5, with and without a login,
given as an option and by the environment, and a supernode whose name only the proxy knows."""
import base64
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from test_hostile import BACK_WITHIN, TLS, Call, firewall
from test_moves import babble
from topology import NODE, Failure, in_namespace, main

HOST = NODE.split(":")[0]
HTTP, SOCKS = (HOST, 3128), (HOST, 1080)
USER, PASSWORD = "field", "p@ss:w%rd"
LOGIN = "field:p%40ss%3Aw%25rd"
NAME = "node.only-the-proxy.example"


class Proxies(threading.Thread):
    """Both kinds, in the world's namespace. What they were asked for is in `asked`."""

    def __init__(self, namespace):
        super().__init__(daemon=True)
        self.asked, self.refused = [], 0
        self.namespace, self.ready = namespace, threading.Event()
        self.trouble = None
        self.start()
        self.ready.wait(10)
        if self.trouble or not self.ready.is_set():
            raise Failure(f"no proxies: {self.trouble}")

    def run(self):
        try:
            with in_namespace(self.namespace):  # the threads made in it stay there
                for where, talk in ((HTTP, self.http), (SOCKS, self.socks)):
                    self.spawn(self.serve, socket.create_server(where), talk)
        except OSError as error:
            self.trouble = error
        self.ready.set()

    def spawn(self, work, *words):
        threading.Thread(target=work, args=words, daemon=True).start()

    def serve(self, listener, talk):
        while True:
            self.spawn(self.answer, listener.accept()[0], talk)

    def answer(self, client, talk):
        try:
            with client:
                to = talk(client)
                if not to:
                    self.refused += 1
                    return
                self.asked.append(to)
                with socket.create_connection((HOST, to[1])) as node:  # whatever it is called
                    talk(client, True)
                    self.spawn(self.pump, node, client)
                    self.pump(client, node)
        except OSError:
            pass

    @staticmethod
    def pump(source, sink):
        try:
            while data := source.recv(65536):
                sink.sendall(data)
        except OSError:
            pass
        for end in (source, sink):
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @staticmethod
    def http(client, is_open=False):
        if is_open:
            return client.sendall(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 test\r\n\r\n")
        head = b""
        while b"\r\n\r\n" not in head:
            if not (data := client.recv(4096)):
                return None
            head += data
        lines = head.decode().split("\r\n")
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        if f"Proxy-Authorization: Basic {login}" not in lines:
            client.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                           b"Content-Length: 0\r\n\r\n")
            return None
        host, port = lines[0].split()[1].rsplit(":", 1)
        return host, int(port)

    @staticmethod
    def socks(client, is_open=False):
        if is_open:
            return client.sendall(b"\x05\x00\x00\x01" + bytes(6))
        _, count = exactly(client, 2)
        client.sendall(b"\x05\x00" if 0 in exactly(client, count) else b"\x05\xff")
        _, command, _, kind = exactly(client, 4)
        host = exactly(client, 4 if kind == 1 else exactly(client, 1)[0])
        port = int.from_bytes(exactly(client, 2), "big")
        if command != 1:
            return None
        return (host.decode() if kind == 3 else socket.inet_ntoa(host)), port


def exactly(client, count):
    data = b""
    while len(data) < count:
        if not (more := client.recv(count - len(data))):
            raise OSError("closed")
        data += more
    return data


def only_proxies(world, site):
    """Nothing else comes and goes."""
    ports = f"{{ {HTTP[1]}, {SOCKS[1]} }}"
    rules = (f"flush ruleset\ntable inet f {{ chain i {{ type filter hook input priority 0; iifname \"lo\" accept\n"
             f"ip saddr {HOST} tcp sport {ports} accept\n drop\n }}\n"
             f"chain o {{ type filter hook output priority 0; oifname \"lo\" accept\n"
             f"ip daddr {HOST} tcp dport {ports} accept\n drop\n }}\n}}\n")
    done = subprocess.run(["ip", "netns", "exec", world.sites[site], "nft", "-f", "-"], input=rules, text=True,
                          capture_output=True)
    if done.returncode != 0:
        raise Failure(f"nft: {done.stderr.strip()}")


def one_call(world, proxies, call, what, to):
    count = len(proxies.asked)
    call.start(60)
    time.sleep(2)
    before = call.received()
    world.check(f"longest silence at home, {what}", call.gap(time.monotonic(), 5), BACK_WITHIN, "s")
    world.check(f"nothing is heard in the field, {what}", call.received() - before < 1000, 0)
    world.check(f"the proxy was asked for something else, {what}",
                sum(asked != to for asked in proxies.asked[count:]) + (len(proxies.asked) == count), 0)
    call.caller.process.send_signal(signal.SIGINT)
    world.check("exit code", call.caller.wait(30), 0)
    log = call.caller.log.read_text()
    world.check("the password is in what was printed", PASSWORD in log or LOGIN in log, 0)
    call.callee.ask_to_end()
    call.callee.wait(10)


def test(world):
    node = world.program("node", ["farline-node", "--data", world.folder / "node", "--listen", NODE, "--tls-listen",
                                  TLS], netns=world.world)
    invitation = node.line_after("invitation")
    proxies = Proxies(world.world)
    call = Call(world, invitation, babble(world.folder / "babble.wav"))
    only_proxies(world, "field")

    call.words = ("--proxy", f"http://{LOGIN}@{HTTP[0]}:{HTTP[1]}")
    one_call(world, proxies, call, "HTTP with a login", (HOST, 443))
    call.words = ("--proxy", f"socks5://{SOCKS[0]}:{SOCKS[1]}", "--node", f"{NAME}:4747")
    one_call(world, proxies, call, "SOCKS and a name", (NAME, 443))
    os.environ["all_proxy"] = f"socks5://{SOCKS[0]}:{SOCKS[1]}"
    call.words = ()
    one_call(world, proxies, call, "SOCKS of the environment", (HOST, 443))
    del os.environ["all_proxy"]

    late = world.at("field", "late-enroll", "late", "--proxy", f"socks5://{SOCKS[0]}:{SOCKS[1]}", "--node",
                    f"{NAME}:4747", "enroll", invitation, "--name", "late", "--no-passphrase")
    world.check("exit code of an enrolment through a proxy", late.wait(60), 0)
    # It knows its proxy from then on.
    late = world.at("field", "late-run", "late", "run")
    late.event("attached", 60)
    late.end()

    refused = world.at("field", "field-refused", "field", "--proxy", f"http://field:wrong@{HTTP[0]}:{HTTP[1]}", "run")
    said = refused.wait_for("why", lambda: next((event["message"] for event in refused.events if event["event"] ==
                                                 "carrier" and "message" in event), None), 30)
    world.check(f"other words than expected: {said}", said != "the proxy refuses this user and password", 0)
    firewall(world, "field", False)
    refused.event("attached", 60)


if __name__ == "__main__":
    sys.exit(main(test))

#!/usr/bin/env python3
"""Whoever ends TLS between a device and its supernode, with a certificate of his own: he learns and forges nothing."""
import select
import shutil
import socket
import ssl
import subprocess
import threading
import unittest

import programs
from programs import run

NAME = "Canary of the middle"
ALTERED = 1  # datagram each way


class Middle(threading.Thread):
    """Ends TLS of one device after the other and goes on to the node by TLS of his own."""

    def __init__(self, certificate, key, node):
        super().__init__(daemon=True)
        self.accepts = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.accepts.load_cert_chain(certificate, key)
        self.connects = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.connects.check_hostname, self.connects.verify_mode = False, ssl.CERT_NONE
        host, port = node.rsplit(":", 1)
        self.node = (host, int(port))
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.seen, self.altered = b"", {}
        self.start()

    def run(self):
        while True:
            try:
                device, _ = self.listener.accept()
            except OSError:
                return
            try:
                with self.accepts.wrap_socket(device, server_side=True) as one, socket.create_connection(
                        self.node) as other, self.connects.wrap_socket(other) as two:
                    self.stand_between(one, two)
            except OSError:
                pass

    def stand_between(self, device, node):
        rest = {device: b"", node: b""}
        other = {device: node, node: device}
        while True:
            ready = [end for end in rest if end.pending()] or select.select(list(rest), [], [])[0]
            for end in ready:
                data = end.recv(65536)
                if not data:
                    return
                rest[end] += data
                while len(rest[end]) >= 2 and len(rest[end]) >= (size := 2 + int.from_bytes(rest[end][:2], "big")):
                    frame, rest[end] = rest[end][:size], rest[end][size:]
                    self.seen += frame
                    other[end].sendall(self.forge(end is device, frame))

    def forge(self, from_device, frame):
        if self.altered.get(from_device, 0) == ALTERED:
            return frame
        self.altered[from_device] = self.altered.get(from_device, 0) + 1
        return frame[:-1] + bytes([frame[-1] ^ 1])


@unittest.skipUnless(shutil.which("openssl"), "needs openssl, for a certificate")
class Tls(programs.Test):
    def test_who_ends_it_learns_and_forges_nothing(self):
        node = self.start_node("--tls-listen", "127.0.0.1:0")
        invitation = node.line("invitation: ")
        while not (line := node.line()).startswith("tls: "):
            pass
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                        "-subj", "/CN=middle", "-keyout", self.at("key"), "-out", self.at("certificate")], check=True,
                       capture_output=True)
        middle = Middle(self.at("certificate"), self.at("key"), line.split()[1])
        self.addCleanup(middle.listener.close)
        # Nobody answers by UDP there.
        self.check(run("farline-cli", "--profile", self.at("canary"), "--node", "127.0.0.1:1", "--tls", middle.address,
                       "enroll", invitation, "--name", NAME, "--no-passphrase"), 0)
        self.assertEqual(middle.altered, {True: ALTERED, False: ALTERED})  # lost, and sent again
        self.assertGreater(len(middle.seen), 500)
        self.assertNotIn(NAME.encode(), middle.seen)
        self.assertNotIn(NAME.lower().encode(), middle.seen)
        self.assertEqual(run("farline-node", "--data", self.at("node"), "status", "--json").json["devices"], 1)


if __name__ == "__main__":
    programs.main()

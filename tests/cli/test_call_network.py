#!/usr/bin/env python3
"""Calls while the network misbehaves: a new address, a supernode that is killed, strangers who replay what they saw."""
import random
import select
import signal
import socket
import threading
import time

import calls
from calls import PATIENCE


class Tap:
    """Between clients and the supernode, like a watcher of the link: passes every datagram on and keeps a copy."""

    def __init__(self, test, node):
        self.node, self.seen, self.clients, self.over = parse(node), [], {}, False
        self.listener = bound_socket()
        self.address = "127.0.0.1:%d" % self.listener.getsockname()[1]
        self.thread = threading.Thread(target=self.pump)
        self.thread.start()
        test.addCleanup(self.stop)

    def pump(self):
        while not self.over:
            ready, _, _ = select.select([self.listener, *self.clients.values()], [], [], 0.1)
            for each in ready:
                data, source = each.recvfrom(2048)
                if each is self.listener:
                    if source not in self.clients:
                        self.clients[source] = bound_socket()
                    self.seen.append(("up", data))
                    self.clients[source].sendto(data, self.node)
                else:
                    self.seen.append(("down", data))
                    client = next(client for client, upstream in self.clients.items() if upstream is each)
                    self.listener.sendto(data, client)

    def say(self, data):
        """As the supernode says it to every client."""
        for client in list(self.clients):
            self.listener.sendto(data, client)

    def stop(self):
        self.over = True
        self.thread.join()
        for each in (self.listener, *self.clients.values()):
            each.close()


def bound_socket():
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.bind(("127.0.0.1", 0))
    return udp


def parse(address):
    host, port = address.rsplit(":", 1)
    return host, int(port)


class Network(calls.Test):
    def stats_after(self, program, when):
        """A stats event of a call that is being heard, not before `when`."""
        def heard():
            return next((e for e in program.events if e["event"] == "stats" and e["at"] > when and not e["stalled"]
                         and e["wire_rx_bps"] > 0), None)
        return program.wait_for("stats of a living call", heard, PATIENCE)

    def test_a_new_address_in_the_call(self):
        link = self.stage.link("link", "clean,rate=64k,delay_ms=30", self.node.address, "--at", "9", "rebind")
        self.enroll("ana", node=link.address)
        self.enroll("ben")
        self.run_("ben", "--answer", "auto")
        ana = self.cli("ana", "call", "ben", "--duration", 18)
        ana.event("connected", PATIENCE)
        self.assertLess(time.monotonic(), link.start + 9, "the machine is too slow for this test")
        self.assertEqual(self.code(ana), 0)
        self.assertEqual(ana.last("ended")["reason"], "hung-up")
        late = [e for e in ana.events if e["event"] == "stats" and e["at"] > link.start + 9 + 6]
        self.assertTrue(late)
        self.assertTrue(all(e["wire_rx_bps"] > 0 and e["loss"] == 0 for e in late), late)

    def test_a_supernode_that_is_killed(self):
        self.enroll("ana", "ben")
        runs = [self.run_(name, "--answer", "auto") for name in ("ana", "ben")]
        self.node.process.send_signal(signal.SIGKILL)
        self.node.wait(PATIENCE)
        self.stage.node(self.node.address, name="node-again")
        for program in runs:
            program.event("attached", PATIENCE + 30, nth=1)
        self.assertEqual(self.code(self.cli("ana", "call", "ben", "--duration", 2)), 0)

    def test_three_calls_at_once(self):
        names = [f"person{number}" for number in range(6)]
        self.enroll(*names)
        for name in names[:3]:
            self.run_(name, "--answer", "auto")
        callers = [self.cli(caller, "call", callee, "--duration", 5)
                   for caller, callee in zip(names[3:], names[:3])]
        for caller in callers:
            self.assertEqual(self.code(caller), 0)
            self.assertGreater(caller.last("stats")["wire_rx_bps"], 0)


class Strangers(calls.Test):
    def setUp(self):
        super().setUp()
        self.tap = Tap(self, self.node.address)
        self.enroll("ana", node=self.tap.address)
        self.enroll("ben")
        self.ben = self.run_("ben", "--answer", "auto")
        self.ana = self.cli("ana", "call", "ben", "--duration", 12)
        self.ana.event("connected", PATIENCE)
        time.sleep(2)

    def tearDown(self):
        """Whatever was sent, the call goes on, nobody rings again, and the supernode is well."""
        self.assertEqual(self.code(self.ana), 0)
        self.assertEqual(self.ana.last("ended")["reason"], "hung-up")
        self.assertEqual(self.ana.last("stats")["loss"], 0)
        self.assertEqual(len([e for e in self.ben.events if e["event"] == "incoming"]), 1)
        self.assertIsNone(self.node.process.poll())

    def answers(self, datagrams):
        """What the supernode sends back to a stranger."""
        with bound_socket() as stranger:
            stranger.settimeout(0.3)
            got = []
            for data in datagrams:
                stranger.sendto(data, parse(self.node.address))
                time.sleep(0.002)
            try:
                while True:
                    got.append(stranger.recv(2048))
            except TimeoutError:
                return got

    def test_replays_get_at_most_what_they_asked_with(self):
        for way in ("up", "down"):
            replayed = [data for seen, data in self.tap.seen if seen == way]
            answers = self.answers(replayed)
            # A repetition of the last initiation gets the same response again; media from a new address one challenge.
            self.assertLessEqual(len(answers), 4, [answer.hex() for answer in answers])
            self.assertLessEqual(max(map(len, answers), default=0), max(map(len, replayed)))
            self.assertLessEqual(sum(map(len, answers)), sum(map(len, replayed)))

    def test_damaged_and_cut_packets_get_nothing(self):
        dice = random.Random(5)
        damaged = []
        for _, data in self.tap.seen[:60]:
            for _ in range(4):
                flipped = bytearray(data)
                flipped[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
                damaged.append(bytes(flipped))
                damaged.append(data[:dice.randrange(len(data))])
        self.assertEqual(self.answers(damaged), [])

    def test_garbage_gets_nothing(self):
        dice = random.Random(6)
        self.assertEqual(self.answers(
            [bytes([dice.choice((1, 2, 3, 4, 0x10, 0x12, 0x14, 0x15, 0x20, dice.randrange(256)))]) +
             dice.randbytes(dice.randrange(400)) for _ in range(2000)]), [])

    def test_clients_stand_replays_too(self):
        for _, data in list(self.tap.seen):
            self.tap.say(data)
            time.sleep(0.002)


if __name__ == "__main__":
    calls.main()

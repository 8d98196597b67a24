#!/usr/bin/env python3
"""Calls while the network misbehaves: a new address, a supernode that is gone, strangers who replay what they saw."""
import random
import select
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
        field, home = self.talk()
        self.run_("ben", "--answer", "auto", *home)
        ana = self.cli("ana", "call", "ben", "--duration", 18, *field)
        ana.event("connected", PATIENCE)
        self.assertLess(time.monotonic(), link.start + 9, "the machine is too slow for this test")
        self.assertEqual(self.code(ana), 0)
        self.assertEqual(ana.last("ended")["reason"], "hung-up")
        late = [e for e in ana.events if e["event"] == "stats" and e["at"] > link.start + 9 + 6]
        self.assertTrue(late)
        self.assertTrue(all(e["wire_rx_bps"] > 0 and e["loss"] == 0 for e in late), late)

    def test_a_supernode_that_is_started_again(self):
        self.enroll("ana", "ben")
        runs = [self.run_(name, "--answer", "auto") for name in ("ana", "ben")]
        self.node.end()
        self.stage.node(self.node.address, name="node-again")
        for program in runs:
            program.event("detached", PATIENCE)
            program.event("attached", PATIENCE, nth=1)
        self.assertEqual(self.code(self.cli("ana", "call", "ben", "--duration", 2)), 0)

    def test_no_supernode(self):
        self.enroll("ana")
        self.node.end()
        ana = self.cli("ana", "call", "ben")
        self.assertEqual(ana.wait(PATIENCE + 60), 69)
        self.assertEqual(ana.last("error")["code"], 69)

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
    """One call; everything in it is seen, and then said again by somebody else, whole, damaged and cut."""
    CHALLENGE_BYTES = 28  # media on a live channel from a new address causes one, at most one a second

    def test_nothing_is_gained(self):
        tap = Tap(self, self.node.address)
        self.enroll("ana", node=tap.address)
        self.enroll("ben")
        field, home = self.talk()
        ben = self.run_("ben", "--answer", "auto", *home)
        ana = self.cli("ana", "call", "ben", "--duration", 12, *field)
        ana.event("connected", PATIENCE)
        time.sleep(3)
        seen, dice = list(tap.seen), random.Random(5)
        self.replays(seen)
        self.damaged(seen, dice)
        self.only_challenges(self.answers(garbage(dice) for _ in range(1000)))  # should it hit a live channel
        for _, data in seen:
            tap.say(data)
            time.sleep(0.001)
        self.assertIsNone(ana.process.poll(), "the call was over before everything was said")

        # The call goes on, nobody rings again, and the supernode is well.
        self.assertEqual(self.code(ana), 0)
        self.assertEqual(ana.last("ended")["reason"], "hung-up")
        self.assertEqual(ana.last("stats")["loss"], 0)
        self.assertEqual(ben.event("ended", PATIENCE)["reason"], "peer-hung-up")
        self.assertEqual(len([event for event in ben.events if event["event"] == "incoming"]), 1)
        self.assertIsNone(self.node.process.poll())

    def replays(self, seen):
        for way in ("up", "down"):
            replayed = [data for other, data in seen if other == way]
            answers = self.answers(replayed)
            # The last initiation gets its response again.
            others = [answer for answer in answers if answer[0] != 2]
            self.assertLessEqual(len(answers) - len(others), 1)
            self.only_challenges(others)

    def damaged(self, seen, dice):
        packets = []
        for _, data in seen[:60]:
            for _ in range(4):
                flipped = bytearray(data)
                flipped[dice.randrange(len(data))] ^= 1 << dice.randrange(8)
                packets += [bytes(flipped), data[:dice.randrange(len(data))]]
        self.only_challenges(self.answers(packets))
        self.assertEqual(self.answers(packet for packet in packets if len(packet) < self.CHALLENGE_BYTES), [])

    def only_challenges(self, answers):
        self.assertLessEqual(len(answers), 3, [answer.hex() for answer in answers])
        for answer in answers:
            self.assertEqual((answer[0] & 0xfe, len(answer)), (0x10, self.CHALLENGE_BYTES))

    def answers(self, datagrams):
        """What the supernode sends back to a stranger who says these."""
        with bound_socket() as stranger:
            stranger.settimeout(0.3)
            got = []
            for data in datagrams:
                stranger.sendto(data, parse(self.node.address))
                time.sleep(0.001)
            try:
                while True:
                    got.append(stranger.recv(2048))
            except TimeoutError:
                return got


def garbage(dice):
    kind = dice.choice((1, 2, 3, 4, 0x10, 0x12, 0x14, 0x15, 0x20, dice.randrange(256)))
    return bytes([kind]) + dice.randbytes(dice.randrange(400))


if __name__ == "__main__":
    calls.main()

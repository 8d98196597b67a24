"""A NAT64 (RFC 6146, 7915) of one IPv4 address for UDP and TCP, between the two ends of a TUN device in a namespace."""
import fcntl
import socket
import struct
import threading

from topology import in_namespace, ip

TUNSETIFF, IFF_TUN, IFF_NO_PI = 0x400454ca, 1, 0x1000
PREFIX = socket.inet_pton(socket.AF_INET6, "64:ff9b::")[:12]
TCP, UDP = 6, 17


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


class Nat64(threading.Thread):
    """Routes: 64:ff9b::/96 and `address` lead to the device. Mappings do not depend on the endpoint, and all are let
    in. `translated` counts packets out and in."""

    def __init__(self, namespace, address):
        super().__init__(daemon=True)
        self.own, self.ports, self.insides, self.translated = socket.inet_aton(address), {}, {}, [0, 0]
        with in_namespace(namespace):
            self.tun = open("/dev/net/tun", "r+b", buffering=0)
            fcntl.ioctl(self.tun, TUNSETIFF, struct.pack("16sH", b"nat64", IFF_TUN | IFF_NO_PI))
        ip("-n", namespace, "link", "set", "nat64", "up")
        ip("-n", namespace, "-6", "route", "add", "64:ff9b::/96", "dev", "nat64")
        ip("-n", namespace, "route", "add", f"{address}/32", "dev", "nat64")
        self.start()

    def run(self):
        while True:
            try:
                packet = self.tun.read(65536)
            except OSError:  # the device goes with its namespace
                return
            other = (self.out(packet) if packet[0] >> 4 == 6 else self.back(packet)) if len(packet) >= 28 else None
            if other:
                self.translated[packet[0] >> 4 == 4] += 1
                self.tun.write(other)

    def out(self, packet):
        protocol, inside, to, body = packet[6], packet[8:24], packet[24:40], packet[40:]
        if protocol not in (TCP, UDP) or to[:12] != PREFIX or len(body) < 8:
            return None
        key = (protocol, inside, body[:2])
        if key not in self.ports:
            self.ports[key] = struct.pack(">H", 20000 + len(self.ports))
            self.insides[protocol, self.ports[key]] = inside, body[:2]
        ends = self.own + to[12:]
        body = summed(protocol, ends, self.ports[key] + body[2:])
        header = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0x4000, 63, protocol, 0) + ends
        return header[:10] + struct.pack(">H", checksum(header)) + header[12:] + body

    def back(self, packet):
        protocol, source, body = packet[9], packet[12:16], packet[20:struct.unpack(">H", packet[2:4])[0]]
        inside, port = self.insides.get((protocol, body[2:4]), (None, None))
        if not inside:
            return None
        ends = PREFIX + source + inside
        body = summed(protocol, ends, body[:2] + port + body[4:])
        return struct.pack(">IHBB", 6 << 28, len(body), protocol, 63) + ends + body


def summed(protocol, ends, body):
    at = 16 if protocol == TCP else 6
    body = body[:at] + b"\0\0" + body[at + 2:]
    pseudo = ends + struct.pack(">II", len(body), protocol)
    return body[:at] + struct.pack(">H", checksum(pseudo + body) or 0xffff) + body[at + 2:]

#!/usr/bin/env python3
"""Reads the vectors beside this file with nothing but docs/PROTOCOL.md and the algorithms it names (primitives.py), and
recomputes every byte that can be computed. Prints a count for each file; stops at the first difference."""
import base64
import json
import pathlib
import sys
import zlib

import cbor_strict
from primitives import (aes_ctr, ccm_tag, chacha_open, chacha_seal, ecdsa_verify, hkdf_expand, hkdf_extract,
                        hmac_sha256, Noise, noise_nonce, noise_rekey, sha256, x25519_public)

DAY = 86400
HEX_FIELDS_ARE_TEXT = ("kind", "about", "from", "name", "folded", "site", "text", "host", "keys",
                       "external_aad")


class Vector(dict):
    """A JSON object whose hexadecimal fields read as bytes."""

    def __getitem__(self, key):
        value = super().__getitem__(key)
        if key in HEX_FIELDS_ARE_TEXT or isinstance(value, (bool, int)):
            return value
        return [bytes.fromhex(v) for v in value] if isinstance(value, list) else bytes.fromhex(value)


def expect(got, wanted):
    if got != wanted:
        show = (lambda x: x.hex() if isinstance(x, bytes) else x)
        raise ValueError(f"got {show(got)}, wanted {show(wanted)}")


def fields(data, *sizes):
    """Cuts fields of these sizes off `data`; the last piece is what remains."""
    out = []
    for size in sizes:
        if len(data) < size:
            raise ValueError("too short")
        out.append(data[:size])
        data = data[size:]
    return out + [data]


def number(data):
    return int.from_bytes(data, "big")


def address(data):
    """An address, and what follows it."""
    family, rest = fields(data, 1)
    ip, port, rest = fields(rest, {4: 4, 6: 16}[family[0]], 2)
    return (ip, number(port)), rest


# --- 1.1 to 1.3 Handshakes ---

def attach_noise(v):
    client, node = v["client_secret"], v["node_secret"]
    expect(x25519_public(client), v["client_public"])
    expect(x25519_public(node), v["node_public"])
    return Noise(b"Noise_IK_25519_ChaChaPoly_SHA256", b"farline 1 attach", (client, v["client_ephemeral_secret"]),
                 (node, v["node_ephemeral_secret"]), [v["node_public"]])


def mac1(v, covered):
    return hmac_sha256(sha256(b"farline mac1" + v["node_public"]), covered)[:8]


def handshake(v):
    noise = attach_noise(v)
    payload = v["initiation_payload"]
    if payload[0] == 2:
        kind, token, counter, rest = fields(payload, 1, 16, 8)
        expect((token, number(counter), rest), (v["token"], v["counter"], b""))
    else:
        kind, hash_, counter, *policy, platform, version, capabilities, certificate = fields(payload, 1, 8, 8, 4, 4, 1,
                                                                                             4, 2)
        expect((hash_, number(counter), [number(p) for p in policy]),
               (v["certificate_hash"], v["counter"], [v["policy_generation"], v["policy_serial"]]))
        expect((number(platform), number(version), number(capabilities)),
               (v["platform"], v["version"], v["capabilities"]))
        expect(certificate, v["certificate"])
        expect(kind[0], 1 if certificate else 0)
    initiation = b"\x01" + v["client_index"].to_bytes(3, "big") + noise.message("i", ["e", "es", "s", "ss"], payload)
    expect(initiation + mac1(v, initiation), v["initiation"])

    answer = (bytes([v["status"]]) + v["time"].to_bytes(5, "big")
              + v["node_generation"].to_bytes(4, "big") + v["node_serial"].to_bytes(4, "big")
              + v["spread"].to_bytes(2, "big") + v["node_capabilities"].to_bytes(2, "big")
              + bytes([{4: 4, 16: 6}[len(v["ip"])]]) + v["ip"] + v["port"].to_bytes(2, "big"))
    response = (b"\x02" + v["node_index"].to_bytes(3, "big") + v["client_index"].to_bytes(3, "big")
                + noise.message("r", ["e", "ee", "se"], answer))
    expect(response, v["response"])
    expect(noise.hash, v["handshake_hash"])
    expect(noise.split(), (v["client_to_node"], v["node_to_client"], v["exporter"]))


def cookie(v):
    question, again = v["initiation"], v["initiation_with_cookie"]
    expect(question[4:-8], attach_noise(v).message("i", ["e", "es", "s", "ss"], v["initiation_payload"]))
    expect(mac1(v, question[:-8]), question[-8:])
    kind, receiver, nonce, sealed = fields(v["cookie_reply"], 1, 3, 12)
    expect((kind, receiver), (b"\x03", question[1:4]))
    opened = chacha_open(sha256(b"farline cookie" + v["node_public"]), nonce, question[-8:], sealed)
    expect(opened, v["cookie"])
    expect(again[:1] + again[1:-16], b"\x04" + question[1:-8])
    expect(again[-16:-8], mac1(v, again[:-16]))
    expect(again[-8:], hmac_sha256(opened, again[:-8])[:8])
    expect(len(v["cookie_reply"]) < len(question), True)


def busy(v):
    kind, receiver, nonce, sealed = fields(v["busy"], 1, 3, 12)
    expect((kind, receiver), (b"\x05", v["initiation"][1:4]))
    opened = chacha_open(sha256(b"farline busy" + v["node_public"]), nonce, v["initiation"][-8:], sealed)
    expect(opened, bytes([v["seconds"]]))


# --- 1.4, 1.5 Records and keepalives ---

class Records:
    """What a receiver remembers of each direction."""

    def __init__(self):
        self.highest = {}
        self.key = {}

    def control_record(self, v):
        side, datagram = v["from"], v["datagram"]
        phase, key = self.key.get(side, (0, v["key"]))
        if datagram[0] & 2:
            header, sealed = datagram[:12], datagram[12:]
            counter = number(header[4:])
        else:
            header, sealed = datagram[:3], datagram[3:]
            expected = self.highest.get(side, -1) + 1
            counter = min((expected // 65536 * 65536 + turn * 65536 + number(header[1:]) for turn in (-1, 0, 1)),
                          key=lambda c: (c < 0, abs(c - expected)))
        expect(header[0] in (0x10, 0x11, 0x12, 0x13), True)
        if header[0] & 1 != phase:
            phase, key = 1 - phase, noise_rekey(key)
        expect(chacha_open(key, noise_nonce(counter), header, sealed), v["message"])
        expect(counter > self.highest.get(side, -1), True)
        self.highest[side], self.key[side] = counter, (phase, key)

    def keepalive(self, v):
        side, datagram = v["from"], v["datagram"]
        more = 1 if "silence" in v else 0
        kind, receiver, counter, silence, tag = fields(datagram, 1, 3, 1, more)
        expect(kind[0], {"keepalive": 0x14, "answer wanted": 0x15, "answer": 0x16, "patience question": 0x18,
                         "patience answer": 0x19}[v["about"]])
        if more:
            expect(silence[0], v["silence"])
        expect(number(receiver), v["receiver_index"])
        keys = hkdf_expand(v["exporter"], b"farline keepalive", 32)
        key = keys[:16] if side == "client" else keys[16:]
        expect(ccm_tag(key, bytes(5) + number(counter).to_bytes(8, "big"), datagram[:-8]), tag)


# --- 2 Control messages ---

def list_of(rest, entry):
    out = []
    while rest:
        item, rest = entry(rest)
        out.append(item)
    return out


def sized(data):
    size, rest = fields(data, 2)
    certificate, rest = fields(rest, number(size))
    return certificate, rest


def lookup_result(data):
    def device(rest):
        state, rest = fields(rest, 1)
        certificate, rest = sized(rest)
        return (state, certificate), rest

    request, status, rest = fields(data, 1, 1)
    devices = list_of(rest, device)
    return {"request": request, "status": status, "states": b"".join(d[0] for d in devices),
            "certificates": [d[1] for d in devices]}


def enrolled(data):
    if data[0] != 0:
        return {"status": data}
    status, root_key, count, rest = fields(data, 1, 33, 1)
    certificates = list_of(rest, sized)
    expect(len(certificates), count[0])
    return {"status": status, "root_key": root_key, "certificates": certificates}


def enrol(data):
    size, rest = fields(data, 1)
    name, key, signature, rest = fields(rest, size[0], 33, 64)
    expect(rest, b"")
    return {"name": name, "signing_key": key, "signature": signature}


def own_address(data):
    (ip, port), rest = address(data)
    expect(rest, b"")
    return {"ip": ip, "port": port.to_bytes(2, "big")}


def call_failed(data):
    by_policy = data[4] == 5
    call, reason, *more, rest = fields(data, 4, 1, *([1, 5] if by_policy else []))
    expect(rest, b"")
    return {"call": call, "reason": reason} | (dict(zip(("rule", "until"), more)))


def mail_put(data):
    number_, head, rest = fields(data, 1, 1)
    recipients, sealed = fields(rest, 8 * (head[0] & 0x7f))
    return {"number": number_, "keep": bytes([0 if head[0] & 0x80 else 1]), "recipients": recipients,
            "sealed": sealed}


def mail(data):
    number_, left, rest = fields(data, 1, 2)
    senders, sealed = [], []
    while rest:
        head, rest = fields(rest, 2)
        if number(head) & 0x8000:
            sender, rest = fields(rest, 8)
        message, rest = fields(rest, number(head) & 0x7fff)
        senders.append(sender)
        sealed.append(message)
    return {"number": number_, "left": left, "senders": senders, "sealed": sealed}


CHANNEL_SEALED = [("channel", 2), ("sealed", None)]
CONTROL = {  # (name, sender) -> type, fields; None: to the end
    ("PATH_CHALLENGE", "node"): (0x01, [("nonce", 8)]),
    ("PATH_RESPONSE", "client"): (0x02, [("nonce", 8)]),
    ("OWN_ADDRESS", "node"): (0x04, own_address),
    ("DETACH", "client"): (0x03, [("reason", 1)]),
    ("DETACH", "node"): (0x03, [("reason", 1)]),
    ("LOOKUP", "client"): (0x10, [("request", 1), ("name", None)]),
    ("LOOKUP_RESULT", "node"): (0x11, lookup_result),
    ("CERTIFICATE_WANTED", "client"): (0x12, [("by", 1), ("id", 8)]),
    ("CERTIFICATE", "node"): (0x13, [("by", 1), ("id", 8), ("certificate", None)]),
    ("ENROL", "client"): (0x14, enrol),
    ("ENROLLED", "node"): (0x15, enrolled),
    ("INVITE", "client"): (0x20, [("device", 8), ("call", 4), ("rate", 1), ("known_devices", 1), ("noise", None)]),
    ("INCOMING", "node"): (0x21, [("device", 8), ("call", 4), ("channel", 2), ("rate", 1), ("noise", None)]),
    ("RINGING", "client"): (0x22, [("channel", 2), ("noise", None)]),
    ("RINGING", "node"): (0x22, [("call", 4), ("channel", 2), ("noise", None)]),
    ("CONFIRM", "client"): (0x23, CHANNEL_SEALED),
    ("ANSWER", "client"): (0x24, CHANNEL_SEALED),
    ("HANGUP", "client"): (0x25, CHANNEL_SEALED),
    ("HANGUP_ACK", "client"): (0x26, [("channel", 2)]),
    ("CANCEL", "client"): (0x27, [("call", 4)]),
    ("CANCELLED", "node"): (0x28, [("channel", 2)]),
    ("CALL_FAILED", "node"): (0x29, call_failed),
    ("CHANNEL_UNKNOWN", "node"): (0x2a, [("channel", 2)]),
    ("CALL_CLOSING", "node"): (0x2b, [("channel", 2), ("rule", 1), ("seconds", 2)]),
    ("POLICY_NEWS", "client"): (0x30, [("generation", 4), ("serial", 4)]),
    ("POLICY_WANTED", "client"): (0x31, [("generation", 4), ("serial", 4), ("base", 8), ("offset", 4), ("most", 2)]),
    ("POLICY_PART", "node"): (0x32, [("generation", 4), ("serial", 4), ("form", 1), ("total", 4), ("offset", 4),
                                     ("bytes", None)]),
    ("BUILD", "client"): (0x33, [("hash", 16)]),
    ("PASS_WANTED", "client"): (0x34, []),
    ("PASS", "node"): (0x35, [("pass", None)]),
    ("AUDIT", "client"): (0x36, [("report", None)]),
    ("AUDIT_ACK", "node"): (0x37, [("number", 4)]),
    ("RENEW", "client"): (0x38, []),
    ("BREAK_GLASS", "client"): (0x39, [("code", 10)]),
    ("GLASS_ANSWER", "node"): (0x3a, [("status", 1), ("until", 5)]),
    ("LINK_PROBE", "client"): (0x40, [("number", 1), ("wanted", 2), ("zeros", None)]),
    ("LINK_ANSWER", "node"): (0x41, [("number", 1), ("arrived", 4), ("zeros", None)]),
    ("MAIL_PUT", "client"): (0x58, mail_put),
    ("MAIL_STORED", "node"): (0x59, [("numbers", None)]),
    ("MAIL_REFUSED", "node"): (0x5a, [("number", 1), ("reason", 1), ("again", 2), ("recipients", None)]),
    ("MAIL", "node"): (0x5b, mail),
    ("PRESENCE", "client"): (0x50, [("presence", 64)]),
    ("PRESENCE_WANTED", "node"): (0x51, []),
    ("MAIL_TAKEN", "client"): (0x5c, [("number", 1), ("most", 2)]),
}


def control_message(v):
    type_, layout = CONTROL[v["about"], v["from"]]
    message = v["message"]
    expect(message[0], type_)
    if callable(layout):
        read = layout(message[1:])
    else:
        sizes = [size for _, size in layout if size is not None]
        pieces = fields(message[1:], *sizes)
        read = {name: piece for (name, _), piece in zip(layout, pieces)}
        if len(sizes) == len(layout):
            expect(pieces[-1], b"")
    for name, value in read.items():
        if name == "signature":
            covered = b"farline enrol" + v["handshake_hash"] + v["name"].encode() + v["signing_key"]
            expect(ecdsa_verify(v["signing_key"], covered, value), True)
        elif name == "name":
            expect(value.decode(), v["name"])
        elif isinstance(v[name], int):
            expect(number(value), v[name])
        else:
            expect(value, v[name])


# --- 3, 4 Calls and media ---

class Calls:
    def call(self, v):
        self.keys = {}
        secrets = [(v[side + "_secret"], v[side + "_ephemeral_secret"]) for side in ("caller", "callee")]
        publics = [x25519_public(static) for static, _ in secrets]
        expect([sha256(public)[:8] for public in publics], [v["caller_device"], v["callee_device"]])
        prologue = b"farline 1 call" + v["call"].to_bytes(4, "big") + v["caller_device"] + v["callee_device"]
        noise = Noise(b"Noise_KK_25519_ChaChaPoly_SHA256", prologue, *secrets, publics)
        payload1 = (v["counter"].to_bytes(4, "big") + v["caller_capabilities"].to_bytes(2, "big")
                    + v["caller_receive"].to_bytes(2, "big") + bytes([v["streams"], v["caller_round_trip"]])
                    + v["caller_policy"].to_bytes(8, "big"))
        expect(noise.message("i", ["e", "es", "ss"], payload1), v["message1"])
        payload2 = (bytes([v["status"]]) + v["callee_capabilities"].to_bytes(2, "big")
                    + v["callee_receive"].to_bytes(2, "big") + bytes([v["streams"], v["callee_round_trip"]])
                    + v["callee_policy"].to_bytes(8, "big"))
        expect(noise.message("r", ["e", "ee", "se"], payload2), v["message2"])
        expect(noise.hash, v["handshake_hash"])
        self.keys["caller"], self.keys["callee"], self.exporter = noise.split()
        expect((self.keys["caller"], self.keys["callee"]), (v["caller_to_callee"], v["callee_to_caller"]))
        expect(self.exporter, v["exporter"])

    def signal(self, v):
        counter, sealed = fields(v["sealed"], 1)
        type_ = {"CONFIRM": 0x23, "ANSWER": 0x24, "HANGUP": 0x25}[v["about"]]
        expect(counter[0], type_ - 0x23)
        plain = chacha_open(self.keys[v["from"]], noise_nonce(counter[0]), bytes([type_]), sealed)
        expect(plain, v["payload"])
        expect(len(plain), {0x23: 0, 0x24: 3, 0x25: 1}[type_])

    def media(self, v, first_kid=0):
        """Builds the datagram again."""
        kid = first_kid + (0 if v["from"] == "caller" else 1)
        base_key = hkdf_expand(self.exporter, b"farline media" + bytes([kid]), 16)
        info = kid.to_bytes(8, "big") + (2).to_bytes(2, "big")  # RFC 9605 section 4.4.2
        secret = hkdf_extract(b"", base_key)
        key = hkdf_expand(secret, b"SFrame 1.0 Secret key " + info, 48)
        salt = hkdf_expand(secret, b"SFrame 1.0 Secret salt " + info, 12)
        ctr = v["ctr"]
        if ctr < 8:
            header = bytes([kid << 4 | ctr])
        else:
            size = (ctr.bit_length() + 7) // 8
            header = bytes([kid << 4 | 8 | size - 1]) + ctr.to_bytes(size, "big")
        nonce = bytes(a ^ b for a, b in zip(ctr.to_bytes(12, "big"), salt))
        ciphertext = aes_ctr(key[:16], nonce + bytes(4), v["payload"])
        lengths = b"".join(n.to_bytes(8, "big") for n in (len(header), len(ciphertext), 8))
        tag = hmac_sha256(key[16:], lengths + nonce + header + ciphertext)[:8]
        expect(b"\x20" + v["channel"].to_bytes(2, "big") + header + ciphertext + tag, v["datagram"])

    def keypad(self, v):
        codes = ["0123456789*#ABCD".index(key) for key in v["keys"]]
        codes += [0] * (8 - len(codes))
        halves = bytes(codes[i] << 4 | codes[i + 1] for i in range(0, 8, 2))
        expect(bytes([0xd2, v["heard"], v["first"], len(v["keys"])]) + halves, v["payload"])

    def path_message(self, v):
        self.media(v, 2)
        flags, rest = fields(v["payload"], 1)
        for bit, name in ((1, "question"), (2, "answer")):
            expect(bool(flags[0] & bit), name in v)
            if flags[0] & bit:
                got, rest = fields(rest, 1)
                expect(got[0], v[name])
        expect(bool(flags[0] & 8), "pass" in v)
        if flags[0] & 8:
            size, rest = fields(rest, 1)
            shown, rest = fields(rest, size[0])
            expect(shown, v["pass"])
        expect(bool(flags[0] & 4), "addresses" in v)
        if flags[0] & 4:
            listed = [(data[:-2], number(data[-2:])) for data in v["addresses"]]
            expect(list_of(rest, address), listed)
            expect(len(listed) <= 2, True)
        else:
            expect(rest, b"")
        expect(flags[0] in range(1, 16), True)

    def passed(self, v):
        sign1 = cbor_strict.decode(v["encoded"])
        expect((sign1.number, len(v["encoded"])), (18, 103))
        protected, unprotected, payload, signature = sign1.item
        expect((cbor_strict.decode(protected), unprotected), ({1: -7, 4: v["issuer"]}, {}))
        expect(cbor_strict.decode(payload), {4: v["expires"], 8: {3: v["device"]}})
        signed = cbor_strict.encode(["Signature1", protected, b"farline pass", payload])
        expect(ecdsa_verify(v["issuer_key"], signed, signature), True)


# --- 5 Voice payload ---

CODEC2_BITS = {0: 28, 1: 48, 2: 64, 3: 48, 4: 64}


def codec2_frames(bits, data, count=None):
    """Frames padded to whole bytes; all that fit, or `count`."""
    stream = "".join(f"{byte:08b}" for byte in data)
    count = len(stream) // bits if count is None else count
    expect(set(stream[count * bits:]) <= {"0"} and 0 <= len(stream) - count * bits < 8, True)
    frames = []
    for i in range(count):
        text = stream[i * bits:(i + 1) * bits]
        text += "0" * (-len(text) % 8)
        frames.append(bytes(int(text[j:j + 8], 2) for j in range(0, len(text), 8)))
    return frames


def opus_frames(data):
    frames = []
    toc, rest = fields(data, 1)
    while rest and rest[0] != 0:
        size, rest = fields(rest, 1)
        size = size[0]
        if size >= 252:  # RFC 6716 section 3.2.1
            second, rest = fields(rest, 1)
            size += 4 * second[0]
        frame, rest = fields(rest, size)
        frames.append(toc + frame)
    expect(set(rest) <= {0}, True)
    return frames


def report(v, flags, rest):
    expect(bool(flags & 4), "report_counter" in v)
    if flags & 4:
        counter, bits, rest = fields(rest, 1, 3)
        bits = number(bits)
        expect((counter[0], bits >> 18, bits >> 13 & 31, bits >> 6 & 127, bits & 63),
               (v["report_counter"], v["report_held"], v["report_received"], v["report_arrival"], v["report_capacity"]))
    return rest


def voice_payload(v):
    first, timestamp, rest = fields(v["payload"], 1, 2)
    codec, flags = first[0] >> 4, first[0] & 15
    expect((codec, bool(flags & 8), bool(flags & 1), number(timestamp)),
           (v["codec"], v["spurt_start"], v["pair"], v["timestamp"]))
    rest = report(v, flags, rest)
    expect(bool(flags & 2), "copy_frames" in v)
    if flags & 2:
        head, back, rest = fields(rest, 1, 1)
        copied, count = head[0] >> 7, head[0] & 127
        data, rest = fields(rest, (count * CODEC2_BITS[copied] + 7) // 8)
        expect((copied, back[0], 1 <= count <= 25, 2 * count <= back[0]), (v["copy_codec"], v["copy_back"], True, True))
        expect(codec2_frames(CODEC2_BITS[copied], data, count), v["copy_frames"])
    if codec == 15:
        expect((flags & 10, len(rest), rest[0]), (0, 1, v["level"]))
    elif not rest:
        expect((flags & 10, bool(flags & 5), v["frames"]), (0, True, []))
    elif codec in CODEC2_BITS:
        expect(codec2_frames(CODEC2_BITS[codec], rest), v["frames"])
    else:
        expect(opus_frames(rest), v["frames"])


def stream_payload(v):
    first, rest = fields(v["payload"], 1)
    flags = first[0] & 15
    expect((first[0] >> 4, bool(flags & 2), flags & 8), (14, v["last"], 0))
    rest = report(v, flags, rest)
    if flags & 1:
        until, rest = fields(rest, 4)
        ranges = [rest[i:i + 8] for i in range(0, len(rest), 8)]
        expect((number(until), ranges, len(ranges) <= 8), (v["until"], v["ranges"], True))
        known = number(until)
        for begin, end in ((number(r[:4]), number(r[4:])) for r in ranges):
            expect(known < begin < end, True)
            known = end
    else:
        offset, data = fields(rest, 4)
        expect((number(offset), data, len(data) > 0), (v["offset"], v["bytes"], True))


def capacity(v):
    """floor(600 * 2^((k-1)/5)), exactly: n^5 <= 600^5 * 2^(k-1) < (n+1)^5."""
    n = v["bps"]
    expect(n ** 5 <= 600 ** 5 * 2 ** (v["level"] - 1) < (n + 1) ** 5, True)


# --- 6 Identities ---

def check_name(name):
    """The folded name, or ValueError."""
    if not 1 <= len(name.encode()) <= 64 or name != name.strip(" "):
        raise ValueError("size or space")
    for c in map(ord, name):
        if c < 0x20 or 0x7f <= c <= 0x9f or c in (0x2028, 0x2029) or 0x202a <= c <= 0x202e or 0x2066 <= c <= 0x2069:
            raise ValueError("control character")
    if name.count("@") > 1 or name.startswith("@") or name.endswith("@"):
        raise ValueError("not name@site")
    return "".join(chr(ord(c) + 32) if "A" <= c <= "Z" else c for c in name)


def name(v):
    try:
        folded = check_name(v["name"])
    except ValueError:
        folded = None
    expect((folded is not None, folded), (v["valid"], v.get("folded")))


def cbor(v):
    try:
        cbor_strict.decode(v["encoded"])
    except cbor_strict.Refused:
        expect(v["valid"], False)
    else:
        expect(v["valid"], True)


def parse_certificate(encoded):
    if len(encoded) > 512:
        raise ValueError("too long")
    sign1 = cbor_strict.decode(encoded)
    if not (isinstance(sign1, cbor_strict.Tag) and sign1.number == 18 and len(sign1.item) == 4):
        raise ValueError("no COSE_Sign1")
    protected, unprotected, payload, signature = sign1.item
    header = cbor_strict.decode(protected)
    claims = cbor_strict.decode(payload)
    expect((set(header), header[1], len(header[4]), unprotected), ({1, 4}, -7, 8, {}))
    rights = claims[-65537]
    out = {"issuer": header[4], "name": claims[2], "expires": claims[4], "issued": claims[6], "role": rights[0],
           "signing_key": rights[1], "signature": signature,
           "signed": cbor_strict.encode(["Signature1", protected, b"farline certificate", payload])}
    if rights[0] == 3:
        expect(set(claims), {2, 4, 6, -65537})
        out["site"], out["roles"], out["days"] = rights[2:]
        if out["site"]:
            check_name(out["site"])
            expect("@" in out["site"], False)
        expect(out["roles"] < 256 and out["days"] < 65536, True)
    else:
        expect((set(claims), rights[0] in (1, 2)), ({2, 4, 6, 8, -65537}, True))
        expect(rights[2:] in ([[], [1], [2], [3], [4]] if rights[0] == 1 else [[]]), True)
        if rights[0] == 1:
            out["person"] = rights[2] if len(rights) == 3 else 0
        key = claims[8]
        expect((set(key), set(key[1]), key[1][1], key[1][-1], len(key[1][-2])), ({1}, {1, -1, -2}, 1, 4, 32))
        out["static_key"] = key[1][-2]
    check_name(out["name"])
    expect(out["issued"] < out["expires"] and len(rights[1]) == 33, True)
    return out


def certificate(v):
    encoded = v["encoded"]
    read = parse_certificate(encoded)
    expect(ecdsa_verify(v["issuer_key"], read["signed"], read["signature"]), True)
    for key in set(read) - {"signed", "signature"}:
        expect(read[key], v[key])
    expect((len(encoded), sha256(encoded)[:8]), (v["size"], v["certificate_hash"]))
    if "static_key" in read:
        expect(sha256(read["static_key"])[:8], v["device_id"])
        expect(len(encoded), 185 + len(read["name"].encode()) + (len(read["name"].encode()) > 23)
               + (read.get("person", 0) > 0))
    else:
        expect(len(encoded), 147 + len(read["name"].encode()) + len(read["site"].encode()))


def chain_is_valid(v):
    above = {"id": sha256(v["root_key"])[:8], "signing_key": v["root_key"], "roles": 255, "days": 65535, "site": "",
             "issued": 0, "expires": 2**64, "role": 3}
    for encoded in v["certificates"]:
        c = parse_certificate(encoded)
        site = c["site"] if c["role"] == 3 else c["name"].partition("@")[2]
        if above["role"] != 3 or c["issuer"] != above["id"] \
                or not ecdsa_verify(above["signing_key"], c["signed"], c["signature"]) \
                or not above["roles"] >> c["role"] & 1 or c["expires"] - c["issued"] > above["days"] * DAY \
                or c["issued"] < above["issued"] or c["expires"] > above["expires"] \
                or above["site"] and site != above["site"] \
                or c["role"] == 3 and (c["roles"] & ~above["roles"] or c["days"] > above["days"]):
            return False
        above = dict(c, id=sha256(encoded)[:8])
    return c["role"] == v["role"] and (v["now"] == 0 or c["issued"] - DAY <= v["now"] < c["expires"])


def chain(v):
    expect(chain_is_valid(v), v["valid"])


# --- 6.3 Several root keys ---

def root_signatures(v):
    sign = cbor_strict.decode(v["encoded"])
    expect((sign.number, sign.item[:2]), (98, [b"", {}]))
    _, _, payload, signatures = sign.item
    keys = {sha256(v[f"root_key_{i}"])[:8]: v[f"root_key_{i}"] for i in (1, 2, 3)}
    good = 0
    for protected, unprotected, signature in signatures:
        header = cbor_strict.decode(protected)
        expect((set(header), header[1], unprotected), ({1, 4}, -7, {}))
        signed = cbor_strict.encode(["Signature", b"", protected, v["external_aad"].encode(), payload])
        good += ecdsa_verify(keys[header[4]], signed, signature)
    expect((good, len(v["encoded"]) <= 512), (v["signers"], True))


# --- 7 Invitations ---

def read_invitation(data):
    if not 76 <= len(data) <= 139 or data[0] != 1:
        raise ValueError("length or version")
    if sha256(b"farline invitation" + data[:-4])[:4] != data[-4:]:
        raise ValueError("checksum")
    _, root, node, token, expires, port, host = fields(data[:-4], 1, 16, 32, 16, 4, 2)
    return {"root_key_hash": root, "node_key": node, "token": token, "expires": 60 * number(expires),
            "port": number(port), "host": host.decode("ascii")}


def read_invitation_text(text):
    clean = "".join(c for c in text if c.isascii() and c not in " \t\n\v\f\r-").lower()
    if not clean.startswith("farline1"):
        raise ValueError("no invitation")
    code = clean[len("farline1"):].upper()
    data = base64.b32decode(code + "=" * (-len(code) % 8))
    if base64.b32encode(data).decode().rstrip("=") != code:
        raise ValueError("left-over bits")
    return data


def invitation(v):
    for key, value in read_invitation(v["encoded"]).items():
        expect(value, v[key])
    expect(v["root_key_hash"], sha256(v["root_key"])[:16])
    expect(v["text"], "farline1-" + base64.b32encode(v["encoded"]).decode().rstrip("=").lower())
    expect((len(v["encoded"]), len(v["encoded"])), (v["size"], 75 + len(v["host"])))


def invitation_text(v):
    try:
        data = read_invitation_text(v["text"])
        read_invitation(data)
    except ValueError:
        expect(v["valid"], False)
    else:
        expect((data, True), (v["encoded"], v["valid"]))


# --- 8.1 Orders ---

def order(v):
    encoded = v["encoded"]
    protected, unprotected, payload, signature = cbor_strict.decode(encoded).item
    expect((cbor_strict.decode(protected), unprotected), ({1: -7, 4: sha256(v["root_key"])[:8]}, {}))
    signed = cbor_strict.encode(["Signature1", protected, b"farline order", payload])
    expect(ecdsa_verify(v["root_key"], signed, signature), True)
    id_, issued, nodes, invitations, renewals = cbor_strict.decode(payload)
    expect((id_, issued, len(nodes), len(invitations), len(renewals), len(encoded)),
           (v["id"], v["issued"], v["nodes"], v["invitations"], v["renewals"], v["size"]))
    expect(invitations[0][0], sha256(b"farline token" + v["token"])[:16])
    expect([len(node) for node in nodes], [32] * len(nodes))
    for token, uses, expires, text, person, days in invitations:
        expect((len(token), 1 <= uses <= 10000, person in range(5), days in range(366)), (16, True, True, True))
        if text:
            check_name(text)
        expect(issued < expires <= issued + 8784 * 3600, True)
    for device, expires, person, days in renewals:
        expect((len(device), person in (None, *range(5)), days in range(366)), (8, True, True))
        expect(issued < expires <= issued + 8784 * 3600, True)


# --- 9. Policies ---

def difference(v):
    inflate = zlib.decompressobj(-15, zdict=v["base"])
    expect(inflate.decompress(v["difference"]), v["bundle"])
    expect((inflate.eof, inflate.unused_data), (True, b""))


# --- 10 Audit ---

def read_audit(encoded, key):
    sign1 = cbor_strict.decode(encoded)
    if len(encoded) > 900 or not isinstance(sign1, cbor_strict.Tag) or sign1.number != 18:
        raise ValueError("length or tag")
    protected, unprotected, payload, signature = sign1.item
    header = cbor_strict.decode(protected)
    expect((set(header), header[1], len(header[4]), unprotected), ({1, 4}, -7, 8, {}))
    signed = cbor_strict.encode(["Signature1", protected, b"farline audit", payload])
    if not ecdsa_verify(key, signed, signature):
        raise ValueError("signature")
    report = cbor_strict.decode(payload)
    expect((set(report), len(report[2]), len(report[3]), len(report[5])), ({1, 2, 3, 4, 5, 6}, 2, 2, 4))
    rows = report[6]
    expect([row[:2] for row in rows], sorted(row[:2] for row in rows))
    expect(all(len(row) == 5 and row[0] < 24 and row[1] < 7 for row in rows), True)
    return header[4], report


def audit_report(v):
    try:
        certificate_hash, report = read_audit(v["encoded"], v["signing_key"])
    except (ValueError, cbor_strict.Refused):
        expect(v["valid"], False)
        return
    expect((v["valid"], certificate_hash, len(v["encoded"])), (True, v["certificate_hash"], v["size"]))
    expect([report[1], *report[2], *report[3], report[4], report[5][1]],
           [v[key] for key in ("number", "generation", "serial", "platform", "version", "first_hour", "stalls")])
    expect((len(report[6]), sum(row[4] for row in report[6])), (v["rows"], v["kilobytes"]))


def lan(v):
    """Builds the answer again; of the question all but the tag is random."""
    asks, answers, size = {"where is the node": (b"question", b"answer", 64),
                           "who stands in for it": (b"stand-in", b"standing in", 600)}[v["about"]]
    key = hkdf_extract(b"farline lan 1", v["node_key"])
    random, tag, _ = fields(v["question"], 16, 16)
    expect((len(v["question"]), tag), (size, hmac_sha256(key, asks + random)[:16]))
    salt, sealed = fields(v["answer"], 16)
    expect(chacha_open(hkdf_expand(key, answers + v["question"] + salt, 32), bytes(12), b"", sealed), v["plain"])
    expect(len(v["answer"]) < len(v["question"]), True)


def main():
    records, calls = Records(), Calls()
    checks = {
        "identities": {"cbor": cbor, "name": name, "certificate": certificate, "chain": chain,
                       "root signatures": root_signatures},
        "lan": {"lan": lan},
        "audits": {"audit report": audit_report},
        "invitations": {"invitation": invitation, "invitation text": invitation_text, "order": order},
        "handshakes": {"handshake": handshake, "cookie": cookie, "busy": busy},
        "sessions": {"control record": records.control_record, "keepalive": records.keepalive},
        "control_messages": {"control message": control_message},
        "calls": {"call": calls.call, "call signal": calls.signal, "media": calls.media,
                  "path message": calls.path_message, "pass": calls.passed, "keypad": calls.keypad},
        "voice": {"voice payload": voice_payload, "stream payload": stream_payload, "capacity": capacity},
        "policies": {"difference": difference},
    }
    here = pathlib.Path(__file__).resolve().parent
    for file, kinds in checks.items():
        vectors = json.loads((here / (file + ".json")).read_text(encoding="utf-8"), object_hook=Vector)
        unused = set(kinds)
        for index, vector in enumerate(vectors):
            try:
                kinds[vector["kind"]](vector)
            except Exception as problem:
                sys.exit(f"{file}.json, vector {index} ({vector['kind']}: {vector['about']}): {problem!r}")
            unused.discard(vector["kind"])
        if unused:
            sys.exit(f"{file}.json has no vector of kind {', '.join(sorted(unused))}")
        print(f"{file}: {len(vectors)} vectors agree with docs/PROTOCOL.md")


if __name__ == "__main__":
    main()

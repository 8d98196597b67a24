#!/usr/bin/env python3
"""farline-admin policy: signed, verified by us and by OpenSSL, read by another CBOR decoder, decided on."""
import hashlib
import os
import subprocess
import sys
import unittest

try:
    import cbor2
except ImportError:
    cbor2 = None

import policies
import programs
from policies import EXAMPLE, admin

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "vectors"))
import cbor_strict  # noqa: E402


def parts_of(data):
    """The items of a CBOR sequence: cut where the shortest prefix decodes."""
    parts, start = [], 0
    for end in range(1, len(data) + 1):
        try:
            parts.append(cbor_strict.decode(data[start:end]))
        except cbor_strict.Refused:
            continue
        start = end
    assert start == len(data)
    return parts


def der(signature):
    """r and s as OpenSSL wants them."""
    def integer(data):
        data = data.lstrip(b"\0")
        data = (b"\0" if data[0] & 0x80 else b"") + data
        return b"\2" + bytes([len(data)]) + data
    both = integer(signature[:32]) + integer(signature[32:])
    return b"\x30" + bytes([len(both)]) + both


class Policy(policies.Test):
    def setUp(self):
        super().setUp()
        self.check(admin("org", "init", self.at("hq"), "--no-passphrase"), 0)
        self.key, self.root = self.at("hq", "org.key"), self.at("hq", "org.pem")

    def sign(self, source=EXAMPLE, out="out.policy", key=None):
        self.check(admin("policy", "sign", source, "--key", key or self.key, "-o", self.at(out)), 0)
        return self.at(out)

    def verify(self, policy, *arguments, root=None):
        return admin("policy", "verify", policy, "--root", root or self.root, *arguments)

    def data(self, path):
        with open(path, "rb") as file:
            return file.read()

    def test_signed_and_verified(self):
        policy = self.sign()
        shown = self.check(self.verify(policy, "--json", "--organisation", "Relief"), 0).json
        self.assertEqual((shown["organisation"], shown["serial"], shown["sites"], shown["state"]),
                         ("Relief", 12, "kalemie", "verified"))
        self.check(self.verify(policy, "--organisation", "Other"), 77, "another organisation")
        self.check(self.verify(policy, "--threshold", 2), 77, "enough keys")
        self.check(admin("org", "init", self.at("others"), "--no-passphrase"), 0)
        self.check(self.verify(policy, root=self.at("others", "org.pem")), 77, "not signed")
        self.check(self.verify(policy, root=self.key), 78, "PEM")
        self.check(self.verify(policy, root=self.at("none")), 65)

    def test_damage(self):
        data = self.data(self.sign())
        codes = set()
        for at in range(0, len(data), 13):
            with open(self.at("bad"), "wb") as file:
                file.write(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])
            answer = self.verify(self.at("bad"))
            codes.add(answer.code)
            self.check(answer, answer.code)
        self.assertEqual(codes, {65, 77})
        for content in (b"", b"x", data[:-1], data + b"\0", bytes(100), data[:20]):
            with open(self.at("bad"), "wb") as file:
                file.write(content)
            self.check(self.verify(self.at("bad")), 65)
        with open(self.at("bad"), "wb") as file:
            file.write(bytes(5 * 1024 * 1024))
        self.check(self.verify(self.at("bad")), 65)

    def test_parts_of_two_versions_do_not_mix(self):
        old = self.data(self.sign())
        new = self.data(self.sign(self.source(("serial = 12", "serial = 13"), ("serial = 5", "serial = 6"))))
        lengths = [len(data) - 190 for data in (old, new)]  # the site's file is last, of the same size in both
        for root, site in ((old, new), (new, old)):
            mixed = root[:lengths[0]] + site[lengths[1]:]
            with open(self.at("mixed"), "wb") as file:
                file.write(mixed)
            self.check(self.verify(self.at("mixed")), 77, "not the one that goes with")

    def test_others_verify_and_read_it(self):
        files = parts_of(self.data(self.sign()))
        self.assertEqual(len(files), 2)
        for file in files:
            protected, unprotected, payload, signature = file.item
            self.assertEqual((file.number, cbor_strict.decode(protected), unprotected), (18, {1: -7}, {}))
            with open(self.at("signed"), "wb") as out:
                out.write(cbor_strict.encode(["Signature1", protected, b"", payload]))
            with open(self.at("signature"), "wb") as out:
                out.write(der(signature))
            verified = subprocess.run(["openssl", "dgst", "-sha256", "-verify", self.root, "-signature",
                                       self.at("signature"), self.at("signed")], capture_output=True, text=True)
            self.assertEqual(verified.stdout, "Verified OK\n", verified.stderr)
        root, site = (cbor_strict.decode(file.item[2]) for file in files)
        self.assertEqual((root[0], root[1], root[3], root[10]), (0, "Relief", 12, ["radio-room@hq", "security@hq"]))
        self.assertEqual((site[0], site[1], site[-1], site[-3][0]),
                         (1, "kalemie", 8, {1: [[31, 30, 72], [32, 32, 52]], -2: 5}))
        whole = self.data(self.at("out.policy"))
        self.assertEqual(root[9], [(5).to_bytes(4, "big") + hashlib.sha256(whole[-190:]).digest()[:16]])

    @unittest.skipIf(cbor2 is None, "python3-cbor2 is not installed")
    def test_another_library_reads_it(self):
        with open(self.sign(), "rb") as file:
            decoder, parts = cbor2.CBORDecoder(file), []
            while file.tell() < os.path.getsize(file.name):
                parts.append(decoder.decode())
        self.assertEqual([part.tag for part in parts], [18, 18])
        root, site = (part.value[2] for part in parts)
        self.assertEqual(cbor2.loads(root)[10], ["radio-room@hq", "security@hq"])
        self.assertEqual(cbor2.loads(site)[1], "kalemie")
        for payload in (root, site):
            self.assertEqual(cbor2.dumps(cbor2.loads(payload), canonical=True), payload)

    def test_two_of_three(self):
        self.check(admin("org", "init", self.at("relief"), "--threshold", 2, "--no-passphrase"), 0)
        self.assertEqual(sorted(name for name in os.listdir(self.at("relief")) if name.endswith((".key", ".pem"))),
                         ["org-2.key", "org-2.pem", "org-3.key", "org-3.pem", "org.key", "org.pem"])
        source = self.source(("serial = 12", "serial = 12\nthreshold = 2"))
        one = self.sign(source, "one.policy", self.at("relief", "org-2.key"))
        roots = ("--root", self.at("relief", "org-2.pem"), "--root", self.at("relief", "org-3.pem"))
        verify = ("policy", "verify", "--root", self.at("relief", "org.pem"), *roots)  # then the file
        self.check(admin(*verify, one), 77, "enough keys")
        cosign = ("policy", "cosign", one, "-o", self.at("two.policy"), "--key")
        self.check(admin(*cosign, self.at("relief", "org-2.key")), 77, "already")
        self.check(admin(*cosign, self.at("relief", "org-3.key")), 0)
        self.check(admin(*verify, self.at("two.policy")), 0)
        self.check(admin(*verify, self.at("two.policy"), "--threshold", 3), 77)
        both = parts_of(self.data(self.at("two.policy")))[0]
        self.assertEqual((both.number, len(both.item[3])), (98, 2))
        self.check(admin("policy", "cosign", self.sign(), "-o", self.at("x"), "--key", self.key), 65, "threshold")

    def test_expired(self):
        expired = self.source(("until = 2027-10-31", "until = 2026-11-01"))
        self.check(self.verify(self.sign(expired)), 77, "expired on 2026-11-01")

    def test_shown_is_the_source_of_the_same_policy(self):
        policy = self.sign()
        shown = self.write("again.toml", self.check(admin("policy", "show", policy), 0).out)
        self.assertEqual(self.data(self.sign(shown, "again.policy")), self.data(policy))

    def test_sources_that_are_wrong(self):
        source = self.source(("delegates", "delegate"), ("07:30-18:00", "07:30-18:05"))
        for command in (("check", source), ("sign", source, "--key", self.key, "-o", self.at("x"))):
            answer = self.check(admin("policy", *command), 65, source + ":8: delegate is not known")
            self.assertIn(":64: site[0].hours[0].windows[0] is not right: write days and hours such as", answer.err)
        self.assertFalse(os.path.exists(self.at("x")))
        self.check(admin("policy", "check", self.at("none")), 65)
        self.check(admin("policy", "check", EXAMPLE), 0)
        self.check(admin("policy", "sign", EXAMPLE, "--key", self.at("none"), "-o", self.at("x")), 78)
        self.check(admin("policy", "sign", EXAMPLE, "--key", self.key, "-o", self.at("no", "x")), 74)

    def test_decided(self):
        policy = self.sign()

        def decide(at, role="staff", what="voice", build="0.2.5", *more):
            return self.check(admin("policy", "decide", policy, "--at", at, "--role", role, "--class", what, "--build",
                                    build, "--json", *more), 0).json
        closed = decide("2026-11-23T19:30+02:00")
        self.assertEqual((closed["allowed"], closed["rule"], closed["until"]),
                         (False, "hours", "2026-11-24T07:30+02:00"))
        self.assertIn("Tue 2026-11-24 at 07:30", closed["reason"])
        self.assertEqual(decide("2026-11-23T08:00Z")["until"], "2026-11-23T18:00+02:00")
        self.assertTrue(decide("2026-11-23T19:30+02:00", "guest")["allowed"])
        self.assertTrue(decide("2026-11-23T23:30+02:00", "staff", "files")["allowed"])
        self.assertEqual(decide("2026-12-16T08:00Z", "staff", "voice", "0.1.0")["rule"], "build")
        self.assertTrue(decide("2026-11-23T08:00Z", "staff", "voice", "0.1.0")["update"])
        emergency = decide("2036-11-23T03:00Z", "guest", "voice", "0.0.1", "--with", "Radio-Room@HQ")
        self.assertEqual((emergency["allowed"], emergency["rule"], emergency["until"]), (True, "emergency", None))
        for wrong in (("--at", "yesterday"), ("--role", "boss"), ("--class", "fax"), ("--site", "x")):
            self.check(admin("policy", "decide", policy, "--build", "0.2.0", *wrong), 2)
        self.check(admin("policy", "decide", policy, "--build", "new"), 2)

    def test_fields_are_documented(self):
        self.assertIn("| -3 | `hours` |", self.check(admin("policy", "doc"), 0).out)


if __name__ == "__main__":
    programs.main()

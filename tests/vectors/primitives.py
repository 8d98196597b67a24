"""The published algorithms that docs/PROTOCOL.md names, written from their documents with Python's standard library.
Slow and not constant in time: for checking test vectors, for nothing else."""
import hashlib
import hmac
import struct

HASH_BYTES = 32


def sha256(data):
    return hashlib.sha256(data).digest()


def hmac_sha256(key, data):
    return hmac.new(key, data, hashlib.sha256).digest()


def hkdf_expand(key, info, size):
    """RFC 5869 section 2.3."""
    out, block = b"", b""
    while len(out) < size:
        block = hmac_sha256(key, block + info + bytes([len(out) // HASH_BYTES + 1]))
        out += block
    return out[:size]


def hkdf_extract(salt, key):
    return hmac_sha256(salt or bytes(HASH_BYTES), key)


# --- X25519, RFC 7748 section 5 ---

P25519 = 2**255 - 19


def x25519(secret, point):
    k = bytearray(secret)
    k[0] &= 248
    k[31] = k[31] & 127 | 64
    scalar = int.from_bytes(k, "little")
    x1 = int.from_bytes(point, "little") % 2**255 % P25519
    x2, z2, x3, z3, swap = 1, 0, x1, 1, 0
    for bit in range(254, -1, -1):
        k_bit = scalar >> bit & 1
        if swap != k_bit:
            x2, x3, z2, z3 = x3, x2, z3, z2
        swap = k_bit
        a, b, c, d = x2 + z2, x2 - z2, x3 + z3, x3 - z3
        da, cb, aa, bb = d * a, c * b, a * a, b * b
        e = aa - bb
        x3, z3 = (da + cb) ** 2 % P25519, x1 * (da - cb) ** 2 % P25519
        x2, z2 = aa * bb % P25519, e * (aa + 121665 * e) % P25519
    if swap:
        x2, z2 = x3, z3
    return (x2 * pow(z2, -1, P25519) % P25519).to_bytes(32, "little")


def x25519_public(secret):
    return x25519(secret, b"\x09" + bytes(31))


# --- ChaCha20-Poly1305, RFC 8439 ---

def chacha20(key, counter, nonce, data):
    out = b""
    for i in range(0, len(data), 64):
        block = chacha20_block(key, counter + i // 64, nonce)
        out += bytes(a ^ b for a, b in zip(data[i:i + 64], block))
    return out


def chacha20_block(key, counter, nonce):
    start = struct.unpack("<16I", b"expand 32-byte k" + key + struct.pack("<I", counter) + nonce)
    s = list(start)

    def rotate(x, n):
        return (x << n | x >> 32 - n) & 0xffffffff

    def quarter(a, b, c, d):
        for x, y, z, n in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
            s[x] = (s[x] + s[y]) & 0xffffffff
            s[z] = rotate(s[z] ^ s[x], n)

    for _ in range(10):
        for column in range(4):
            quarter(column, 4 + column, 8 + column, 12 + column)
        for i in range(4):
            quarter(i, 4 + (i + 1) % 4, 8 + (i + 2) % 4, 12 + (i + 3) % 4)
    return struct.pack("<16I", *((a + b) & 0xffffffff for a, b in zip(s, start)))


def poly1305(key, message):
    r = int.from_bytes(key[:16], "little") & 0x0ffffffc0ffffffc0ffffffc0fffffff
    total = 0
    for i in range(0, len(message), 16):
        total = (total + int.from_bytes(message[i:i + 16] + b"\x01", "little")) * r % (2**130 - 5)
    return ((total + int.from_bytes(key[16:], "little")) % 2**128).to_bytes(16, "little")


def chacha_seal(key, nonce, aad, plaintext):
    def pad(data):
        return data + bytes(-len(data) % 16)

    ciphertext = chacha20(key, 1, nonce, plaintext)
    authenticated = pad(aad) + pad(ciphertext) + struct.pack("<QQ", len(aad), len(ciphertext))
    return ciphertext + poly1305(chacha20_block(key, 0, nonce)[:32], authenticated)


def chacha_open(key, nonce, aad, sealed):
    plaintext = chacha20(key, 1, nonce, sealed[:-16])
    if chacha_seal(key, nonce, aad, plaintext) != sealed:
        raise ValueError("tag does not verify")
    return plaintext


# --- AES-128, FIPS 197; CTR and CCM, NIST SP 800-38A and C ---

def _gf_double(a):
    return (a << 1 ^ (0x11b if a & 0x80 else 0)) & 0xff


def _make_sbox():
    sbox, p, q = [0] * 256, 1, 1
    while True:
        p ^= _gf_double(p)
        q ^= q << 1
        q ^= q << 2
        q ^= q << 4
        q &= 0xff
        if q & 0x80:
            q ^= 0x09
        sbox[p] = q ^ (q << 1 | q >> 7) & 0xff ^ (q << 2 | q >> 6) & 0xff ^ (q << 3 | q >> 5) & 0xff \
            ^ (q << 4 | q >> 4) & 0xff ^ 0x63
        if p == 1:
            break
    sbox[0] = 0x63
    return sbox


SBOX = _make_sbox()


def aes128(key, block):
    words = [list(key[i:i + 4]) for i in range(0, 16, 4)]
    round_constant = 1
    for i in range(4, 44):
        word = list(words[-1])
        if i % 4 == 0:
            word = [SBOX[b] for b in word[1:] + word[:1]]
            word[0] ^= round_constant
            round_constant = _gf_double(round_constant)
        words.append([a ^ b for a, b in zip(word, words[i - 4])])
    keys = [sum(words[i:i + 4], []) for i in range(0, 44, 4)]
    state = [a ^ b for a, b in zip(block, keys[0])]
    for number in range(1, 11):
        state = [SBOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]  # SubBytes and ShiftRows
        if number < 10:
            mixed = []
            for c in range(0, 16, 4):
                column = state[c:c + 4]
                whole = column[0] ^ column[1] ^ column[2] ^ column[3]
                mixed += [column[i] ^ whole ^ _gf_double(column[i] ^ column[(i + 1) % 4]) for i in range(4)]
            state = mixed
        state = [a ^ b for a, b in zip(state, keys[number])]
    return bytes(state)


def aes_ctr(key, first_block, data):
    counter, out = int.from_bytes(first_block, "big"), b""
    for i in range(0, len(data), 16):
        stream = aes128(key, ((counter + i // 16) % 2**128).to_bytes(16, "big"))
        out += bytes(a ^ b for a, b in zip(data[i:i + 16], stream))
    return out


def ccm_tag(key, nonce, aad):
    """The 8-byte tag of an empty plaintext, L = 2 (RFC 3610)."""
    blocks = bytes([0x40 | (8 - 2) // 2 << 3 | 1]) + nonce + bytes(2)
    header = struct.pack(">H", len(aad)) + aad
    blocks += header + bytes(-len(header) % 16)
    mac = bytes(16)
    for i in range(0, len(blocks), 16):
        mac = aes128(key, bytes(a ^ b for a, b in zip(mac, blocks[i:i + 16])))
    mask = aes128(key, bytes([1]) + nonce + bytes(2))
    return bytes(a ^ b for a, b in zip(mac, mask))[:8]


# --- ECDSA on P-256, FIPS 186-5 ---

P256 = 2**256 - 2**224 + 2**192 + 2**96 - 1
P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
P256_B = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b
P256_G = (0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296,
          0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5)


def p256_decompress(point):
    if len(point) != 33 or point[0] not in (2, 3):
        raise ValueError("no compressed point")
    x = int.from_bytes(point[1:], "big")
    square = (x**3 - 3 * x + P256_B) % P256
    y = pow(square, (P256 + 1) // 4, P256)
    if x >= P256 or y * y % P256 != square:
        raise ValueError("not on the curve")
    return x, y if y % 2 == point[0] % 2 else P256 - y


def _p256_add(a, b):
    if a is None or b is None:
        return a or b
    if a[0] == b[0]:
        if (a[1] + b[1]) % P256 == 0:
            return None
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P256)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P256)
    x = (slope * slope - a[0] - b[0]) % P256
    return x, (slope * (a[0] - x) - a[1]) % P256


def _p256_multiply(k, point):
    out = None
    while k:
        if k & 1:
            out = _p256_add(out, point)
        point = _p256_add(point, point)
        k >>= 1
    return out


def ecdsa_verify(key, message, signature):
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    if len(signature) != 64 or not (0 < r < P256_ORDER and 0 < s < P256_ORDER):
        return False
    inverse = pow(s, -1, P256_ORDER)
    e = int.from_bytes(sha256(message), "big")
    point = _p256_add(_p256_multiply(e * inverse % P256_ORDER, P256_G),
                      _p256_multiply(r * inverse % P256_ORDER, p256_decompress(key)))
    return point is not None and point[0] % P256_ORDER == r


# --- Noise, revision 34 ---

def noise_nonce(counter):
    return bytes(4) + struct.pack("<Q", counter)


def noise_rekey(key):
    return chacha_seal(key, noise_nonce(2**64 - 1), b"", bytes(32))[:32]


class Noise:
    """Both sides at once: whoever knows all secrets writes the messages that the two sides wrote."""

    def __init__(self, name, prologue, initiator, responder, pre_messages):
        """`initiator`, `responder`: (static secret, ephemeral secret). `pre_messages`: public keys known before."""
        self.hash = name if len(name) == 32 else sha256(name) if len(name) > 32 else name + bytes(32 - len(name))
        self.chaining_key = self.hash
        self.key, self.counter = None, 0
        self.secrets = {"i": initiator, "r": responder}
        self.mix_hash(prologue)
        for public in pre_messages:
            self.mix_hash(public)

    def mix_hash(self, data):
        self.hash = sha256(self.hash + data)

    def mix_key(self, data):
        out = hkdf_expand(hkdf_extract(self.chaining_key, data), b"", 64)
        self.chaining_key, self.key, self.counter = out[:32], out[32:], 0

    def encrypt(self, plaintext):
        out = plaintext
        if self.key:
            out = chacha_seal(self.key, noise_nonce(self.counter), self.hash, plaintext)
            self.counter += 1
        self.mix_hash(out)
        return out

    def message(self, sender, tokens, payload):
        static, ephemeral = self.secrets[sender]
        out = b""
        for token in tokens:
            if token == "e":
                public = x25519_public(ephemeral)
                self.mix_hash(public)
                out += public
            elif token == "s":
                out += self.encrypt(x25519_public(static))
            else:
                secret = {"s": 0, "e": 1}
                self.mix_key(x25519(self.secrets["i"][secret[token[0]]],
                                    x25519_public(self.secrets["r"][secret[token[1]]])))
        return out + self.encrypt(payload)

    def split(self):
        """Initiator's key, responder's key, exporter."""
        out = hkdf_expand(hkdf_extract(self.chaining_key, b""), b"", 96)
        return out[:32], out[32:64], out[64:]

"""Deterministic CBOR as docs/PROTOCOL.md section 6 allows it (RFC 8949 section 4.2.1)."""


class Refused(ValueError):
    pass


class Tag:
    def __init__(self, number, item):
        self.number, self.item = number, item


class _Decoder:
    def __init__(self, data):
        self.data, self.at, self.items = data, 0, 0

    def take(self, size):
        if len(self.data) - self.at < size:
            raise Refused("too short")
        self.at += size
        return self.data[self.at - size:self.at]

    def head(self):
        self.items += 1
        first = self.take(1)[0]
        major, low = first >> 5, first & 31
        if low > 27 or self.items > 4096:
            raise Refused("head or too many items")
        if low < 24:
            return major, low
        size = 1 << low - 24
        value = int.from_bytes(self.take(size), "big")
        if major == 7 or value < (24 if size == 1 else 1 << 4 * size):
            raise Refused("not shortest, or float")
        return major, value

    def item(self, depth, is_key=False):
        major, value = self.head()
        if is_key and major not in (0, 1, 2, 3):
            raise Refused("key")
        if major in (4, 5) and depth == 8:
            raise Refused("depth")
        if major == 0:
            return value
        if major == 1:
            return -1 - value
        if major == 2:
            return self.take(value)
        if major == 3:
            try:
                return self.take(value).decode("utf-8")
            except UnicodeDecodeError as problem:
                raise Refused("UTF-8") from problem
        if major == 4:
            return [self.item(depth + 1) for _ in range(value)]
        if major == 5:
            return self.map(value, depth)
        if major == 6:
            return Tag(value, self.item(depth))
        if value not in (20, 21, 22):
            raise Refused("simple value")
        return {20: False, 21: True, 22: None}[value]

    def map(self, pairs, depth):
        out, last = {}, b""
        for _ in range(pairs):
            start = self.at
            key = self.item(depth + 1, is_key=True)
            encoded = self.data[start:self.at]
            if encoded <= last:
                raise Refused("order of keys")
            last = encoded
            out[key] = self.item(depth + 1)
        return out


def decode(data):
    if len(data) > 65536:
        raise Refused("too long")
    decoder = _Decoder(data)
    out = decoder.item(0)
    if decoder.at != len(data):
        raise Refused("bytes after the end")
    return out


def encode(item):
    """Of arrays, texts and byte strings, which is all that signatures cover."""
    if isinstance(item, list):
        return _head(4, len(item)) + b"".join(map(encode, item))
    data = item if isinstance(item, bytes) else item.encode()
    return _head(2 if isinstance(item, bytes) else 3, len(data)) + data


def _head(major, value):
    if value < 24:
        return bytes([major << 5 | value])
    for low, size in ((24, 1), (25, 2), (26, 4)):
        if value < 1 << 8 * size:
            return bytes([major << 5 | low]) + value.to_bytes(size, "big")
    raise ValueError("too long")

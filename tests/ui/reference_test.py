#!/usr/bin/env python3
"""Our text against the reference's own tools: the glyphs of hb-shape, the order of fribidi, the picture of hb-view.

reference_test.py SHAPE_TEXT [-v]
"""
import json
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

# Names, labels and sentences of people in the countries the program is made for.
STRINGS = {
    "latin": "Café façade, Nguyễn Văn Đức, ﬁnal AVATAR To",
    "swahili": "Piga simu ya dharura sasa hivi",
    "cyrillic": "Айгүл Өмүрбекова, ўзбек, Ёлка",
    "arabic": "محمد الأمين لا إله شبكة ضعيفة",
    "arabic-marks": "مُحَمَّدٌ رَسُولُ",
    "persian": "می‌خواهم گفتگو کنم، پیام‌ها",
    "pashto": "زه ښځه ګړندۍ ږمنځ",
    "urdu": "ہمارے ٹیلیفون پر بات چیت ڑے",
    "devanagari": "रमेश श्रेष्ठ कार्यालय क्षेत्रीय हिन्दी",
    "bengali": "রহিমা খাতুন কর্মকর্তা স্ত্রী",
    "sinhala": "සුනිල් පෙරේරා ශ්‍රී ලංකාව",
    "tamil": "முருகன் ஸ்ரீ கௌரி தொலைபேசி",
    "ethiopic": "ዳዊት ገብሬ፡ሰላም።",
    "tifinagh": "ⵉⴷⵉⵔ ⴰⵎⴰⵣⵉⵖ",
    "myanmar": "မောင်မောင် ကြည့်ရှု",
    "thai": "สวัสดีครับ ผู้ใช้น้ำ",
    "khmer": "ភាសាខ្មែរ ស្ត្រី",
    "hebrew": "שָׁלוֹם עולם",
    "nko": "ߒߞߏ ߞߊ߲ߜߍ",
}
# What mixes directions: runs are compared one by one, and their order with fribidi's.
MIXED = [
    "abc (سلام 123) def",
    "اتصل على \u2068+880 1711\u2069 الآن",
    "محمد called 3 times: ١٢٣ and 45%",
    "فتح ملف report-2024.pdf (نسخة 2)",
    "a \u2067אבג\u2069 b \u2067ابج 12\u2069 c",
    "שלום, Amina! كيف الحال?",
]
VERBOSE = "-v" in sys.argv
failures = []


def check(name, condition, what):
    if not condition:
        failures.append(f"{name}: {what}")


def hb_shape(file, text, begin=0, end=None, rtl=None):
    raw = text.encode()
    end = len(raw) if end is None else end
    command = ["hb-shape", f"--font-file={file}", "--font-size=1000", "--no-glyph-names", "--output-format=json",
               "--utf8-clusters", f"--text={raw[begin:end].decode()}", "--language=und"]
    command += [f"--text-before={raw[:begin].decode()}"] * (begin > 0)
    command += [f"--text-after={raw[end:].decode()}"] * (end < len(raw))
    command += [] if rtl is None else [f"--direction={'rtl' if rtl else 'ltr'}"]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def same_glyphs(name, ours, theirs, offset=0):
    got = [(glyph["g"], glyph["cl"]) for glyph in ours]
    want = [(glyph["g"], glyph["cl"] + offset) for glyph in theirs]
    check(name, got == want, f"glyphs {got}, hb-shape has {want}")
    for mine, other in zip(ours, theirs):
        # hb-shape rounds to whole thousandths of the em.
        check(name, abs(mine["ax"] - other["ax"]) <= 1, f"glyph {mine['g']}: {mine['ax']} wide, not {other['ax']}")


def one_script(name, text, ours):
    files = sorted({glyph["file"] for glyph in ours})
    check(name, len(files) == 1 and files[0], f"of one font, not of {files}")
    if len(files) == 1 and files[0]:
        same_glyphs(name, ours, hb_shape(files[0], text))


def runs_of(ours):
    """Stretches of one font and direction whose bytes follow each other."""
    run = []
    for glyph in ours:
        follows = run and (run[-1]["file"], run[-1]["rtl"]) == (glyph["file"], glyph["rtl"])
        if run and not follows:
            yield run
            run = []
        run.append(glyph)
    if run:
        yield run


def mixed(text, ours):
    starts = sorted({glyph["cl"] for glyph in ours}) + [len(text.encode())]
    following = dict(zip(starts, starts[1:]))
    seen = []
    for glyph in ours:
        if not seen or seen[-1] != glyph["cl"]:
            seen.append(glyph["cl"])
    # FriBidi's order of code points, each named by the cluster that it is in.
    order = subprocess.run(["fribidi", "--nobreak", "--nopad", "--vtol", "--novisual"], input=text.encode() + b"\n",
                           capture_output=True, check=True).stdout.split()
    offsets = [len(text[:index].encode()) for index in range(len(text))]
    expected = []
    for index in map(int, order):
        cluster = max(start for start in starts if start <= offsets[index])
        if not expected or expected[-1] != cluster:
            expected.append(cluster)
    check(text, seen == expected, f"order {seen}, fribidi has {expected}")
    for run in runs_of(ours):
        clusters = [glyph["cl"] for glyph in run]
        begin, end = min(clusters), following[max(clusters)]
        # A stretch may hold several runs that FriBidi or the scripts part; those of one piece are compared.
        if sorted(set(clusters)) == [start for start in starts[:-1] if begin <= start < end]:
            piece = text.encode()[begin:end].decode()
            if len({"ar" if "\u0600" <= c <= "\u06ff" else "he" if "\u0590" <= c <= "\u05ff" else "" for c in piece
                    if c.isalpha()}) <= 1:
                same_glyphs(f"{text} [{begin}:{end}]", run,
                            hb_shape(run[0]["file"], text, begin, end, run[0]["rtl"] == 1), begin)


# --- Pictures: as far as two rasterisers agree ---
def read_png(data):
    """Rows of darkness, 0 to 255; hb-view writes 8 bits RGB, or with alpha."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, packed, header = 8, b"", None
    while at < len(data):
        length, kind = int.from_bytes(data[at:at + 4], "big"), data[at + 4:at + 8]
        body = data[at + 8:at + 8 + length]
        header = body if kind == b"IHDR" else header
        packed += body if kind == b"IDAT" else b""
        at += 12 + length
    width, height = int.from_bytes(header[:4], "big"), int.from_bytes(header[4:8], "big")
    channels = {0: 1, 2: 3, 6: 4}[header[9]]
    raw, rows, before = zlib.decompress(packed), [], bytes(width * channels)
    for y in range(height):
        line = bytearray(raw[y * (width * channels + 1) + 1:(y + 1) * (width * channels + 1)])
        kind = raw[y * (width * channels + 1)]
        for x in range(len(line)):
            left = line[x - channels] if x >= channels else 0
            corner = before[x - channels] if x >= channels else 0
            up = before[x]
            guess = left + up - corner
            paeth = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))[2]
            line[x] = (line[x] + (0, left, up, (left + up) // 2, paeth)[kind]) & 255
        before = bytes(line)
        rows.append([255 - line[x * channels] for x in range(width)])
    return rows


def read_bmp(data):
    offset, width = int.from_bytes(data[10:14], "little"), int.from_bytes(data[18:22], "little")
    height, bytes_each = int.from_bytes(data[22:26], "little", signed=True), data[28] // 8
    stride = (width * bytes_each + 3) // 4 * 4
    rows = [[255 - data[offset + y * stride + x * bytes_each + 1] for x in range(width)] for y in range(abs(height))]
    return rows if height < 0 else rows[::-1]


def inked(rows):
    """Cut to what is dark."""
    ys = [y for y, row in enumerate(rows) if max(row) > 100]
    xs = [x for x in range(len(rows[0])) if max(row[x] for row in rows) > 100]
    return [row[xs[0]:xs[-1] + 1] for row in rows[ys[0]:ys[-1] + 1]] if ys else []


def blurred(rows, width, height):
    """Means over squares of 4 by 4: an edge may be a pixel off."""
    cells = []
    for y in range(0, height - 3, 4):
        for x in range(0, width - 3, 4):
            cells.append(sum(sum(row[x:x + 4]) for row in rows[y:y + 4]) / 16)
    return cells


def same_picture(name, text, ours, picture, folder):
    made = folder / "reference.png"
    subprocess.run(["hb-view", f"--font-file={ours[0]['file']}", "--font-size=60", "--margin=20", "--output-format=png",
                    f"--output-file={made}", "--language=und", f"--text={text}"], check=True)
    theirs, mine = inked(read_png(made.read_bytes())), inked(read_bmp(picture.read_bytes()))
    sizes = (len(mine[0]), len(mine)), (len(theirs[0]), len(theirs))
    if abs(sizes[0][0] - sizes[1][0]) > 3 or abs(sizes[0][1] - sizes[1][1]) > 3:
        check(name, False, f"picture of {sizes[0]}, hb-view's of {sizes[1]}")
        return
    width, height = min(sizes[0][0], sizes[1][0]), min(sizes[0][1], sizes[1][1])
    a, b = blurred(mine, width, height), blurred(theirs, width, height)
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    covariance = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b))
    likeness = covariance / (sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)) ** 0.5
    check(name, likeness > 0.95, f"the picture is like hb-view's by {likeness:.3f} only")
    if VERBOSE:
        print(f"{name}: {len(ours)} glyphs, likeness {likeness:.3f}")


def main():
    texts = list(STRINGS.values()) + MIXED
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        made = subprocess.run([sys.argv[1], name], input="\n".join(texts).encode() + b"\n", capture_output=True,
                              check=True).stdout
        results = [json.loads(line) for line in made.splitlines()]
        for number, ((script, text), ours) in enumerate(zip(STRINGS.items(), results)):
            one_script(script, text, ours)
            if ours[0]["file"]:
                same_picture(script, text, ours, folder / f"{number}.bmp", folder)
        for text, ours in zip(MIXED, results[len(STRINGS):]):
            mixed(text, ours)
    print("\n".join(failures) or f"{len(STRINGS)} scripts and {len(MIXED)} mixed lines as the reference has them")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

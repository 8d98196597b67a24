#!/usr/bin/env python3
"""Trains the dictionary that chat batches are compressed with (src/chat/dictionary_1.zdict), from lines it makes up.

chat_dictionary.py --train FILE [--bytes N]   writes a dictionary (needs the program zstd)
chat_dictionary.py --lines LANGUAGE COUNT     prints made-up lines

tools/chat_lines/<language>.txt has `slot: choice|choice` lines, then the sentences they go into. The same lines and the
same zstd give the same dictionary; but what is committed is the dictionary that counts: it is part of the
protocol, so a better one becomes version 2 beside it and never replaces it.
"""
import argparse
import random
import re
import subprocess
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent / "chat_lines"
BATCHES, LINES_A_BATCH = 400, 8  # of each language


class Language:
    def __init__(self, code):
        self.slots, self.sentences = {}, []
        for line in (FOLDER / f"{code}.txt").read_text(encoding="utf-8").splitlines():
            slot = re.match(r"([a-z]+): (.*\|.*)", line)
            if slot:
                self.slots[slot[1]] = slot[2].split("|")
            else:
                self.sentences.append(line)

    def line(self, rng):
        def fill(slot):
            return str(rng.choice([2, 3, 5, 10, 12, 20, 25, 50, 100, 200])) if slot[1] == "number" else rng.choice(
                self.slots[slot[1]])
        text = re.sub(r"\{(\w+)\}", fill, rng.choice(self.sentences))
        return text[0].upper() + text[1:] if rng.random() < 0.7 else text[0].lower() + text[1:]


def train(path, size):
    rng = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        for code in sorted(file.stem for file in FOLDER.glob("*.txt")):
            language = Language(code)
            for number in range(BATCHES):
                lines = "\n".join(language.line(rng) for _ in range(LINES_A_BATCH))
                (Path(folder) / f"{code}{number:04}").write_text(lines, encoding="utf-8")
        subprocess.run(["zstd", "-q", "-f", "-T1", "--train-fastcover=d=6,steps=40", "-19", "--dictID=1",
                        f"--maxdict={size}", "-r", folder, "-o", path], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", metavar="FILE")
    parser.add_argument("--bytes", type=int, default=12288)
    parser.add_argument("--lines", nargs=2, metavar=("LANGUAGE", "COUNT"))
    options = parser.parse_args()
    if options.train:
        train(options.train, options.bytes)
    if options.lines:
        rng, language = random.Random(2), Language(options.lines[0])
        for _ in range(int(options.lines[1])):
            print(language.line(rng))


if __name__ == "__main__":
    main()

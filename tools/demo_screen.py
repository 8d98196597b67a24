"""The live view of the demo: redrawn in place on a terminal, a line every few seconds anywhere else."""
import os
import shutil
import sys
import time

BARS = " ▁▂▃▄▅▆▇█"
HISTORY = 24
PLAIN_SECONDS = 5


class Screen:
    def __init__(self, title):
        self.title, self.drawn, self.plain_at, self.said = title, 0, 0.0, []
        self.live = sys.stdout.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self.colour = self.live and "NO_COLOR" not in os.environ
        unicode = "utf" in (sys.stdout.encoding or "").lower()
        self.bars = BARS if unicode else " .:-=+*%#"
        self.block, self.space = ("█", "░") if unicode else ("#", "-")
        if self.live:
            sys.stdout.write("\x1b[?25l")

    def close(self):
        """Leaves the last view and what was said."""
        if self.live:
            sys.stdout.write("\x1b[?25h")
            sys.stdout.flush()

    def paint(self, code, text):
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour else text

    def say(self, text):
        """A line that stays."""
        if not self.live:
            print(text, flush=True)
            return
        self.erase()
        print(text, flush=True)
        self.redraw()

    def show(self, lines, plain):
        """`lines` in place; where there is no terminal `plain`, now and then."""
        if self.live:
            self.erase()
            self.said = lines
            self.redraw()
        elif time.monotonic() - self.plain_at >= PLAIN_SECONDS:
            self.plain_at = time.monotonic()
            print(plain, flush=True)

    def erase(self):
        if self.drawn:
            sys.stdout.write(f"\x1b[{self.drawn}A\x1b[J")
        self.drawn = 0

    def redraw(self):
        columns = shutil.get_terminal_size().columns
        for line in self.said:
            sys.stdout.write(cut(line, columns - 1) + "\n")
        self.drawn = len(self.said)
        sys.stdout.flush()

    def bar(self, share, width=20):
        full = round(min(max(share, 0), 1) * width)
        colour = "32" if share <= 0.95 else "31"
        return self.paint(colour, self.block * full) + self.paint("2", self.space * (width - full))

    def sparkline(self, values, top):
        last = ([0] * HISTORY + list(values))[-HISTORY:]
        return "".join(self.bars[min(len(self.bars) - 1, round(value / top * (len(self.bars) - 1)))] if top else " "
                       for value in last)


def cut(line, columns):
    """At most `columns` wide; colour codes take no room."""
    out, width, at = [], 0, 0
    while at < len(line):
        if line[at] == "\x1b":
            end = line.index("m", at) + 1
            out.append(line[at:end])
            at = end
            continue
        if width < columns:
            out.append(line[at])
            width += 1
        at += 1
    return "".join(out)

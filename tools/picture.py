"""Pictures of calls as SVG: panels under one another over one axis of seconds since the call was connected."""

WIDTH, LEFT, RIGHT, GAP, ROW = 976, 100, 20, 34, 13
UP, DOWN, GREY, INK = "#0b6e99", "#c2571a", "#9aa4ad", "#24292f"


class Picture:
    def __init__(self, seconds, title):
        self.seconds, self.y, self.parts = max(seconds, 1), 56, []
        self.text(LEFT, 26, title, size=17, weight="600")

    def x(self, seconds):
        return LEFT + (WIDTH - LEFT - RIGHT) * min(max(seconds, 0), self.seconds) / self.seconds

    def text(self, x, y, words, size=12, weight="400", anchor="start", colour=INK):
        words = words.replace("&", "&amp;").replace("<", "&lt;")
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
                          f'text-anchor="{anchor}" fill="{colour}">{words}</text>')

    def panel(self, title, height, top, unit):
        """A frame with a scale from 0 to `top`; gives the function from value to y."""
        self.text(LEFT, self.y + 14, title, weight="600")
        begin, self.y = self.y + 22, self.y + 22 + height + GAP
        end = begin + height
        for share in (0, 0.5, 1) if top else ():
            y = end - height * share
            self.parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#e3e7ea"/>')
            self.text(LEFT - 8, y + 4, scale_words(top * share, unit), size=11, anchor="end", colour="#57606a")
        return lambda value: end - height * min(max(value / top if top else 0, 0), 1)

    def rows(self, title, names):
        """A frame with a row for each name, the first at the bottom; gives the function from name to y."""
        self.text(LEFT, self.y + 14, title, weight="600")
        end = self.y + 22 + ROW * len(names)
        self.y = end + GAP
        places = {name: end - ROW * i - ROW / 2 for i, name in enumerate(names)}
        for name, y in places.items():
            self.parts.append(f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#e3e7ea"/>')
            self.text(LEFT - 8, y + 3, name, size=9, anchor="end", colour="#57606a")
        return places.get

    def key(self, y, entries):
        """Beside the title of the panel whose frame begins at y."""
        spans = "   ".join(f'<tspan fill="{colour}">{words}</tspan>' for words, colour in entries)
        self.parts.append(f'<text x="{WIDTH - RIGHT}" y="{y - 8:.1f}" font-size="11" text-anchor="end" '
                          f'xml:space="preserve">{spans}</text>')

    def line(self, points, y, colour, dash=""):
        if not points:
            return
        path = "L".join(f"{self.x(seconds):.1f} {y(value):.1f}" for seconds, value in points)
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.8"{dashed}/>')

    def dots(self, points, y, colour):
        path = "".join(f"M{self.x(seconds):.0f} {y(value):.0f}h0" for seconds, value in points)
        if path:
            self.parts.append(f'<path d="{path}" stroke="{colour}" stroke-width="5" stroke-linecap="round"/>')

    def wave(self, peaks, step, middle, height, begin, colour):
        """A sound's loudness every `step` seconds, mirrored about `middle`."""
        top = max(peaks, default=0) or 1
        points = [(self.x(begin + i * step), peak / top * height) for i, peak in enumerate(peaks)
                  if 0 <= begin + i * step <= self.seconds]
        if points:
            over = "L".join(f"{x:.1f} {middle - peak:.1f}" for x, peak in points)
            under = "L".join(f"{x:.1f} {middle + peak:.1f}" for x, peak in reversed(points))
            self.parts.append(f'<path d="M{over}L{under}Z" fill="{colour}"/>')

    def finish(self):
        step = next(step for step in (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 3600) if self.seconds / step <= 12)
        for mark in range(0, int(self.seconds) + 1, step):
            self.text(self.x(mark), self.y - 6, f"{mark} s", size=11, anchor="middle", colour="#57606a")
        height = self.y + 10
        return (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
                f'viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif">'
                f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>{"".join(self.parts)}</svg>\n')


def scale_words(value, unit):
    if unit == "%":
        return f"{value:.0f} %"
    if unit == "s":
        return f"{value:.1f} s"
    if not unit:
        return f"{value:.1f}"
    return f"{value / 1000:.1f}k" if value >= 10_000 else f"{value:,.0f}"


def round_up(value):
    """The next number that looks well at the end of a scale."""
    size = 10.0 ** (len(str(int(value))) - 1) if value >= 1 else 0.1
    return next(size * step for step in (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10, 100) if size * step >= value)

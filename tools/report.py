"""The report of one call of the demo: report.md, picture.svg, and the text for the terminal."""
from dataclasses import dataclass, field

from demo_speech import read_envelope
from picture import DOWN, GREY, UP, Picture, round_up
from stage import MEDIA, total

ENVELOPE_SECONDS = 0.02
DELAY_MAX_SECONDS = 12


@dataclass
class Record:
    """One call over one link, or two. Times are time.monotonic()."""
    link: str
    link2: str
    rate: dict        # way -> bit/s of the field's link, 0: no limit
    max_bps: int      # what the call was allowed, 0: no limit
    steps: list       # of the set-up: name, side, begin, end
    connected: dict   # side -> time
    stats: dict       # side -> `stats` events
    ended: dict       # side -> `ended` event, or None
    packets: dict     # side -> packets of its link (stage.read_trace)
    counters: dict    # of the field's link
    wav: dict         # field-said, home-heard, home-said, field-heard -> path
    delay: dict = field(default_factory=dict)  # way -> seconds from mouth to ear, when it could be seen


def step_bytes(packets, step):
    """Signalling bytes up and down in a step: what was sent up in it and what arrived from above in it."""
    def inside(time):
        return time is not None and step["begin"] <= time < step["end"] + 0.02
    return (total([p for p in packets if inside(p["at"])], "up", media=False),
            total([p for p in packets if inside(p["out"])], "down", media=False))


def write(folder, record):
    """The summary, also written to report.md beside the picture."""
    envelopes = {name: read_envelope(path, ENVELOPE_SECONDS) for name, path in record.wav.items()}
    for way, said, heard in (("up", "field-said", "home-heard"), ("down", "home-said", "field-heard")):
        if said in envelopes and heard in envelopes:
            record.delay[way] = mouth_to_ear(record, way, envelopes[said], envelopes[heard])
    (folder / "picture.svg").write_text(picture(record, envelopes), encoding="utf-8")
    setup, figures = setup_table(record), call_table(record)
    title = f"# A call over {record.link}" + (f" and {record.link2}" if record.link2 else "")
    lines = [title, "", intro(record), "", "## Before the call", "", *setup, "", "## The call", "", *figures, "",
             "![history of the call](picture.svg)", "", "## The sound", ""]
    lines += [f"- [{path.name}]({path.name}): {SOUNDS[name]}" for name, path in record.wav.items()]
    (folder / "report.md").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return "\n".join(lines[:1] + lines[3:-len(record.wav) - 5])


SOUNDS = {"field-said": "what was said in the field", "home-heard": "what was heard of it at home",
          "home-said": "what was said at home", "field-heard": "what was heard of it in the field"}


def intro(record):
    cap = f" The call was allowed {record.max_bps:,} bit/s each way." if record.max_bps else ""
    return ("Real processes on one machine: farline-node, farline-cli in the field and at home, and farline-link "
            f"between them. Bytes count with their IPv4 and UDP headers, as the field's link carries them.{cap}")


def setup_table(record):
    rows = [["step", "took", "up", "down"]]
    for step in record.steps:
        if step["side"] not in record.packets:
            rows.append([step["name"], f"{step['end'] - step['begin']:.1f} s", "", ""])
            continue
        up, down = step_bytes(record.packets[step["side"]], step)
        rows.append([step["name"], f"{step['end'] - step['begin']:.1f} s", f"{up:,} B", f"{down:,} B"])
    return table(rows)


def call_table(record):
    rows = [["", "field to home", "home to field"]]
    speaker, listener = {"up": "field", "down": "home"}, {"up": "home", "down": "field"}
    last = {side: events[-1] for side, events in record.stats.items() if events}
    if len(last) < 2:
        return ["The call was too short for figures."]

    def row(name, value):
        rows.append([name, value("up"), value("down")])

    row("codec", lambda way: codec_words(last[speaker[way]]))
    row("on the wire", lambda way: f"{wire_bps(record, way):,.0f} bit/s")
    if record.rate["up"]:
        row("of the link", lambda way: f"{wire_bps(record, way) / record.rate[way]:.0%} of {record.rate[way]:,} bit/s")
    row("lost by the link", lambda way: f"{lost(record.counters[way])} of {record.counters[way]['packets']} packets")
    row("missing speech", lambda way: missing(record, listener[way]))
    row("playout delay", lambda way: f"{last[listener[way]]['playout_delay_ms'] / 1000:.2f} s")
    if record.delay:
        row("mouth to ear", lambda way: f"{record.delay[way]:.1f} s" if record.delay.get(way) else "not seen")
    row("bytes of the call", lambda way: f"{last[speaker[way]]['bytes_tx']:,}")
    rows.append(["round trip", f"{last['field']['rtt_ms'] / 1000:.2f} s", f"{last['home']['rtt_ms'] / 1000:.2f} s"])
    return table(rows)


def codec_words(stats):
    """Codec2's names say their rate, Opus's do not."""
    rate = f" at {stats['mode_bps']:,} bit/s" if stats["codec"].startswith("opus") else ""
    return f"{stats['codec']}{rate}, {stats['ptime_ms']} ms packets"


def missing(record, side):
    final = record.ended.get(side) or record.stats[side][-1]
    duration = final.get("duration_s") or len(record.stats[side])
    return f"{final['concealed_ms'] / 1000:.2f} s ({final['concealed_ms'] / 10 / max(duration, 1):.1f} %)"


def wire_bps(record, way):
    """Media as offered to the field's link, over the time it was offered."""
    media = [p for p in record.packets["field"] if p["way"] == way and p["type"] == MEDIA]
    if len(media) < 3:
        return 0
    return total(media[:-1]) * 8 / (media[-1]["at"] - media[0]["at"])


def lost(counters):
    return sum(count for name, count in counters.items() if name.startswith("dropped_"))


def table(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |" for row in rows]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def mouth_to_ear(record, way, said, heard):
    """Seconds from saying to hearing: the median over pieces of speech of where the two loudness curves agree best
    (the delay wanders). None when too few pieces agree."""
    speaker, listener = ("field", "home") if way == "up" else ("home", "field")
    ahead = record.connected[listener] - record.connected[speaker]  # heard[0] is this much after said[0]
    piece, lags, found = int(6 / ENVELOPE_SECONDS), int(DELAY_MAX_SECONDS / ENVELOPE_SECONDS), []
    for begin in range(0, min(len(said), 10 * piece) - piece, piece):
        best = max(((correlation(said[begin:begin + piece], heard[begin + lag:begin + lag + piece]), lag)
                    for lag in range(-min(begin, lags), lags) if begin + lag + piece <= len(heard)), default=(0, 0))
        if best[0] > 0.5:
            found.append(best[1] * ENVELOPE_SECONDS + ahead)
    return sorted(found)[len(found) // 2] if len(found) >= 2 else None


def correlation(a, b):
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    top = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b))
    bottom = (sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)) ** 0.5
    return top / bottom if bottom else 0


def picture(record, envelopes):
    zero = record.connected["field"]
    last = max((event["at"] for events in record.stats.values() for event in events), default=zero) - zero
    out = Picture(last, f"A call over {record.link}")
    draw_rates(out, record, zero)
    draw_delay(out, record, zero)
    draw_loss(out, record, zero)
    for way, said, heard in (("up", "field-said", "home-heard"), ("down", "home-said", "field-heard")):
        if heard in envelopes:
            draw_sound(out, record, way, envelopes.get(said), envelopes[heard])
    return out.finish()


def draw_rates(out, record, zero):
    series = {way: media_rate(record, way, zero, out.seconds) for way in ("up", "down")}
    highest = max((value for points in series.values() for _, value in points), default=1)
    near = sorted({rate for rate in record.rate.values() if 0 < rate < 3 * highest})
    top = round_up(max(near + [highest]) * 1.05)
    y = out.panel("On the wire, headers included (bit/s)", 130, top, "bit/s")
    for rate in near:
        out.line([(0, rate), (out.seconds, rate)], y, GREY, dash="6 4")
    out.line(series["up"], y, UP)
    out.line(series["down"], y, DOWN)
    limits = [("dashed: what the link carries", "#6e7781")] if near else []
    out.key(y(top), [("field to home", UP), ("home to field", DOWN), *limits])


def media_rate(record, way, zero, seconds):
    """(time, bit/s) of media at each packet, over the packets of the last two seconds or so."""
    media = [(p["at"] - zero, p["bytes"]) for p in record.packets["field"] if p["way"] == way and p["type"] == MEDIA]
    if len(media) < 8:
        return []
    count = max(4, round(2 * (len(media) - 1) / (media[-1][0] - media[0][0])))
    return [(media[i][0], sum(size for _, size in media[i - count:i]) * 8 / (media[i][0] - media[i - count][0]))
            for i in range(count, len(media)) if media[i][0] <= seconds]


def draw_delay(out, record, zero):
    def points(side, name):
        return [(event["at"] - zero, event[name] / 1000) for event in record.stats[side]]
    series = [(points("home", "playout_delay_ms"), UP), (points("field", "playout_delay_ms"), DOWN),
              (points("field", "rtt_ms"), GREY)]
    top = round_up(max((value for line, _ in series for _, value in line), default=1))
    y = out.panel("Delay (seconds)", 90, top, "s")
    for line, colour in series:
        out.line(line, y, colour)
    out.key(y(top), [("buffered at home", UP), ("buffered in the field", DOWN), ("round trip", "#6e7781")])


def draw_loss(out, record, zero):
    def points(side):
        return [(event["at"] - zero, event["loss"] * 100) for event in record.stats[side]]

    def concealed(side):
        totals = [(event["at"] - zero, event["concealed_ms"]) for event in record.stats[side]]
        return [(at, (value - before) / 10) for (_, before), (at, value) in zip(totals, totals[1:])]
    series = [(points("home"), UP, ""), (points("field"), DOWN, ""), (concealed("home"), UP, "2 3"),
              (concealed("field"), DOWN, "2 3")]
    top = round_up(max([5] + [value for line, _, _ in series for _, value in line]))
    y = out.panel("Lost packets, last 5 s (%)", 70, top, "%")
    for line, colour, dash in series:
        out.line(line, y, colour, dash=dash)
    out.key(y(top), [("heard at home", UP), ("heard in the field", DOWN),
                     ("dotted: speech concealed, last second", "#6e7781")])


def draw_sound(out, record, way, said, heard):
    speaker, listener = ("field", "home") if way == "up" else ("home", "field")
    zero = record.connected["field"]
    colour = UP if way == "up" else DOWN
    delay = f", {record.delay[way]:.1f} s later" if record.delay.get(way) else ""
    y = out.panel(f"Said {WHERE[speaker]} (grey), heard {WHERE[listener]}{delay}", 76, 0, "")
    if said:
        out.wave(said, ENVELOPE_SECONDS, y(0) - 57, 17, record.connected[speaker] - zero, GREY)
    out.wave(heard, ENVELOPE_SECONDS, y(0) - 19, 17, record.connected[listener] - zero, colour)


WHERE = {"field": "in the field", "home": "at home"}

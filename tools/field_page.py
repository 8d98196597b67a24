"""docs/FIELD.md and a picture for each profile."""
import statistics
import subprocess
import time
from dataclasses import dataclass

from field_measures import WAYS, cost_an_hour, percentile
from picture import DOWN, GREY, UP, Picture, round_up
from report import table
from stage import ROOT

QUEUE_LIMIT = 0.25  # seconds above a packet's time


@dataclass
class Record:
    calls: list      # field_measures.Call, those of one profile together
    ceilings: dict   # rung -> ESTOI without a link
    seconds: float
    load: float      # average of the machine meanwhile
    whole: bool      # every profile


def write(folder, record):
    pictures = folder / "field"
    pictures.mkdir(exist_ok=True)
    sections = []
    for profile in unique(call.profile["id"] for call in record.calls):
        calls = [call for call in record.calls if call.profile["id"] == profile]
        sections += section(calls, record, pictures)
    day = time.strftime("%-d %B %Y")
    intro = INTRO.format(day=day, commit=commit(), seconds=record.seconds, load=record.load)
    lines = ["# Calls in the field", "", intro, "",
             "## All links", "", *table(main_table(record)), "", LEGEND, "", NO_VOICE, "", "## Link by link", "",
             *sections]
    (folder / "FIELD.md").write_text("\n".join(lines).rstrip("\n") + "\n", encoding="utf-8")


INTRO = """What a call is like on each of the links that Farline is for. `make field` (root, a quarter of an hour) makes
these calls and writes this page; nothing here is typed in. This one: {day}, commit {commit}, calls of {seconds:.0f} s,
machine load {load:.1f} on average.

For each link there are a supernode, a caller in the field and a person at home as processes, and `farline-link`, which
carries every packet between the field and the rest as that link would. Both people talk all the time (recorded
sentences, one voice), which is the most a call can ask of a link. Nobody tells the programs what the link is: they find
out. Measured is from outside: packets in the trace of the link, speech by comparing what was said and what was heard.
The links are models with fixed seeds: rates, delays, jitter, losses and pauses from operators' documents and published
measurements (`src/emulate/profiles.cc`). Minutes-long outages that come every quarter of an hour or less often are
mostly not met in so short a call; `make field SECONDS=1800 LINK=gprs` meets them."""

LEGEND = """Two figures are field to home and home to field.

- **call**: ok when it was set up, stayed up and was ended by the caller. **set up**: from dialling, with both attached,
  until the caller can talk.
- **ESTOI** (Jensen & Taal 2016): how intelligible the speech is, 1 as said, 0 not at all, in bands to 3.4 kHz; the
  median over utterances of a few seconds, and in parentheses what nine of ten are above. An utterance that was not
  heard counts as 0, and what is played faster to catch up is judged at its speed. **of codec**: the mean against that
  of the same speech through the codecs in use without a link.
- **mouth to ear**: seconds, median and 95th percentile over utterances, with the time speech waits to fill a packet.
- **missing**: share of the speech where silence was heard.
- **queue**: how long packets wait in the link behind the call's own earlier ones, 95th percentile.
- **wire**: kbit/s with IPv4 and UDP headers. **an hour**: megabytes both ways when both talk all the time (people who
  take turns need less: the rows "in turns", eight seconds each), and what that costs by the link's tariff, where it is
  known; time tariffs charge by the minute whatever is sent. A row without a price says what is charged.

The peer is the best encrypted one that was found for thin links: baresip 1.0 (SIP, SRTP), set by hand to the most that
fits the link: Codec2 700C in 40 ms packets (11 kbit/s on the wire), Opus at 6 kbit/s in 60 ms packets (12.5) or at 28
kbit/s in 20 ms packets (48). It calls directly, without a proxy; its key is exchanged in clear SIP."""

NO_VOICE = """## Links without voice

No voice can live on these, and no call is tried on them: `hf-good` and `hf-poor` (HF radio: 1,200 bit/s shared by both
ways with 3 to 6 s each way, or 100 bit/s), `iridium-sbd` (single messages of 2 kB, 5 to 20 s each, no IP) and
`torture-100bps`. The thinnest voice Farline has takes 1,500 bit/s on the wire. What fits there is a chat's text and its
voice notes (ten seconds: 1.1 kB), which come whenever they come; they have not been tried on these. On `nb-iot`, whose
delay wanders by six seconds, a call comes about and stays up; what is said arrives seven seconds later, and of the
syllables some are lost: people can only take turns."""


def commit():
    done = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True)
    return done.stdout.strip() or "unknown"


def unique(values):
    return list(dict.fromkeys(values))


def main_table(record):
    rows = [["link", "", "call", "set up", "ESTOI", "of codec", "mouth to ear", "missing", "queue", "wire", "an hour",
             "cost"]]
    for call in record.calls:
        first = [f"[{call.profile['id']}](#{call.profile['id']})", call.program]
        if not call.ways:
            rows.append(first + [call.error] + [""] * (len(rows[0]) - 3))
            continue
        rows.append(first + [
            call.error or "ok", f"{call.setup:.1f} s", both(call, estoi_words),
            both(call, lambda way: ceiling_words(way, record.ceilings)),
            both(call, delay_words),
            both(call, lambda way: f"{way.missing():.1%}"),
            both(call, lambda way: f"{percentile(way.queue, 0.95):.2f}"),
            both(call, lambda way: f"{way.bytes * 8 / call.seconds / 1000:.1f}"),
            f"{call.bytes_an_hour() / 1e6:.1f} MB", cost_an_hour(call.profile["tariff"], call.bytes_an_hour())])
    return rows


def both(call, words):
    return " / ".join(words(call.ways[way]) for way in WAYS)


def estoi_words(way):
    scores = sorted(way.estoi())
    return f"{percentile(scores, 0.5):.2f} ({percentile(scores, 0.1):.2f})"


def delay_words(way):
    delays = way.delays()
    return f"{percentile(delays, 0.5):.1f} {percentile(delays, 0.95):.1f}" if delays else "-"


def ceiling_words(way, ceilings):
    share = ceiling_share(way, ceilings)
    return f"{share:.0%}" if share else "-"


def ceiling_share(way, ceilings):
    if not way.rungs or not way.judged:
        return None
    return statistics.fmean(way.estoi()) / statistics.fmean(ceilings[rung] for _, rung in way.rungs)


def section(calls, record, pictures):
    profile = calls[0].profile
    lines = [f"### {profile['id']}", "", link_words(profile)]
    for call in calls:
        lines.append("")
        if not call.ways:
            lines.append(f"{call.program}: {call.error}.")
            continue
        for way, (speaker, listener) in WAYS.items():
            lines.append(f"- {call.program}, {speaker} to {listener}: {way_words(call.ways[way], record.ceilings)}")
        if call.program == "Farline":
            (pictures / f"{profile['id']}.svg").write_text(picture(call), encoding="utf-8")
            lines += ["", f"![the call over {profile['id']}](field/{profile['id']}.svg)"]
    return lines + [""]


def link_words(profile):
    rates = " and ".join(f"{profile[f'{way}_bps'] / 1000:,g} kbit/s {way}" for way in WAYS)
    low, high = profile["delay_ms"] / 1000, (profile["delay_ms"] + profile["jitter_ms"]) / 1000
    return f"{rates}, {low:g} to {high:g} s each way before anything waits."


def way_words(way, ceilings):
    words = []
    if way.rungs:
        names = [name for _, name in way.rungs]
        used = sorted({name: names.count(name) / len(names) for name in names}.items(), key=lambda item: -item[1])
        words.append(", ".join(f"{name} {share:.0%} (ceiling {ceilings[name]:.2f})" for name, share in used[:3]))
    words.append(f"{way.packets:,} packets, {way.lost:,} lost" + (
        f", {way.refused:,} refused by a full queue or a policer" if way.refused else ""))
    if over := queue_over(way):
        words.append(f"its own queue is {over:.2f} s longer than it should be")
    return "; ".join(words) + "."


def queue_over(way):
    """By how much the 95th percentile is above a packet's time and QUEUE_LIMIT."""
    over = percentile(way.queue, 0.95) - way.ptime - QUEUE_LIMIT
    return over if way.ptime and over > 0 else 0


# The picture.
KEYS = [("field to home", UP), ("home to field", DOWN)]
COLOURS = {"up": UP, "down": DOWN}


def picture(call):
    out = Picture(call.seconds, f"A call over {call.profile['id']}")
    draw_rates(out, call)
    names = [name for way in call.ways.values() for _, name in way.rungs]
    y = out.rows("Rung of the ladder", sorted(set(names), key=rung_rate))
    for way, colour in COLOURS.items():
        out.line([(at, name) for at, name in steps(call.ways[way].rungs)], y, colour)
    draw_utterances(out, call, "Mouth to ear of each utterance (s)", lambda one: one.delay, "s")
    draw_utterances(out, call, "Intelligibility of each utterance (ESTOI; 0: not heard)", lambda one: one.estoi, "")
    return out.finish()


def draw_rates(out, call):
    highest = max((value for way in call.ways.values() for _, value in way.rates), default=1)
    limits = sorted({call.profile[f"{way}_bps"] for way in WAYS})
    near = [rate for rate in limits if 0 < rate < 3 * highest]
    top = round_up(max(near + [highest]) * 1.05)
    y = out.panel("On the wire, headers included (bit/s)", 110, top, "bit/s")
    for rate in near:
        out.line([(0, rate), (out.seconds, rate)], y, GREY, dash="6 4")
    for way, colour in COLOURS.items():
        out.line(call.ways[way].rates, y, colour)
    out.key(y(top), KEYS + ([("dashed: what the link carries", "#6e7781")] if near else []))


def draw_utterances(out, call, title, value, unit):
    points = {way: [(one.begin + one.delay if one.delay else one.begin, value(one))
                    for one in call.ways[way].judged if value(one) is not None] for way in WAYS}
    highest = max((figure for line in points.values() for _, figure in line), default=1)
    top = round_up(highest) if unit else 1
    y = out.panel(title, 80, top, unit)
    for way, colour in COLOURS.items():
        out.dots([(at + call.ways[way].shift, figure) for at, figure in points[way]], y, colour)
    out.key(y(top), KEYS)


def rung_rate(name):
    """Orders names as the ladder does: Codec2 before Opus, then by the number, then copies."""
    main, _, copy = name.partition("+")
    codec, _, rate = main.partition("-")
    return codec, int("".join(filter(str.isdigit, rate)) or 0), bool(copy)


def steps(points):
    """The corners of a line that jumps."""
    out = []
    for at, name in points:
        if out and out[-1][1] != name:
            out.append((at, out[-1][1]))
        if not out or out[-1][1] != name or at == points[-1][0]:
            out.append((at, name))
    return out

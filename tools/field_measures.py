"""The figures of one call over an emulated link, from outside the programs: the packets as the link saw them, and both
people's speech as said and as heard."""
import functools
import json
import statistics
import subprocess
from dataclasses import dataclass, field

import listening

WAYS = {"up": ("field", "home"), "down": ("home", "field")}  # who speaks, who listens
RATE_WINDOW = 2  # seconds a rate is taken over


@dataclass
class Way:
    """One direction. Times in seconds since the call was connected in the field, delays in seconds."""
    packets: int = 0
    lost: int = 0       # on the air
    refused: int = 0    # by a full queue or a policer
    bytes: int = 0      # headers included
    queue: list = field(default_factory=list)   # wait of each packet behind earlier ones, sorted
    rates: list = field(default_factory=list)   # (time, bit/s), each second
    rungs: list = field(default_factory=list)   # (time, rung), each second
    ptime: float = 0.0  # median packet time
    judging: object = None  # gives the next
    judged: list = field(default_factory=list)  # listening.Judged
    shift: float = 0.0  # when the speech began

    def estoi(self):
        return [one.estoi for one in self.judged]

    def delays(self):
        return sorted(one.delay for one in self.judged if one.delay is not None)

    def missing(self):
        """Share of the speech."""
        return sum(one.missing for one in self.judged) / (sum(one.speech for one in self.judged) or 1)


@dataclass
class Call:
    program: str
    profile: dict       # farline-link --list --json
    error: str = ""
    setup: float = 0.0  # seconds from dialling until the caller can talk
    seconds: float = 0.0
    ways: dict = field(default_factory=dict)
    stalls: int = 0

    def bytes_an_hour(self):
        return sum(way.bytes for way in self.ways.values()) / self.seconds * 3600


def percentile(ordered, share):
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)] if ordered else 0.0


def measure_link(packets, way, begin, end):
    """What was offered to the link one way between two times."""
    mine = [packet for packet in packets if packet["way"] == way and begin <= packet["at"] < end]
    out = Way(packets=len(mine), bytes=sum(packet["bytes"] for packet in mine),
              lost=sum(packet["verdict"] in ("loss", "outage") for packet in mine),
              refused=sum(packet["verdict"] in ("queue", "policer") for packet in mine),
              queue=sorted(packet["queue_s"] for packet in mine))
    for second in range(RATE_WINDOW, int(end - begin) + 1):
        inside = sum(packet["bytes"] for packet in mine if second - RATE_WINDOW <= packet["at"] - begin < second)
        out.rates.append((second, inside * 8 / RATE_WINDOW))
    return out


@functools.lru_cache(maxsize=4)
def utterances(said):
    return listening.cut(listening.read_wav(said))


def judge_files(said, heard, ahead, seconds):
    return listening.judge(utterances(said), listening.read_wav(heard), ahead, seconds)


def measure_ceiling(voice_loop, rung, said, heard, seconds):
    """Mean ESTOI of the beginning of a speech through the rung's codec, with no link between."""
    subprocess.run([voice_loop, said, heard, "--rung", rung], check=True, capture_output=True)
    return statistics.fmean(one.estoi for one in judge_files(said, heard, 1.0, seconds))


def read_profiles(farline_link):
    done = subprocess.run([farline_link, "--list", "--json"], check=True, capture_output=True, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def cost_an_hour(tariff, bytes_an_hour):
    """In words; empty where nothing is charged by time or by bytes."""
    if tariff["type"] == "time":
        block = tariff["block_s"] or 1
        minutes = max(-(-3600 // block) * block, tariff["min_s"]) / 60
        return f"${minutes * tariff['usd_per_min']:.0f}" if tariff["usd_per_min"] else f"{minutes:.0f} min"
    if tariff["type"] == "bytes":
        begin = max(bytes_an_hour * tariff["after_s"] / 3600, tariff["session_min_bytes"])
        rest = max(bytes_an_hour / 3600, tariff["min_bytes_per_s"]) * (3600 - tariff["after_s"])
        megabytes = (begin + rest) / 1e6
        return f"${megabytes * tariff['usd_per_mb']:.0f}" if tariff["usd_per_mb"] else f"{megabytes:.1f} MB"
    return ""

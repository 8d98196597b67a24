"""The peer for `make field`: calls of baresip (SIP, SRTP) over the same links with the same speech and measures.

Its player writes into a pipe that is emptied at the pace of a sound card, which is what is heard.
"""
import fcntl
import multiprocessing
import os
import shutil
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import field_call
import listening
from field_measures import WAYS, Call, measure_link
from stage import Failure

CARD_RATE = 48000
CARD_BYTES = 8192  # of the pipe: 85 ms
TICK = 0.005
SETUP_SECONDS = 90
RTP = 0x80  # first byte; SIP begins with a letter


@dataclass
class Setting:
    """An account's words, and bit/s on the wire with SRTP while talking (measured on a perfect link)."""
    name: str
    wire_bps: int
    source_rate: int
    module: str
    ptime_ms: int
    config: str


SETTINGS = [
    Setting("Codec2 700C", 10_995, 8000, "codec2", 40, "codec2_mode 8"),
    Setting("Opus 6k", 12_540, CARD_RATE, "opus", 60, "opus_bitrate 6000\nopus_application voip"),
    Setting("Opus 28k", 47_826, CARD_RATE, "opus", 20, "opus_bitrate 28000"),
]


def is_here():
    return shutil.which("baresip") is not None


def best_setting(profile):
    """What somebody who knows the link would choose: the most that fits both ways, else the least."""
    rate = min(profile[f"{way}_bps"] for way in WAYS)
    return max((one for one in SETTINGS if one.wire_bps <= rate), key=lambda one: one.wire_bps, default=SETTINGS[0])


CONFIG = """sip_listen {address}:5060
net_interface {device}
call_local_timeout 120
audio_player alsa,heard
audio_source aufile,{said}
audio_alert aubridge,alert
ausrc_srate {setting.source_rate}
ausrc_channels 1
auplay_srate {rate}
auplay_channels 1
opus_stereo no
opus_sprop_stereo no
{setting.config}
module_path /usr/lib/baresip/modules
module aufile.so
module aubridge.so
module alsa.so
module srtp.so
module plc.so
module {setting.module}.so
module_tmp account.so
module_app menu.so
"""


class SoundCards:
    """Plays pipes, in a process of its own that nothing delays: each is emptied at 48 kHz from its opening on; what is
    not there in time is silence. Made before there are threads."""

    def __init__(self):
        self.lock = threading.Lock()
        self.orders, theirs = multiprocessing.Pipe()
        multiprocessing.Process(target=play_cards, args=(theirs,), daemon=True).start()

    def open(self, path):
        """When it began."""
        os.mkfifo(path)
        return self.ask("open", str(path))

    def finish(self, path, wav):
        return self.ask("finish", str(path), str(wav))

    def ask(self, *order):
        with self.lock:
            self.orders.send(order)
            return self.orders.recv()


def play_cards(orders):
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cards = {}
    while True:
        for card in cards.values():
            card.play(time.monotonic())
        if not orders.poll(TICK):
            continue
        try:
            word, path, *wav = orders.recv()
        except EOFError:
            return
        if word == "open":
            cards[path] = Card(path)
            orders.send(cards[path].begin)
        else:
            orders.send(cards.pop(path).finish(*wav))


class Card:
    def __init__(self, path):
        self.pipe = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(self.pipe, fcntl.F_SETPIPE_SZ, CARD_BYTES)
        self.begin, self.played = time.monotonic(), bytearray()

    def play(self, now):
        wanted = 2 * int((now - self.begin) * CARD_RATE) - len(self.played)
        try:
            while wanted > 0 and (data := os.read(self.pipe, wanted)):
                self.played += data
                wanted -= len(data)
        except BlockingIOError:
            pass
        self.played += bytes(max(wanted, 0))

    def finish(self, path):
        os.close(self.pipe)
        Path(path).write_bytes(self.played)


def run(stage, profile, seconds):
    setting = best_setting(profile)
    call = Call(f"baresip {setting.name}", profile)
    try:
        talk(stage, f"{profile['id']}-sip", setting, call, seconds)
    except Failure as failure:
        call.error = str(failure).splitlines()[0]
        stage.note(f"{profile['id']}, {call.program}: {failure}")
    return call


def talk(stage, name, setting, call, seconds):
    with field_call.making:
        link = stage.add_site(name, call.profile["id"], "--seed", field_call.SEED)
    places = {"field": stage.sites[name], "home": stage.world}
    heard = {side: stage.logs / f"{name}-{side}-heard.wav" for side in places}
    pipes = {side: stage.folder / f"{name}-{side}.pipe" for side in places}
    opened = {side: stage.cards.open(pipe) for side, pipe in pipes.items()}
    programs = {}
    for side in ("home", "field"):
        folder = configure(stage, name, side, setting, link)
        dial = ["-e", f"/dial sip:home@{link.outside}"] if side == "field" else []
        programs[side] = stage.program(f"{name}-{side}", [
            "/usr/bin/env", f"ALSA_CONFIG_PATH={folder}/alsa", "stdbuf", "-oL", "baresip", "-f", folder, *dial],
            netns=places[side])
        wait_for_line(programs[side], "baresip is ready")
    begin = time.monotonic()
    wait_for_line(programs["field"], "Call established")
    found = time.monotonic()
    call.setup, call.seconds = found - begin, seconds
    time.sleep(seconds)
    if programs["field"].process.poll() is not None:
        call.error = "ended by itself"
    for side in ("field", "home"):
        programs[side].end()
        raw = stage.folder / f"{name}-{side}.raw"
        stage.cards.finish(pipes[side], raw)
        listening.write_wav(heard[side], np.fromfile(raw, "<i2"), CARD_RATE)
        raw.unlink()
    measure(stage, call, found, opened, heard, link.packets())


def wait_for_line(program, words):
    program.wait_for(f"'{words}'", lambda: any(words in line for line in program.lines), SETUP_SECONDS)


def configure(stage, name, side, setting, link):
    """The folder that baresip is started with."""
    address = link.inside if side == "field" else link.outside
    folder = stage.folder / f"{name}-{side}-baresip"
    folder.mkdir()
    said = at_rate(stage, side, setting.source_rate)
    (folder / "config").write_text(CONFIG.format(address=address, device=link.device, said=said, rate=CARD_RATE,
                                                 setting=setting))
    (folder / "accounts").write_text(
        f"<sip:{side}@{address}>;regint=0;answermode=auto;mediaenc=srtp-mand;ptime={setting.ptime_ms}\n")
    (folder / "contacts").write_text("")
    (folder / "alsa").write_text("pcm.heard {\n type file\n slave.pcm { type null }\n format raw\n"
                                 f" file \"{stage.folder / f'{name}-{side}.pipe'}\"\n}}\n")
    return folder


def at_rate(stage, side, rate):
    """The speech as baresip's file source takes it: at the rate of its codec."""
    said = stage.folder / f"{side}-said-{rate}.wav"
    with field_call.making:
        if not said.exists():
            samples = listening.resample(listening.read_wav(stage.said[side]), listening.RATE, rate)
            listening.write_wav(said, samples, rate)
    return said


def measure(stage, call, begin, opened, heard, packets):
    for way, (speaker, listener) in WAYS.items():
        out = measure_link(packets, way, begin, begin + call.seconds)
        media = [packet["at"] for packet in packets if packet["way"] == way and packet["at"] > begin - SETUP_SECONDS
                 and packet["type"] == RTP]
        if media:
            said_at = media[0]
            out.shift = said_at - begin
            out.judging = stage.judge(stage.said[speaker], heard[listener], opened[listener] - said_at,
                                     call.seconds)
        call.ways[way] = out

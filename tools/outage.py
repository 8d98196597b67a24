#!/usr/bin/env python3
"""`make sim-outage`: the outage of 2010 with Farline's decisions and with naive ones, as figures and a picture.

Arguments go to sim_outage (tests/sim/outage.cc). Results: out/outage/farline.json, naive.json, picture.svg.
"""
import sys

sys.dont_write_bytecode = True

import json
import subprocess
from pathlib import Path

from picture import DOWN, GREY, UP, Picture

ROOT = Path(__file__).resolve().parent.parent


def main():
    out = ROOT / "out" / "outage"
    out.mkdir(parents=True, exist_ok=True)
    runs = {name: simulate(name, out / f"{name}.json") for name in ("farline", "naive")}
    (out / "picture.svg").write_text(draw(runs))
    print(f"In {out.relative_to(ROOT)}/: picture.svg, farline.json, naive.json")
    return 0


def simulate(name, path):
    command = [ROOT / "build/gcc/tests/sim/sim_outage", "--json", path, *sys.argv[1:]]
    if name == "naive":
        command.append("--naive")
    if code := subprocess.run(command).returncode:
        sys.exit(code)
    return json.loads(path.read_text())


def tries(run, i):
    last = [second[1] for second in run["seconds"][max(0, i - 3):i + 1]]
    return sum(last) / len(last) / run["capacity"]


def draw(runs):
    ours, naive = runs["farline"], runs["naive"]
    seconds = min(len(ours["seconds"]), 10 * max(ours["t99"], ours["spread"], 12))
    picture = Picture(seconds, f"{ours['lost']:.0%} of {ours['nodes']:,} supernodes end at once; "
                               f"{ours['clients']:,} clients")
    panels = (("attached clients", ours["clients"], lambda run, i: run["seconds"][i][0], "n"),
              ("tries a second (mean of 4), as a multiple of what the remaining nodes can take", 15, tries, ""),
              ("supernodes that work", ours["nodes"] + ours["dedicated"], lambda run, i: run["seconds"][i][2], "n"))
    for title, top, value, unit in panels:
        y = picture.panel(title, 120, top, unit)
        picture.key(picture.y - 34 - 120, (("Farline", UP), ("naive: again after a second, no limits", DOWN)))
        for run, colour in ((naive, DOWN), (ours, UP)):
            picture.line([(i + 1, value(run, i)) for i in range(int(seconds))], y, colour)
        if title.startswith("attached"):
            for share in (ours["t95"], ours["t99"]):
                if share > 0:
                    picture.line([(share, 0), (share, top)], y, GREY, dash="3 3")
    return picture.finish()


if __name__ == "__main__":
    sys.exit(main())

"""What the net tests share: tools/netns.py's sites, recorded speech, and figures with a limit."""
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

import demo_speech
from netns import NODE, Sites, can_make, in_namespace, ip
from stage import MEDIA, Failure, total

SKIPPED = 77  # ctest's word for it


class World(Sites):
    def __init__(self):
        super().__init__(sys.argv[1] if len(sys.argv) > 1 else None)
        self.failed = 0

    def speech(self, seconds, prompts=demo_speech.FIELD):
        path = self.folder / f"speech-{prompts[0]}-{seconds}.wav"
        if not path.exists():
            demo_speech.write_speech(path, prompts, seconds)
        return path

    def check(self, what, figure, limit, unit=""):
        """Prints the figure and remembers when it is above the limit."""
        good = figure <= limit
        self.failed += not good
        number = f"{figure:,.2f}" if isinstance(figure, float) else f"{figure:,}"
        print(f"{'ok    ' if good else 'FAILED'} {what}: {number} {unit} (at most {limit:,.4g})", flush=True)


def main(test):
    if why := can_make():
        print(f"skipped: {why}")
        return SKIPPED
    try:
        with World() as world:
            try:
                test(world)
            except Failure:
                for program in world.programs:
                    print(f"--- {program.name} {' '.join(map(str, program.process.args))}\n{program.tail()}")
                raise
            return 1 if world.failed else 0
    except Failure as failure:
        print(f"FAILED {failure}", file=sys.stderr)
        return 1

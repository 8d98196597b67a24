#!/usr/bin/env python3
"""docs/ADMIN.md: every command in it is run, in its order, in one folder, as a new administrator would."""
import os
import re
import subprocess

import programs

GUIDE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "docs", "ADMIN.md")


class Guide(programs.Test):
    def test_from_nothing_to_a_policy(self):
        with open(GUIDE, encoding="utf-8") as file:
            steps = re.findall(r"^```sh\n(.*?)^```", file.read(), re.MULTILINE | re.DOTALL)
        self.assertGreaterEqual(len(steps), 8)
        path = programs.folder + os.pathsep + os.environ["PATH"]
        outputs = []
        for step in steps:
            done = subprocess.run(["sh", "-euc", step], cwd=self.path, env=os.environ | {"PATH": path},
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=programs.PATIENCE)
            self.assertEqual(done.returncode, 0, step + done.stdout + done.stderr)
            outputs.append(done.stdout)
        self.assertIn("refused: Voice is closed at this hour", "".join(outputs))
        self.assertIn("state: verified", "".join(outputs))
        self.assertIn("taken: 2 invitations and 0 renewals", "".join(outputs))
        self.assertIn("    + \"5f0c6a2b9d3e8147\"", "".join(outputs))
        with open(self.at("goma.nft"), encoding="utf-8") as file:
            self.assertIn("198.51.100.7 . 4500", file.read())


if __name__ == "__main__":
    programs.main()

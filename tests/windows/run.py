"""make test-windows: what `make windows` built, under wine, beside the Linux build in build/gcc.

First argument: x86_64 (the default; Debian's wine64 runs it) or i686 (FARLINE_WINE names a wine that can). More
arguments are unittest's.
"""
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TARGET = sys.argv.pop(1) if sys.argv[1:] and not sys.argv[1].startswith("-") else "x86_64"
BUILD = ROOT / "build/windows" / TARGET
LINUX = ROOT / "build/gcc"
PROGRAMS = [path for path in sorted((BUILD / "bin").glob("*.exe"))]
STRIPPED_BYTES_MAX = {"i686": 8_000_000, "x86_64": 10_000_000}[TARGET]
SEEDS = 40
UNITS = ("base", "crypto", "wire", "emulate", "session", "path", "stream", "policy", "client", "supernode", "store",
         "admin", "host")
# The suites of tests/cli that a program for Windows has to pass, and of them what Windows has not: signals that end a
# program (there Ctrl-C reaches a console only), modes of files, limits of a process.
SUITES = ("test_policy.py", "test_policy_tools.py", "test_group_policy.py", "test_admin_people.py")

WINE = os.environ.get("FARLINE_WINE", "wine")
ENVIRONMENT = dict(os.environ, WINEPREFIX=str(ROOT / "build/windows/wine"), WINEDEBUG="-all")


def wine(*command, seconds=300, **options):
    return subprocess.run([WINE, *map(str, command)], env=ENVIRONMENT, timeout=seconds, capture_output=True, text=True,
                          **options)


def imports(program):
    """{DLL: functions}, as the program's import tables name them."""
    text = subprocess.run([f"{TARGET}-w64-mingw32-objdump", "-p", program], check=True, capture_output=True,
                          text=True).stdout
    found, dll = {}, None
    for line in text.splitlines():
        if match := re.match(r"\s+DLL Name: (\S+)", line):
            dll = found.setdefault(match[1].lower(), set())
        elif dll is not None and (match := re.match(r"\s+[0-9a-f]+\s+\d+\s+(\S+)$", line)):
            dll.add(match[1])
        elif line.startswith("The "):
            dll = None
    return found


def known_imports():
    lines = (Path(__file__).parent / "imports.txt").read_text().splitlines()
    known = {}
    for line in lines:
        if line and not line.startswith("#"):
            dll, *functions = line.split()
            known.setdefault(dll, set()).update(functions)
    return known


class OfTheFile(unittest.TestCase):
    def test_imports_are_of_windows_7(self):
        self.assertTrue(PROGRAMS, f"nothing in {BUILD}/bin; run `make windows` first")
        known = known_imports()
        for program in PROGRAMS:
            new = {dll: more for dll, functions in imports(program).items()
                   if (more := functions - known.get(dll, set()))}
            self.assertEqual(new, {}, f"{program.name}: look up since which Windows there is each, then write it down "
                             "in tests/windows/imports.txt")

    def test_size(self):
        for program in PROGRAMS:
            with tempfile.NamedTemporaryFile() as out:
                subprocess.run([f"{TARGET}-w64-mingw32-strip", "-o", out.name, program], check=True)
                self.assertLess(os.path.getsize(out.name), STRIPPED_BYTES_MAX, program.name)


class OfTheCores(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        subprocess.run(["ninja", "-C", BUILD, "--quiet", "sim", *(f"unit_{layer}" for layer in UNITS)], check=True)
        subprocess.run(["ninja", "-C", LINUX, "--quiet", "sim"], check=True)

    def test_units(self):
        for layer in UNITS:
            with self.subTest(layer=layer):
                done = wine(BUILD / f"tests/unit_{layer}.exe", cwd=ROOT)
                self.assertEqual(done.returncode, 0, done.stdout[-4000:])

    def test_simulated_worlds_are_the_same_as_on_linux(self):
        arguments = ("--hash", "--seeds", str(SEEDS))
        linux = subprocess.run([LINUX / "tests/sim/sim", *arguments], check=True, capture_output=True, text=True)
        windows = wine(BUILD / "tests/sim/sim.exe", *arguments)
        self.assertEqual(windows.stdout, linux.stdout, windows.stderr)


class OfThePrograms(unittest.TestCase):
    """The suites of tests/cli, given folders where programs of one name or the other are those for Windows."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="farline-windows-")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        subprocess.run(["ninja", "-C", LINUX, "--quiet", "src/app/all"], check=True)

    def put(self, name, if_words="*"):
        """`name` in the folder is the Windows program when its words match the pattern, else that of Linux."""
        program = self.folder / name
        program.write_text(f"""#!/bin/sh
case "$*" in
  {if_words}) WINEPREFIX='{ENVIRONMENT["WINEPREFIX"]}' WINEDEBUG=-all exec '{WINE}' '{BUILD}/bin/{name}.exe' "$@" ;;
  *) exec '{LINUX}/bin/{name}' "$@" ;;
esac
""")
        program.chmod(0o755)

    def suite(self, script, *tests):
        done = subprocess.run([sys.executable, "-B", ROOT / "tests/cli" / script, self.folder, *tests], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=ROOT / "tests/cli", timeout=600)
        self.assertEqual(done.returncode, 0, done.stdout[-6000:])

    def test_a_call_to_linux(self):
        self.put("farline-cli", if_words="*--profile*/ana*")
        self.put("farline-node", if_words="none")
        self.suite("test_call.py", "Talking.test_both_are_heard", "Talking.test_a_run_makes_the_call_for_its_profile",
                   "Talking.test_one_after_another")

    def test_a_call_from_linux(self):
        self.put("farline-cli", if_words="*--profile*/ben*")
        self.put("farline-node", if_words="none")
        self.suite("test_call.py", "Talking.test_both_are_heard", "Talking.test_the_callee_hangs_up")

    def test_all_of_it_on_windows(self):
        for name in ("farline-cli", "farline-node"):
            self.put(name)
        self.suite("test_call.py", "Talking.test_both_are_heard")

    def test_suites(self):
        for name in ("farline-cli", "farline-node", "farline-admin"):
            self.put(name)
        for script in SUITES:
            with self.subTest(suite=script):
                self.suite(script)


if __name__ == "__main__":
    unittest.main(verbosity=2)

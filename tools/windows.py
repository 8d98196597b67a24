"""make windows: the programs for Windows 7 and later, from Debian with mingw-w64. Each target gives two archives in
build/windows: the programs, which run from wherever they are unpacked; and what it takes to link them again with
another libcodec2 or FriBidi, as those libraries' licence (LGPL) asks. Arguments: x86_64, i686 or both."""
import re
import shlex
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build/windows"
NAMES = {"x86_64": "win64", "i686": "win32"}
PROGRAMS = ("farline", "farline-cli", "farline-node", "farline-admin")
FONTS = Path("/usr/share/fonts/truetype")
# What Windows 7 cannot write, or not well; the rest is in its own fonts.
SHIPPED_FONTS = ("noto/NotoSans-Regular.ttf", "noto/NotoSans-Bold.ttf", "noto/NotoSansArabic-Regular.ttf",
                 "noto/NotoSansArabic-Bold.ttf", "noto/NotoSansDevanagari-Regular.ttf",
                 "noto/NotoSansBengali-Regular.ttf", "noto/NotoSansEthiopic-Regular.ttf",
                 "noto/NotoSansMyanmar-Regular.ttf", "noto/NotoSansKhmer-Regular.ttf", "dejavu/DejaVuSans.ttf")
LICENCES = ("COPYING", "LICENSE", "LICENSE.txt", "LICENSE.TXT", "LICENSE.md", "docs/FTL.TXT")
COPYRIGHTS = ("fonts-noto-core", "fonts-dejavu-core", "libcli11-dev", "libtomlplusplus-dev", "mingw-w64-common",
              "gcc-mingw-w64-base")  # Debian's packages of what has no source of its own here
WHEN = (2024, 1, 1, 0, 0, 0)  # of every file in an archive: the same programs give the same archive

RELINK = """#!/bin/sh
# Links the programs of this folder again. Put another libcodec2.a or libfribidi.a in the place of the one in
# libraries/lib first; it has to be built for this target with the headers of the version it replaces.
# Needs Debian's g++-mingw-w64-{target}-posix, or another mingw-w64 of GCC 12 with POSIX threads.
set -e
cd "$(dirname "$0")"
mkdir -p bin
"""


def run(*command, **options):
    subprocess.run([str(word) for word in command], check=True, **options)


def configure(target, build):
    # Small: one that is carried on a stick and starts on a laptop of 2009. The tables: see tools/windows-libraries.
    flags = "-Os -g1 -DNDEBUG -ffunction-sections"
    flags += " -fno-asynchronous-unwind-tables" if target == "i686" else ""
    run("cmake", "-S", ROOT, "-B", build, "-G", "Ninja", f"-DCMAKE_TOOLCHAIN_FILE={ROOT}/cmake/windows.cmake",
        f"-DFARLINE_WINDOWS_TARGET={target}", f"-DFARLINE_WINDOWS_PREFIX={OUT}/libraries/{target}",
        "-DFARLINE_UNITY=ON", "-DCMAKE_BUILD_TYPE=RelWithDebInfo", f"-DCMAKE_CXX_FLAGS_RELWITHDEBINFO={flags}",
        stdout=subprocess.DEVNULL)


def link_command(build, program):
    """As ninja runs it, without the shell's own words around it."""
    lines = subprocess.run(["ninja", "-C", build, "-t", "commands", f"bin/{program}.exe"], check=True,
                           capture_output=True, text=True).stdout.splitlines()
    return re.sub(r"^: && | && :.*$", "", lines[-1])


def add(archive, name, data, mode=0o644):
    entry = zipfile.ZipInfo(name, WHEN)
    entry.external_attr, entry.compress_type = mode << 16, zipfile.ZIP_DEFLATED
    archive.writestr(entry, data, compresslevel=9)


def stripped(target, path, *options):
    out = path.with_suffix(".stripped")
    run(f"{target}-w64-mingw32-strip", *options, "-o", out, path, env={"SOURCE_DATE_EPOCH": "0", "PATH": "/usr/bin"})
    data = out.read_bytes()
    out.unlink()
    return data


def pack_programs(target, build, folder, programs):
    with zipfile.ZipFile(OUT / f"{folder}.zip", "w") as archive:
        for program in programs:
            data = stripped(target, build / f"bin/{program}.exe")
            add(archive, f"{folder}/{program}.exe", data)
            print(f"  {program}.exe {len(data) / 1e6:.2f} MB")
        add(archive, f"{folder}/LICENSE.txt", (ROOT / "LICENSE").read_bytes())
        for font in SHIPPED_FONTS:
            add(archive, f"{folder}/fonts/{Path(font).name}", (FONTS / font).read_bytes())
        for package in COPYRIGHTS:
            add(archive, f"{folder}/licences/{package}.txt", Path(f"/usr/share/doc/{package}/copyright").read_bytes())
        for library in sorted((OUT / f"libraries/sources/{target}").iterdir()):
            for path in (library / name for name in LICENCES):
                if path.is_file():
                    add(archive, f"{folder}/licences/{library.name}-{path.stem}.txt", path.read_bytes())
    print(f"  build/windows/{folder}.zip")


def pack_relink(target, build, folder, programs):
    libraries = OUT / f"libraries/{target}"
    packed = set()
    script = RELINK.format(target=target.replace("_", "-"))
    with zipfile.ZipFile(OUT / f"{folder}-relink.zip", "w") as archive:
        for program in programs:
            command = []
            for word in shlex.split(link_command(build, program)):
                if word.startswith("-Wl,--out-implib"):
                    continue
                path = build / word
                if path.suffix in (".a", ".obj", ".o") and path.is_file():
                    inside = path.is_relative_to(libraries)
                    word = f"libraries/{path.relative_to(libraries)}" if inside else word
                    if word not in packed and not word.startswith("/"):
                        packed.add(word)
                        add(archive, f"{folder}-relink/{word}", stripped(target, path, "-g"))
                command.append(word.replace(str(libraries), "libraries"))
            command[0] = Path(command[0]).name
            script += shlex.join(command) + "\n"
        add(archive, f"{folder}-relink/relink.sh", script, 0o755)
    print(f"  build/windows/{folder}-relink.zip")


def main():
    targets = sys.argv[1:] or list(NAMES)
    if not set(targets) <= set(NAMES):
        sys.exit("tools/windows.py: the targets are x86_64 and i686")
    version = re.search(r"VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text().split("project(", 1)[1]).group(1)
    for target in targets:
        build = OUT / target
        run(ROOT / "tools/windows-libraries", target)
        configure(target, build)
        programs = PROGRAMS
        run("ninja", "-C", build, "--quiet", *(f"bin/{program}.exe" for program in programs))
        folder = f"farline-{version}-{NAMES[target]}"
        print(f"{target}:")
        pack_programs(target, build, folder, programs)
        pack_relink(target, build, folder, programs)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""tidy.py must find every planted violation, under its rule, and nothing in the clean tree it was planted in."""
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True
from tidy import Tidy  # noqa: E402

CMAKE = """farline_layer(base)
farline_layer(wire USES base)
farline_layer(crypto USES base PRIVATE_LIBS mbedtls)
farline_layer(voice USES base wire PRIVATE_LIBS codec2)
farline_layer(store USES base crypto PRIVATE_LIBS sqlite)
farline_layer(host USES base PRIVATE_LIBS uv)
"""

CLEAN = {
    "CMakeLists.txt": CMAKE,
    "README.md": "# Title\n\n[a page](docs/A.md)\n\n```\n# a comment in a shell\n```\n",
    "docs/A.md": "# A\n\n`wire_a_test.cc: it works` [back](../README.md#title), [elsewhere](https://example.org/home/x)\n",
    "src/base/a.h": "// What it is.\n#pragma once\n\nnamespace farline {\nusing namespace std::chrono_literals;\n}\n",
    "src/wire/a.h": "// What it is.\n#pragma once\n\n#include \"base/a.h\"\n\nnamespace farline::wire {}\n",
    "src/wire/a.cc": "#include \"wire/a.h\"\n\nnamespace farline::wire {\n"
                     "// rand(), time(nullptr), std::shared_ptr in a comment\n"
                     "const char* text() { return \"steady_clock shared_ptr rand()\"; }\n"
                     "struct S {\n  S() : a_{1}, b_(2) {\n    run_time(0);\n  }\n  int a_, b_ = 1'000;\n};\n}\n",
    "src/crypto/a.cc": "#include <psa/crypto.h>\n\nnamespace farline::crypto {}\n",
    "src/host/a.cc": "#include <sys/socket.h>\n#include <uv.h>\n\nnamespace farline::host {\n"
                     "long f() { return std::chrono::steady_clock::now(); }\n}\n",
    "src/app/main_cli.cc": "#include <uv.h>\n\n#include \"voice/a.h\"\n",
    "tests/unit/wire_a_test.cc": "TEST_CASE(\"it works\") {}\n",
    "tests/fuzz/wire_a_fuzz.cc": "",
    "tests/fuzz/corpus/wire_a/one": "\t \n\n ",
}


def source(body, layer="wire", path=None, top=""):
    return path or f"src/{layer}/planted.cc", f"{top}namespace farline::{layer} {{\n{body}\n}}\n"


def header(text):
    return "src/wire/planted.h", text


def include(line, layer="wire"):
    return source("", layer, top=line + "\n")


LONG_BODY = "\n".join(["  step();"] * 70)
MACHINE_PATH = "/" + "root/thing"

PLANTED = [
    ("layer", include('#include "voice/a.h"')),
    ("layer", include('#include "store/a.h"', "base")),
    ("layer", include('#include "wire/a.h"', "store")),
    ("layer", include('#include "a.h"')),
    ("layer", ("src/stray/a.cc", "namespace farline::stray {}\n")),
    ("library", include("#include <mbedtls/md.h>")),
    ("library", include("#include <psa/crypto.h>", "store")),
    ("library", include("#include <uv.h>", "voice")),
    ("library", include("#include <SDL2/SDL.h>", "voice")),
    ("library", include("#include <sqlite3.h>", "host")),
    ("library", include("#include <opus/opus.h>", "wire")),
    ("library", include("#include <codec2/codec2.h>", "host")),
    ("library", include("#include <speex/speex_preprocess.h>")),
    ("library", include("#include <codec2/codec2.h>", "app")),
    ("system-header", include("#include <unistd.h>")),
    ("system-header", include("#include <sys/socket.h>", "store")),
    ("system-header", include("#include <windows.h>", "voice")),
    ("io-in-core", include("#include <thread>")),
    ("io-in-core", include("#include <fstream>", "voice")),
    ("namespace", ("src/wire/planted.cc", "namespace farline::voice {}\n")),
    ("namespace", ("src/base/planted.cc", "int x;\n")),
    ("shared-ptr", source("std::shared_ptr<int> p;")),
    ("random", source("int f() { return rand(); }")),
    ("random", source("int f() { return std::rand(); }", "host")),
    ("random", source("std::random_device d;", "host")),
    ("random", source("std::uniform_int_distribution<int> d;")),
    ("random", source("void f() { getrandom(p, 4, 0); }", "store")),
    ("door", source("auto d = policy::decide(rules, request, time);", "app")),
    ("clock", source("auto t = std::chrono::steady_clock::now();")),
    ("clock", source("auto t = std::chrono::system_clock::now();", "store")),
    ("clock", source("auto t = time(nullptr);")),
    ("clock", source("auto t = std::time(0);")),
    ("clock", source("auto t = clock();")),
    ("clock", source("void f() { clock_gettime(id, &t); }")),
    ("clock", source("void f() { gettimeofday(&t, nullptr); }")),
    ("clock", source("auto t = uv_hrtime();", "voice")),
    ("using-namespace", header("// A.\n#pragma once\nnamespace farline::wire {\nusing namespace std;\n}\n")),
    ("pragma-once", header("// A.\nnamespace farline::wire {}\n")),
    ("first-comment", header("#pragma once\nnamespace farline::wire {}\n")),
    ("file-length", source("\n" * 600)),
    ("function-length", source("void long_one() {\n" + LONG_BODY + "\n}")),
    ("function-length", source("struct S {\n  S() : a_{1}, b_{2} {\n" + LONG_BODY + "\n  }\n};")),
    ("function-length", source("int S::f() const noexcept {\n  if (a) {\n" + LONG_BODY + "\n  }\n}")),
    ("tab", source("int\tx;")),
    ("trailing-space", source("int x; ")),
    ("trailing-space", ("docs/B.md", "# B\n\nText. \n")),
    ("line-length", source("// " + "x" * 118)),
    ("end-of-file", ("src/wire/planted.cc", "namespace farline::wire {}")),
    ("machine-path", source(f'auto p = "{MACHINE_PATH}";')),
    ("machine-path", ("docs/B.md", f"# B\n\nIt is in {MACHINE_PATH}.\n")),
    ("machine-path", ("docs/B.md", "# B\n\nAsk packages." + "internal for it.\n")),
    ("title", ("docs/B.md", "Text.\n")),
    ("title", ("docs/B.md", "# B\n\n# C\n")),
    ("dead-link", ("docs/B.md", "# B\n\n[gone](GONE.md)\n")),
    ("test-name", ("docs/B.md", "# B\n\n`wire_a_test.cc: it flies`\n")),
    ("test-name", ("docs/B.md", "# B\n\n`wire_b_test.cc: it works`\n")),
    ("unbuilt-test", ("tests/unit/nothing_a_test.cc", "")),
    ("corpus", ("tests/fuzz/wire_b_fuzz.cc", "")),
    ("corpus", ("tests/fuzz/corpus/wire_c/one", "x")),
]


def rules_found(planted):
    with tempfile.TemporaryDirectory() as folder:
        for name, text in (CLEAN | planted).items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return [rule for rule, _ in Tidy(folder).run()]


def main():
    failures = []
    if rules_found({}):
        failures.append(f"the clean tree: {rules_found({})}")
    for rule, (path, text) in PLANTED:
        found = rules_found({path: text})
        if found != [rule]:
            failures.append(f"{rule} planted in {path}, found {found}: {text[:70]!r}")
    print("\n".join(failures + [f"tidy self-test: {len(PLANTED) - len(failures)} of {len(PLANTED)} violations found"]))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

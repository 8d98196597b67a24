#!/usr/bin/env python3
"""What the compilers do not check: layers, homes of libraries, sizes, banned calls, text hygiene, titles, corpora.

tidy.py [DIR]: prints `file:line: rule: what is wrong`, one per line, and fails when there is any. The arrows between
layers and the libraries each may include are read from CMakeLists.txt. tidy_selftest.py plants one violation per rule.
"""
import re
import sys
from pathlib import Path

FILE_LINES_SOFT, FILE_LINES_MAX, FUNCTION_LINES_MAX, COLUMNS_MAX = 400, 600, 70, 120

# Exceptions, by name: (rule, file) or, for function-length, (rule, file, function).
EXCEPTIONS = {
    # The sound module is a C interface of its own, loaded at run time.
    ("namespace", "src/host/device_module.h"),
    ("namespace", "src/host/sdl_module/sdl_module.cc"),
    ("library", "src/host/sdl_module/sdl_module.cc"),
    # mbedTLS keeps its keys in a table of the whole process, without a lock of its own.
    ("io-in-core", "src/crypto/psa.h"),
}

OUTER = {"host", "app", "store", "backbone"}  # may touch the machine: files, threads
LIBRARY_HEADERS = {  # package of farline_layer's PRIVATE_LIBS: its headers
    "mbedtls": r"(mbedtls|psa)/", "argon2": r"argon2\.h", "codec2": r"codec2/", "opus": r"opus", "speexdsp": r"speex/",
    "sqlite": r"sqlite3", "nats": r"nats/", "zlib": r"zlib\.h", "zstd": r"z(std|dict)\.h", "toml": r"toml\+\+/",
    "uv": r"uv(\.h|/)", "sdl2": r"SDL", "imgui": r"imgui", "freetype": r"(ft2build|freetype/)",
    "harfbuzz": r"hb(-\w+)?\.h", "fribidi": r"fribidi"}
UI_SEES = {"client/view.h", "client/command.h"}  # of the layer below it but one: what is shown and asked for
APP_LIBRARIES = {"uv", "sdl2"}
SYSTEM_HEADERS = re.compile(
    r"(sys|netinet|arpa|net|linux|asm|bits|netpacket)/|(unistd|fcntl|poll|pthread|dlfcn|termios|pwd|grp|dirent|netdb|"
    r"ifaddrs|sched|spawn|syslog|strings|windows|winsock2|ws2tcpip|io|direct|process)\.h$|experimental/")
IO_HEADERS = re.compile(r"(thread|mutex|shared_mutex|condition_variable|future|fstream|iostream|filesystem)$")

CLOCKS = re.compile(
    r"\b((steady|system|high_resolution|utc|file)_clock|clock_gettime|gettimeofday|timespec_get|uv_now|uv_hrtime"
    r"|uv_clock_gettime|QueryPerformanceCounter|GetTickCount(64)?)\b"
    r"|(?<![\w.>])(std::)?(time|clock)\s*\(\s*(nullptr|NULL|0|&\w+)?\s*\)")
RANDOM = re.compile(
    r"\bstd::(random_device|mt19937(_64)?|minstd_rand0?|default_random_engine|\w+_distribution|s?rand|shuffle)\b"
    r"|(?<![\w.>:])(s?rand|s?random|[dlm]rand48|arc4random\w*)\s*\(")
SYSTEM_RANDOM = re.compile(r"\b(getrandom|getentropy|uv_random|BCryptGenRandom|mbedtls_ctr_drbg_\w+|psa_generate_\w+)")

# One door each asks the policy; farline-admin shows what it would say.
DECIDES = re.compile(r"(?<![\w.>:])policy::decide\s*\(|using\s+policy::decide\b")
DOORS = re.compile(r"src/(client/admission|supernode/door|app/admin_\w+)\.cc$")

CODE = {".h", ".cc"}
TEXT = CODE | {".py", ".sh", ".md", ".txt", ".cmake", ".json", ".toml", ".yml"}
LONG_LINES_ALLOWED = {".md", ".txt", ".json"}
SKIPPED_FOLDERS = {".git", "build", "out", ".ccache", "__pycache__", "corpus"}
# A tree below the root folder of somebody's machine, or a host that only one network knows.
MACHINE = re.compile(r"(?<![\w./*<-])/(?:work|root|home)(?:/|\b)|\b[\w-]+\.(?:internal|corp|intranet|localdomain)\b")


class Tidy:
    def __init__(self, root):
        self.root = Path(root)
        self.layers, self.libraries = read_layers(self.root / "CMakeLists.txt")
        self.errors, self.warnings = [], []

    def report(self, rule, path, line, what, function=None):
        name = path.relative_to(self.root).as_posix()
        if (rule, name) not in EXCEPTIONS and (rule, name, function) not in EXCEPTIONS:
            self.errors.append((rule, f"{name}:{line}: {rule}: {what}"))

    def run(self):
        for path in sorted(files_below(self.root)):
            if path.suffix in TEXT or path.name in ("Makefile", "setup", "run"):
                self.check_text(path)
            if path.suffix in CODE:
                self.check_code(path)
            if path.suffix == ".md":
                self.check_markdown(path)
        self.check_tests()
        return self.errors

    # Any text file.
    def check_text(self, path):
        text = path.read_text(encoding="utf-8", errors="replace")
        if text and not text.endswith("\n"):
            self.report("end-of-file", path, text.count("\n") + 1, "no newline at the end")
        for number, line in enumerate(text.splitlines(), 1):
            if "\t" in line and path.name != "Makefile":
                self.report("tab", path, number, "tab")
            if line != line.rstrip():
                self.report("trailing-space", path, number, "space at the end of the line")
            if len(line) > COLUMNS_MAX and path.suffix not in LONG_LINES_ALLOWED and "](http" not in line:
                self.report("line-length", path, number, f"{len(line)} columns, at most {COLUMNS_MAX}")
            if MACHINE.search(line):
                self.report("machine-path", path, number, "names one machine's path or a private host")

    def check_code(self, path):
        text = path.read_text(encoding="utf-8", errors="replace")
        code = strip_comments_and_strings(text)
        parts = path.relative_to(self.root).parts
        lines = text.count("\n")
        if lines > FILE_LINES_MAX:
            self.report("file-length", path, lines, f"{lines} lines, at most {FILE_LINES_MAX}")
        elif lines > FILE_LINES_SOFT:
            self.warnings.append(f"{'/'.join(parts)}: {lines} lines; above {FILE_LINES_SOFT} think of splitting")
        for name, start, length in functions(code):
            if length > FUNCTION_LINES_MAX:
                what = f"{name}: {length} lines, at most {FUNCTION_LINES_MAX}"
                self.report("function-length", path, start, what, name)
        if path.suffix == ".h":
            self.check_header(path, text, code)
        if parts[0] == "src" and len(parts) > 2:
            self.check_includes(path, text, parts[1])
            self.check_source(path, code, parts[1])

    def check_header(self, path, text, code):
        if "#pragma once" not in text:
            self.report("pragma-once", path, 1, "no #pragma once")
        if not text.startswith("//"):
            self.report("first-comment", path, 1, "the first line is not a comment that says what this is")
        for number, line in enumerate(code.splitlines(), 1):
            if re.search(r"\busing namespace (?!std::\w*literals\b|std::literals::)", line):
                self.report("using-namespace", path, number, "using namespace in a header")

    def check_includes(self, path, text, layer):
        if layer != "app" and layer not in self.layers:
            self.report("layer", path, 1, f"src/{layer} is no layer of CMakeLists.txt")
            return
        for number, line in enumerate(text.splitlines(), 1):
            include = re.match(r'\s*#\s*include\s*(["<])([^">]+)[">]', line)
            if not include:
                continue
            header, first = include[2], include[2].split("/")[0]
            if include[1] == '"':
                if "/" not in header:
                    self.report("layer", path, number, f'"{header}": write the folder, "layer/{header}"')
                elif layer != "app" and first != layer and first not in self.layers[layer]:
                    self.report("layer", path, number, f"{layer} does not use {first} (CMakeLists.txt)")
                elif layer == "ui" and first == "client" and header not in UI_SEES:
                    self.report("layer", path, number, f"{header}: ui sees View and Command only")
                continue
            for library, pattern in LIBRARY_HEADERS.items():
                allowed = APP_LIBRARIES if layer == "app" else self.libraries[layer]
                if re.match(pattern, header) and library not in allowed:
                    self.report("library", path, number, f"<{header}>: {layer} does not use {library} (CMakeLists.txt)")
            if layer != "host" and SYSTEM_HEADERS.match(header):
                self.report("system-header", path, number, f"<{header}>: only src/host knows the operating system")
            if layer not in OUTER and IO_HEADERS.match(header):
                self.report("io-in-core", path, number, f"<{header}>: cores have no files and no threads")

    def check_source(self, path, code, layer):
        wanted = "namespace farline" if layer == "base" else f"namespace farline::{layer}"
        if layer != "app" and not re.search(wanted + r"\b", code):
            self.report("namespace", path, 1, f"no `{wanted}`")
        for number, line in enumerate(code.splitlines(), 1):
            if "shared_ptr" in line:
                self.report("shared-ptr", path, number, "shared_ptr: one owner, references for the others")
            if RANDOM.search(line) or (SYSTEM_RANDOM.search(line) and layer not in ("host", "crypto")):
                self.report("random", path, number, "randomness comes from an Rng&")
            if layer in ("client", "supernode", "app") and DECIDES.search(line) and not DOORS.search(path.as_posix()):
                self.report("door", path, number, "only the doors ask the policy: Admission, and the supernode's Door")
            if layer != "host" and CLOCKS.search(line):
                self.report("clock", path, number, "only src/host reads a clock; everything else is told `now`")

    def check_markdown(self, path):
        titles, fenced = [], False
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if line.startswith("```"):
                fenced = not fenced
            if fenced:
                continue
            if line.startswith("# "):
                titles.append(number)
            for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
                if not re.match(r"[a-z]+:", target) and not (path.parent / target).exists():
                    self.report("dead-link", path, number, f"{target} does not exist")
            for file, name in re.findall(r"`(\w+_test\.cc|test_\w+\.py): ([^`]+)`", line):
                if not any(name in test.read_text(encoding="utf-8") for test in (self.root / "tests").rglob(file)):
                    self.report("test-name", path, number, f"{file} has no test `{name}`")
        if titles != [1]:
            self.report("title", path, titles[1] if len(titles) > 1 else 1, "one H1, on the first line")

    def check_tests(self):
        tests = self.root / "tests"
        for path in sorted((tests / "unit").glob("*_test.cc")):
            if path.name.split("_")[0] not in self.layers:
                self.report("unbuilt-test", path, 1, "begins with no layer's name, so no program is built of it")
        corpus = tests / "fuzz/corpus"
        targets = {path.name[:-len("_fuzz.cc")]: path for path in sorted((tests / "fuzz").glob("*_fuzz.cc"))}
        for name, path in targets.items():
            if not (corpus / name).is_dir() or not any((corpus / name).iterdir()):
                self.report("corpus", path, 1, f"tests/fuzz/corpus/{name}/ is empty or missing")
        for path in sorted(corpus.iterdir()) if corpus.is_dir() else []:
            if path.name not in targets:
                self.report("corpus", path, 1, "belongs to no target")


def read_layers(path):
    layers, libraries = {}, {}
    for arguments in re.findall(r"^farline_layer\(([^)]*)\)", path.read_text(encoding="utf-8"), re.MULTILINE):
        name, *words = arguments.split()
        layers[name], libraries[name] = set(), set()
        into = None
        for word in words:
            if word in ("USES", "PRIVATE_LIBS"):
                into = layers[name] if word == "USES" else libraries[name]
            else:
                into.add(word)
    return layers, libraries


def files_below(folder):
    for path in folder.iterdir():
        if path.is_dir():
            if path.name not in SKIPPED_FOLDERS:
                yield from files_below(path)
        else:
            yield path


TOKEN = re.compile(
    r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^(\s]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
    r"|'(?:\\.|[^'\\\n])+'|\b\d[\w']*|\w+",
    re.DOTALL)


def strip_comments_and_strings(text):
    """The same text with comments and the insides of literals gone; lines stay where they are."""
    def replacement(match):
        token = match.group()
        if token[:2] in ("//", "/*"):
            return "\n" * token.count("\n")
        if token[0] in "\"'" or token.startswith('R"'):
            return '""' + "\n" * token.count("\n")
        return token
    return TOKEN.sub(replacement, text)


def functions(code):
    """(name, first line, lines from brace to brace) of every function body that is not inside another.

    A heuristic on braces: a body opens after `)` and what may follow it (const, noexcept, override, -> type, a
    constructor's initialisers) where no function is open yet.
    """
    without_macros = re.compile(r"^ *#(?:[^\n\\]|\\.|\\\n)*", re.MULTILINE)
    code = without_macros.sub(lambda found: "\n" * found.group().count("\n"), code)
    stack, head, line, depth = [], "", 1, 0
    for character in code:
        if character == "\n":
            line += 1
        if character == "{":
            kind = "inner" if depth else brace_kind(head)
            stack.append((kind, head, line))
            depth += kind in ("function", "inner")
            head = head if kind == "initialiser" else ""
        elif character == "}" and stack:
            kind, opening, start = stack.pop()
            depth -= kind in ("function", "inner")
            if kind == "function":
                yield function_name(opening), start, line - start + 1
            head = head + "{}" if kind == "initialiser" else ""
        elif character == ";":
            head = ""
        else:
            head += character


def brace_kind(head):
    head = head.strip()
    if re.search(r"\)[^()]*(?<!:):(?!:)", head) and re.search(r"[\w>]$", head) and not re.search(r"\)\s*\w+$", head):
        return "initialiser"  # Type() : member_{...}
    if re.search(r"\b(namespace|class|struct|union|enum|extern)\b[^()]*$", head):
        return "scope"
    return "function" if ")" in head and not re.search(r"[=,(]$", head) else "scope"


def function_name(head):
    named = re.search(r"([~\w:]+)\s*\(", head)
    return named.group(1) if named else "?"


def main():
    tidy = Tidy(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).resolve().parent.parent)
    errors = tidy.run()
    for warning in tidy.warnings:
        print(f"note: {warning}")
    for _, text in errors:
        print(text)
    print(f"tidy: {len(errors)} violations" if errors else "tidy: clean")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())

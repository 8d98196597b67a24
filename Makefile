# The front door: `make help` lists the words. Everything is built under build/: gcc's build in build/gcc, clang's with
# sanitizers and fuzzers in build/clang. Missing Debian packages are installed by tools/setup.
SHELL := /bin/sh
JOBS := $(shell nproc 2>/dev/null || echo 2)
# -g1: lines in backtraces; full debug information costs a third of the build time.
GCC_FLAGS := -DCMAKE_CXX_COMPILER=g++ "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -g1 -DNDEBUG"
CLANG_FLAGS := -DCMAKE_CXX_COMPILER=clang++ -DFARLINE_SANITIZE=ON -DFARLINE_FUZZERS=ON -DFARLINE_UNITY=ON \
  "-DCMAKE_CXX_FLAGS_RELWITHDEBINFO=-O2 -gline-tables-only"
SEEDS := 5000
TIME := 60

.PHONY: build run field test field-long bench sim sim-outage windows test-windows fuzz tidy format clean help \
  bench-node build-gcc build-clang
.DEFAULT_GOAL := build

build: setup-build build-gcc ## build everything with gcc (what plain `make` does)

run: setup-build-run build/gcc/build.ninja ## the desktop; without a display, or with LINK, WAV, MIC: in the terminal
	@ninja -C build/gcc -j $(JOBS) --quiet src/app/all
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ] && [ -z "$(LINK)$(LINK2)$(WAV)$(MIC)$(SECONDS)" ]; then \
	  exec build/gcc/bin/farline --speech /usr/share/asterisk/sounds/en_US_f_Allison/demo-congrats.wav; \
	else \
	  exec tools/demo $(if $(LINK),--link "$(LINK)") $(if $(LINK2),--link2 "$(LINK2)") $(if $(WAV),--wav "$(WAV)") \
	    $(if $(MIC),--mic) $(if $(SECONDS),--seconds "$(SECONDS)"); \
	fi

field: setup-build-field build/gcc/build.ninja ## a call on every link: docs/FIELD.md (root) [LINK=gprs SECONDS=60]
	@ninja -C build/gcc -j $(JOBS) --quiet src/app/all voice_loop
	@tools/field $(if $(LINK),--link "$(LINK)") $(if $(SECONDS),--seconds "$(SECONDS)")

test: setup-build-test ## every check, on gcc and on clang with sanitizers (some 25 minutes; net tests only as root)
	@python3 tools/test.py

field-long: setup-build-test build-gcc ## ten-minute calls on nine links at once (root; not part of make test)
	@python3 -B tests/net/long.py build/gcc/bin

bench: setup-build-bench build-gcc ## print the figures of the README: bytes, memory, processor time
	@ninja -C build/gcc bench

bench-node: setup-build-bench build/gcc/build.ninja ## a node under load, beside coturn [CLIENTS=20000]
	@ninja -C build/gcc -j $(JOBS) --quiet node_load farline-node
	@build/gcc/tests/bench/node_load build/gcc/bin --clients $(or $(CLIENTS),200)

sim: setup-build build-gcc ## virtual-time worlds [SEEDS=5000], or one of them in full [SEED=7]
	@build/gcc/tests/sim/sim $(if $(SEED),--seed $(SEED) --verbose,--seeds $(SEEDS))

sim-outage: setup-build build/gcc/build.ninja ## the outage of 2010 with a million clients [OUTAGE="--lost 0.67"]
	@ninja -C build/gcc -j $(JOBS) --quiet sim_outage
	@python3 tools/outage.py $(OUTAGE)

windows: setup-build-windows ## farline for Windows 7 and later, as .zip; 15 minutes the first time [TARGET=x86_64]
	@python3 tools/windows.py $(TARGET)

test-windows: setup-build-windows-wine build/gcc/build.ninja ## what `make windows` made, under wine [TARGET=x86_64]
	@python3 -B tests/windows/run.py $(or $(TARGET),x86_64)

fuzz: setup-build-test build-clang ## grow the corpus of every fuzz target for [TIME=60] seconds each
	@python3 tools/fuzz.py $(TIME)

tidy: setup-build ## layers, sizes, banned calls, titles: what the compilers do not check
	@python3 tests/tidy.py

format: setup-format ## put every C++ file into the form of .clang-format
	@find src tests -name '*.h' -o -name '*.cc' | xargs clang-format -i

clean: ## remove everything built
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' Makefile | awk -F '|' '{ printf "%-18s%s\n", $$1, $$2 }'

build-gcc: build/gcc/build.ninja
	@ninja -C build/gcc -j $(JOBS)

build-clang: build/clang/build.ninja
	@ninja -C build/clang -j $(JOBS)

build/gcc/build.ninja: | setup-build
	@cmake -S . -B build/gcc -G Ninja $(GCC_FLAGS)

build/clang/build.ninja: | setup-build-test
	@cmake -S . -B build/clang -G Ninja $(CLANG_FLAGS)

setup-%:
	@tools/setup $(subst -, ,$*)

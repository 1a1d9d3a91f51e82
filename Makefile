# Everything a person runs by hand, and what CI runs.
SWIFT ?= swift
RELEASE = --configuration release --static-swift-stdlib --scratch-path .build-release
BIN = .build-release/release
PREFIX ?= /usr/local
# musl's start takes a quarter of the time that glibc's takes, and there is one for each command.
MULTIARCH = /usr/include/$(shell $(CC) -print-multiarch)
SHIM = musl-gcc -Os -static -s -Wall -Wextra -Werror -idirafter /usr/include -idirafter $(MULTIARCH) Sources/Shim/*.c

.PHONY: build demo test tests api torture examples lint setup tools sanitize fuzz bench soak clean install deb

# The three programs, ready to be installed.
build: setup
	$(SWIFT) build $(RELEASE)
	$(SHIM) -o $(BIN)/taskd-shim

# From nothing to a counted library: builds, starts a private daemon, runs the inventory, shows its history, stops.
demo: build
	scripts/demo.sh $(BIN)

# Every test, eight at a time: all at once, each would take as long as all of them and miss its limit. What they need beside is
# fetched while they are built.
test: setup
	$(MAKE) --jobs=2 tools tests
	$(SWIFT) test --skip-build --experimental-maximum-parallelization-width 8
	$(API)

tests:
	$(SWIFT) build --build-tests
	$(SHIM) -o .build/debug/taskd-shim

API = .build-tools/python/bin/python Tests/API/run.py .build/debug
# The daemon against its description in docs/openapi.yaml; API_SECONDS says how long, for more than a minute or so.
API_SECONDS ?= 45
api: tools
	$(SWIFT) build
	$(SHIM) -o .build/debug/taskd-shim
	$(API) $(API_SECONDS)

TORTURE = SurvivalTests|WitnessTests|leavesNoProcess|treesOutlive|DurabilityTests|DamageTests|FaultTests|DiskTests|SystemdTests|$\
	LinearizabilityTests
# The tests that break things, for as long as the figures in docs/reliability.md took.
torture: tools tests
	TASKD_TORTURE=1 $(SWIFT) test --skip-build --filter '$(TORTURE)'

# The examples that are programs of their own.
examples: setup
	scripts/test-examples.sh

lint:
	$(SWIFT) format lint --strict --recursive Package.swift Sources Tests Examples/asyncio-tour/Package.swift \
		Examples/asyncio-tour/Sources Benchmarks/Package.swift Benchmarks/Sources \
		Fuzz/Package.swift Fuzz/Sources/Fuzz

SANITIZERS = thread address
SANITIZED =
# The data-race and memory checks of all that is below the daemon's socket; the first build of each takes minutes.
sanitize: setup
	for sanitizer in $(SANITIZERS); do SHIM='$(SHIM)' scripts/sanitize.sh $$sanitizer $(if $(SANITIZED),'$(SANITIZED)') || \
		exit 1; done

TARGETS =
# Throws bytes at everything that reads what others wrote, for FUZZ_SECONDS each, or at TARGETS alone.
fuzz: setup
	scripts/fuzz.sh $(TARGETS)

bench: build tools
	Benchmarks/commands.py $(BIN)
	Benchmarks/store.py $(BIN) docs/cost.svg
	Benchmarks/measure.py $(BIN)
	Benchmarks/inventory.py $(BIN)
	$(SWIFT) run --configuration release --package-path Benchmarks --quiet Scopes

# Many tasks through many deaths, to see what grows: some minutes.
soak: build
	Benchmarks/soak.py $(BIN)

# Installs what the build needs from Debian's packages, if it is missing.
setup:
	scripts/setup.sh build

# Installs what the tests need beside: Debian's and Python's packages, library servers, and records to count.
tools:
	scripts/setup.sh test
	scripts/setup-library.sh

# The programs with their units, completions, manual pages and documents: make install [DESTDIR=] [PREFIX=/usr/local]
install: build
	scripts/install.sh $(BIN) "$(DESTDIR)" $(PREFIX)

# The same as a Debian package, in .build-deb.
deb: build
	scripts/make-deb.sh $(BIN) .build-deb

clean:
	rm -rf .build .build-release .build-thread .build-asan .build-fuzz .build-deb .demo

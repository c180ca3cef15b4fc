SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
BINDIR = $(DESTDIR)$(PREFIX)/bin
SHARE = $(DESTDIR)$(PREFIX)/share
BUILD := .build/release/csvlasso
# The date that the manual page shows; it changes with the page.
MANUAL_DATE := 2026-11-24
# The suites that run with every bound checked.
DEBUG_SUITES := ^CSVRecordsTests|MomentsTests|GramRowsTests|SolverTests|GroupTests|EngineTests
export SWIFT

.DEFAULT_GOAL := help
.PHONY: help dependencies build demo test test-all test-debug check-guide lint format golden references man static install simulate bench bench-quick bench-scale bench-micro pictures gate gate-refresh sanitize fuzz fuzz-quick faults faults-quick clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dependencies: ## install the system libraries that are missing (apt, sudo when not root)
	@scripts/install-dependencies.sh

build: dependencies ## build in release mode
	$(SWIFT) build -c release --product csvlasso

demo: build ## run the main job on a sample
	@echo
	@echo '$$ csvlasso -y y samples/diabetes.csv | head -5'
	@$(BUILD) -y y samples/diabetes.csv > .build/demo.csv && head -5 .build/demo.csv

test: build ## build and run the tests in release, on the program of `make build`; ten minutes at most
	@scripts/test.sh release

test-all: build ## the same, laws of averages (tag slow) on four times as many tables
	@CSVLASSO_SLOW=1 scripts/test.sh release

# What touches memory or says that a bad call is a precondition.
test-debug: dependencies ## the laws of reader, moments and solver with every bound checked; five minutes at most
	@scripts/test.sh debug --filter '$(DEBUG_SUITES)'

check-guide: build ## run every command in README, GUIDE and docs and compare the output
	@scripts/test.sh release --filter GuideTests

lint: ## check the format of all Swift files
	$(SWIFT) format lint --strict -r Package.swift Sources Tests Benchmarks Fuzz

format: ## format all Swift files
	$(SWIFT) format -i -r Package.swift Sources Tests Benchmarks Fuzz

golden: build ## write the expected output of the golden tests anew
	@GOLDEN=write scripts/test.sh release --filter GoldenTests

references: ## make the reference figures anew (R with glmnet, Python with scikit-learn)
	python3 samples/make.py
	python3 samples/make-diabetes.py
	Rscript Tests/References/make-glmnet.R
	Rscript Tests/References/make-glmnet-families.R
	Rscript Tests/References/make-glmnet-choices.R
	Rscript Tests/References/make-stability.R
	python3 Tests/References/make-sklearn.py
	python3 Tests/References/make-huber.py
	python3 Tests/References/make-nonconvex.py

man: dependencies ## write the manual page anew
	$(SWIFT) package --allow-writing-to-package-directory generate-manual --date $(MANUAL_DATE)
	cp .build/plugins/GenerateManual/outputs/CSVLassoTool/csvlasso.1 docs/csvlasso.1

# OpenBLAS, libstdc++, zlib and libzstd are linked in, too, where their archives are found.
static: dependencies
	flags=$$(scripts/archives.sh) && \
	  PKG_CONFIG_PATH="$(CURDIR)/.build/archives$${PKG_CONFIG_PATH:+:$$PKG_CONFIG_PATH}" \
	  $(SWIFT) build -c release --product csvlasso --static-swift-stdlib --disable-local-rpath --scratch-path .build/static $$flags

install: static ## install under PREFIX (/usr/local), the Swift runtime linked in
	install -d $(BINDIR) $(SHARE)/man/man1 $(SHARE)/bash-completion/completions \
	  $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	install -m 755 .build/static/release/csvlasso $(BINDIR)/csvlasso
	install -m 644 docs/csvlasso.1 $(SHARE)/man/man1/csvlasso.1
	$(BINDIR)/csvlasso --generate-completion-script bash > $(SHARE)/bash-completion/completions/csvlasso
	$(BINDIR)/csvlasso --generate-completion-script zsh > $(SHARE)/zsh/site-functions/_csvlasso
	$(BINDIR)/csvlasso --generate-completion-script fish > $(SHARE)/fish/vendor_completions.d/csvlasso.fish

bench: static ## the main job against its peers, all sets; about an hour (see Benchmarks/README.md)
	python3 Benchmarks/bench.py

simulate: build ## what rules choose against the truth, ours and the peers'; hours (see Simulation/README.md)
	python3 Simulation/simulate.py

bench-quick: static ## the same on small sets with few peers; two minutes
	python3 Benchmarks/bench.py --quick

bench-scale: static ## how time and memory grow in rows and columns, with a plot
	python3 Benchmarks/scale.py

bench-micro: dependencies ## time reader, parser, moments, solver and writer by themselves
	$(SWIFT) run -c release MicroBenchmarks

pictures: build ## draw docs/regularization.svg anew (Python; matplotlib goes to .build/peers/plot)
	python3 scripts/regularization-picture.py

gate: build ## count instructions on small inputs; fails where they rose by more than 10 %
	@scripts/install-dependencies.sh valgrind
	scripts/instructions.sh

gate-refresh: build ## write the counts that the gate compares with anew
	@scripts/install-dependencies.sh valgrind
	scripts/instructions.sh refresh

sanitize: dependencies ## tests of the reader and the C kernels under three sanitizers
	scripts/sanitize.sh

# Each of four targets for so long.
FUZZ_SECONDS ?= 3600

fuzz: dependencies ## libFuzzer on four targets, each for FUZZ_SECONDS (an hour); see Fuzz/README.md
	Fuzz/run.sh $(FUZZ_SECONDS)

fuzz-quick: FUZZ_SECONDS = 60
fuzz-quick: dependencies ## the same, a minute each
	Fuzz/run.sh $(FUZZ_SECONDS)
faults: build ## let every system call fail, one at a time, signals too; half an hour (FAULTS_SEED=N; see CONTRIBUTING.md)
	@command -v python3 >/dev/null || scripts/install-dependencies.sh python3
	python3 Tests/Faults/faults.py --program $(BUILD) $(FAULTS_FLAGS)
faults-quick: build ## a sample of the same; about a minute
	@command -v python3 >/dev/null || scripts/install-dependencies.sh python3
	python3 Tests/Faults/faults.py --program $(BUILD) --quick $(FAULTS_FLAGS)

clean: ## remove what was built
	rm -rf .build

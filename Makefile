SWIFT ?= swift
PREFIX ?= /usr/local
DESTDIR ?=
BINDIR = $(DESTDIR)$(PREFIX)/bin
SHARE = $(DESTDIR)$(PREFIX)/share
BUILD := .build/release/csvlasso
# The date that the manual page shows; it changes with the page.
MANUAL_DATE := 2026-11-24

.DEFAULT_GOAL := help
.PHONY: help dependencies build demo test gauntlet gauntlet-quick check-guide lint format golden references man static install simulate bench bench-quick bench-scale bench-micro pictures gate gate-refresh clean

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

test: dependencies ## build and run all tests
	$(SWIFT) test --quiet
	$(MAKE) gauntlet-quick

gauntlet: build ## real tables of packages with drawn options, and cv.glmnet beside them; an hour and more (see Tests/Gauntlet/README.md)
	scripts/install-dependencies.sh python3-venv
	python3 -u Tests/Gauntlet/gauntlet.py --program $(BUILD)

gauntlet-quick: build ## the same with 200 small runs on tables that are here or made; a minute
	@python3 -u Tests/Gauntlet/gauntlet.py --program $(BUILD) --quick

check-guide: dependencies ## run every command in README, GUIDE and docs and compare the output
	$(SWIFT) test --quiet --filter GuideTests

lint: ## check the format of all Swift files
	$(SWIFT) format lint --strict -r Package.swift Sources Tests Benchmarks

format: ## format all Swift files
	$(SWIFT) format -i -r Package.swift Sources Tests Benchmarks

golden: dependencies ## write the expected output of the golden tests anew
	GOLDEN=write $(SWIFT) test --filter GoldenTests

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

clean: ## remove what was built
	rm -rf .build

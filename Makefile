# Lockstep: every task of a developer. `make help` lists them.
SHELL       := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

GO      ?= go
BIN     := bin
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION)
MODULES := $(sort $(dir $(shell git ls-files -- 'go.mod' '*/go.mod')))

# Parameters: make run ARGS="--port 7000"; make fuzz T=1m; make sim SEED=7 RUNS=100; make interop RUN=TestChain; make conformance FILES="unit/sort"
ARGS  ?=
T     ?= 10s
SEED  ?=
RUNS  ?= $(if $(SEED),1,2000)
FRESH ?= 200
ROUNDS ?= 200
RUN   ?=
FILES ?=
BACKEND ?=
WHAT  ?=
CI    ?=

# Packages whose tests need built programs or peers: they run last.
WHOLE := /test/(interop|clients|e2e|chaos|crash|diff)$$
UNIT   = $$($(GO) list work | grep -vE '$(WHOLE)')
# Packages in which goroutines meet.
RACE  := ./libs/netconn/... ./libs/repl/... ./server/...

export LOCKSTEP_BIN ?= $(CURDIR)/$(BIN)

##@ Use
.PHONY: help run build bench bench-fsync
help: ## List the targets
	@awk -F ':.*## ' '/^##@ / { printf "\n%s\n", substr($$0, 5) } /^[a-z][a-z0-9-]*:.*## / { printf "  %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(BIN)/lockstep-server ## Build and start a server (ARGS="--port 7000"); its data goes to .cache/run
	@mkdir -p .cache/run
	exec $(BIN)/lockstep-server --dir .cache/run $(ARGS)

build: $(addprefix $(BIN)/lockstep-,server cli rdbcheck bench) ## Build the four programs into bin/

.PHONY: FORCE
$(BIN)/lockstep-%: FORCE
	@$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./$*

bench: build peers ## Measure beside redis-server all that has a target (ARGS="--runs 5", WHAT="cpu stall"; wants a quiet machine, 12 GB)
	$(BIN)/lockstep-bench --peer redis-server --keys 3000000 $(ARGS) $(or $(WHAT),all)
	$(if $(WHAT),,bench/appendfsync.sh $(BIN)/lockstep-server)

bench-fsync: build peers ## Writes per second with each policy of appendfsync, beside redis-server
	bench/appendfsync.sh $(BIN)/lockstep-server

##@ Test
.PHONY: test check unit sim race fuzz interop clients e2e chaos crash diff conformance
test: tools peers check build unit sim race $(if $(CI),conformance-part) whole ## Everything: check, unit, property, simulation, race, interop, end-to-end, chaos and kill tests; installs what it needs

check: ## Formatting, vet, architecture, each module alone (GOWORK=off) and tidy
	@bad=$$(gofmt -l $(MODULES)); [ -z "$$bad" ] || { echo "not gofmt-ed:"; echo "$$bad"; exit 1; }
	$(GO) vet work
	$(GO) test -count=1 ./internal/arch
	@for m in $(MODULES); do \
		GOWORK=off $(GO) -C $$m build -o /dev/null ./... || { echo "module $$m does not build alone"; exit 1; }; \
		GOWORK=off $(GO) -C $$m mod tidy -diff || { echo "module $$m is not tidy: run go mod tidy in it"; exit 1; }; \
	done

unit: ## Unit and property tests of all modules
	$(GO) test $(UNIT)

sim: ## Seeded simulation of replication: RUNS fixed schedules and FRESH new ones, and faults that it must find (SEED=n RUNS=n: those from n on)
	$(GO) test -count=1 -timeout 20m -v -run 'Sim$$|Repeats|Cluster' ./libs/repl/repltest -args $(if $(SEED),-seed $(SEED)) -runs $(RUNS) -fresh $(FRESH)
	$(if $(SEED),,$(GO) test -count=1 -timeout 20m -run 'Mutants' ./libs/repl/repltest -args -mutants)

race: ## Tests under the race detector, where goroutines meet
	$(GO) test -race $(RACE)

fuzz: ## Run every fuzz target for T (T=30s)
	@grep -rnoE '^func Fuzz[A-Za-z0-9_]+' --include='*_test.go' $(MODULES) | sed 's/:[0-9]*:func / /' | sort -u | while read -r file name; do \
		echo "== $$name ($$(dirname $$file))"; \
		$(GO) test -run '^$$' -fuzz "^$$name\$$" -fuzztime $(T) "./$$(dirname $$file)"; \
	done

interop: build peers ## Against Debian's redis-server, in both roles (RUN=TestName, LOCKSTEP_SERVER=/usr/bin/redis-server)
	$(GO) test -count=1 -timeout 20m $(if $(RUN),-run '$(RUN)' -v) ./test/interop

# The npm packages that package-lock.json names.
NODE_MODULES := test/clients/node/node_modules/.package-lock.json
$(NODE_MODULES): test/clients/node/package-lock.json
	npm ci --prefix test/clients/node --no-audit --no-fund

clients: build peers ## The clients that people use, unmodified: go-redis, redis-cli, redis-benchmark, and with Node.js the npm packages ioredis and redis
	@for c in node npm; do command -v $$c >/dev/null || { echo "missing: $$c. ioredis and redis need Node.js 20 or newer with npm; make clients RUN=GoRedis needs neither." >&2; $(if $(RUN),,exit 1); }; done
	$(if $(RUN),,$(MAKE) --no-print-directory $(NODE_MODULES))
	$(GO) test -count=1 -timeout 10m $(if $(RUN),-run '$(RUN)' -v) ./test/clients

e2e: build peers ## The programs as a user sees them
	$(GO) test -count=1 -timeout 10m $(if $(RUN),-run '$(RUN)' -v) ./test/e2e

chaos: build peers ## Break trees of ours and redis-server under load for T (T=5m); SEED=n repeats a plan
	$(GO) test -count=1 -timeout 0 -parallel 4 -v $(if $(RUN),-run '$(RUN)') ./test/chaos -args -for $(if $(filter file,$(origin T)),5m,$(T)) $(if $(SEED),-seed $(SEED))

crash: build ## Kill servers under load ROUNDS times a mode, at random moments, and look at what is left (ROUNDS=200)
	LOCKSTEP_CRASH_ROUNDS=$(ROUNDS) $(GO) test -count=1 -timeout 0 -v $(if $(RUN),-run '$(RUN)') ./test/crash

diff: build peers ## Random commands to our server and to Debian's, whose answers and data must be equal (T=60s SEED=n)
	$(GO) test -count=1 -timeout 60m -v ./test/diff -args -for $(T) $(if $(SEED),-seed $(SEED))

.PHONY: whole conformance-part node-packages
whole: build peers node-packages
	$(GO) test -count=1 -timeout 30m ./test/e2e ./test/interop ./test/clients ./test/diff
	$(GO) test -count=1 -timeout 10m -parallel 4 ./test/chaos
	$(GO) test -count=1 -timeout 10m ./test/crash

node-packages:
	@if command -v node >/dev/null && command -v npm >/dev/null; then $(MAKE) --no-print-directory $(NODE_MODULES); \
	else echo "Node.js and npm are missing: the clients ioredis and redis are not tested"; fi

conformance: build peers ## Redis 7.0's own test suite against our programs (FILES="unit/type/list unit/sort"; default: must-pass.txt; BACKEND=epoll)
	$(GO) run ./test/conformance $(if $(BACKEND),-io-backend $(BACKEND)) $(if $(filter portable,$(BACKEND)),-again 2) $(ARGS) $(FILES)

# In CI: replication and persistence always, a third of the other units, another one each day; and a few units with the back ends that
# the server does not pick by itself. The portable one takes the requests of different clients in any order, on which some units outside
# of integration/ rely: they send one behind the other without waiting for replies.
conformance-part: build peers
	$(GO) run ./test/conformance -rotate 3
	$(GO) run ./test/conformance -rotate 12 -always= -io-backend epoll
	$(GO) run ./test/conformance -within integration/ -rotate 6 -always= -io-backend portable -again 2

##@ Prepare
.PHONY: tools peers
tools: ## What building and checking needs besides Go: a C compiler for the race detector
	@$(call need,cc,gcc libc6-dev)

peers: ## Debian's Redis 7.0 and Tcl, which the tests run against
	@$(call need,redis-server redis-sentinel redis-cli tclsh dpkg-source,redis-server redis-sentinel redis-tools tcl tcl-tls dpkg-dev)
	@echo 'package require tls' | tclsh >/dev/null 2>&1 || { $(call need,tcl-tls,tcl-tls); }

# $(call need,commands,packages): installs Debian packages as root, else says what to install.
define need
missing=; for c in $(1); do command -v $$c >/dev/null || missing="$$missing $$c"; done; \
if [ -n "$$missing" ]; then \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends install $(2); \
	else \
		echo "missing:$$missing. Install Debian's packages $(2), or run make as root on Debian." >&2; exit 1; \
	fi; \
fi
endef

# Everything a developer does with this repository. `make help` lists it.
#
# One set of build flags for build, tests and linters, so that the SQLite driver
# and the SQL grammar, which take minutes to compile, are compiled once.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

export CGO_ENABLED ?= 0
export GOFLAGS := $(filter-out -trimpath,$(GOFLAGS)) -trimpath

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
FUZZTIME ?= 20s
WEB := web/client/dist/client.js
TEMPLATES := test/templates/node_modules/.package-lock.json
CLIENT := test/client/node_modules/.package-lock.json
OPENAPI_LINT := test/openapi/node_modules/.package-lock.json
OPENID := test/openid/node_modules/.package-lock.json
FUNCTIONS := test/functions/project/node_modules/.package-lock.json

# The packages where goroutines meet; the race detector compiles everything they
# import a second time, so it is not run on the rest.
RACE_PACKAGES := $(wildcard internal/database/embedded/store internal/database/embedded \
	internal/database/embedded/follow internal/database/postgres internal/httpapi internal/static internal/migrate internal/jobs \
	internal/auth/limit internal/auth/password internal/hooks internal/functions/engine/quick internal/functions/loop \
	internal/functions/pool internal/rowcache internal/redirect internal/app)

STATICCHECK := go tool -modfile=tools/go.mod staticcheck

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: web
web: $(WEB) ## Make the official client for pages, which is embedded in the binary (needs npm)

.PHONY: build
build: $(WEB) ## Build bin/galley (static, no cgo)
	go build -ldflags '$(LDFLAGS)' -o bin/galley ./cmd/galley

.PHONY: run
run: build ## Serve the sample app on the embedded engine; prints URLs and keys (LISTEN=host:port)
	bin/galley serve --project examples/todo --dev $(if $(LISTEN),--listen $(LISTEN))

.PHONY: test
test: $(WEB) $(TEMPLATES) $(CLIENT) $(OPENAPI_LINT) $(OPENID) $(FUNCTIONS) ## Run all tests on both engines, the official client's included (needs PostgreSQL; installs Debian's as root)
	scripts/with-postgres.sh scripts/test.sh $(TESTFLAGS)

.PHONY: test-race
test-race: ## Run the tests of the concurrent packages under the race detector
	CGO_ENABLED=1 scripts/with-postgres.sh go test -vet=off -ldflags=-w -race -timeout 15m $(TESTFLAGS) $(addprefix ./,$(RACE_PACKAGES))

.PHONY: client
client: $(CLIENT) ## Run only the tests with the official JavaScript client
	scripts/with-postgres.sh go test -count=1 -v ./test/client/...

.PHONY: conformance
conformance: ## Replay PostgREST's own cases on both engines; prints "suite engine passed/total (refused n, differing n)"
	scripts/with-postgres.sh go test -count=1 -v -timeout 10m ./internal/rest/conformance | \
		sed -nE 's/^ *[a-z_]+\.go:[0-9]+: (postgrest.*|.*(before and|run with -update).*)$$/\1/p; /^(---|    ---) (FAIL|SKIP)|^(FAIL|ok|panic)/p'

.PHONY: functions-suite
functions-suite: ## Run the official client's own suite of functions (DIR= a folder with its packages; says what is missing)
	scripts/functions-suite.sh $(DIR)

.PHONY: auth-suites
auth-suites: ## Run the official client's own suites of accounts on both engines (DIR= a folder with its packages; says what is missing)
	scripts/auth-suites.sh $(DIR)

.PHONY: durability
durability: ## Kill a loaded server 50 times and trace its fsyncs: nothing acknowledged may be lost
	GALLEY_TEST_KILLS=50 scripts/with-postgres.sh go test -count=1 -v -timeout 30m ./test/durability/...

$(WEB): web/client/package.json web/client/package-lock.json web/client/client.js
	scripts/web-client.sh

$(TEMPLATES): test/templates/package.json test/templates/package-lock.json
	scripts/install-npm.sh test/templates "the tests of the starter apps"

$(CLIENT): test/client/package.json test/client/package-lock.json
	scripts/install-npm.sh test/client "the tests with the official client"

$(OPENID): test/openid/package.json test/openid/package-lock.json
	scripts/install-npm.sh test/openid "the tests with an OpenID provider"

$(FUNCTIONS): test/functions/project/package.json test/functions/project/package-lock.json
	scripts/install-npm.sh test/functions/project "the tests of functions"

$(OPENAPI_LINT): test/openapi/package.json test/openapi/package-lock.json
	scripts/install-npm.sh test/openapi "the checks of OpenAPI documents"

.PHONY: lint
lint: ## Check formatting, run go vet and staticcheck
	scripts/gofmt-check.sh
	go vet ./...
	$(STATICCHECK) ./...
	cd bench && go vet ./... && go tool -modfile=../tools/go.mod staticcheck ./...
	for module in acme deploy; do (cd test/$$module && go vet ./... && go tool -modfile=../../tools/go.mod staticcheck ./...) || exit 1; done

.PHONY: bench
bench: build ## Measure Galley beside a hand-written server and PocketBase (QUICK=1 for two minutes, SHOP=1 for the shop alone)
	scripts/bench.sh

.PHONY: fuzz
fuzz: ## Run every fuzz test for FUZZTIME (default 20s) each, then random queries and trials of row-level security of a new seed; SEED= and N= run only these
	$(if $(SEED)$(N),,scripts/fuzz.sh $(FUZZTIME))
	GALLEY_TEST_SEED=$(or $(SEED),$(shell date +%s)) GALLEY_TEST_QUERIES=$(or $(N),10000) scripts/with-postgres.sh \
		go test -count=1 -v -timeout 60m -run '^TestQueries$$' ./internal/database/databasetest/randomquery
	GALLEY_TEST_SEED=$(or $(SEED),$(shell date +%s)) GALLEY_TEST_TRIALS=$(or $(N),20000) scripts/with-postgres.sh \
		go test -count=1 -v -timeout 60m -run '^TestTrials$$' ./internal/database/databasetest/randomsecurity

.PHONY: cross
cross: ## Compile for the platforms that CI checks
	scripts/cross.sh linux/amd64 darwin/arm64 windows/amd64

.PHONY: release
release: ## Build the binaries of six platforms and SHA256SUMS into dist/
	VERSION='$(VERSION)' LDFLAGS='$(LDFLAGS)' scripts/release.sh

.PHONY: docs
docs: ## Regenerate docs/compatibility.md and THIRD_PARTY_LICENSES
	go run ./internal/tools/compat
	go run ./internal/tools/licenses

.PHONY: docs-check
docs-check: ## Fail when a generated document is out of date
	go run ./internal/tools/compat -check
	go run ./internal/tools/licenses -check

.PHONY: clean
clean: ## Remove what was built (never a database)
	rm -rf bin dist test/client/node_modules

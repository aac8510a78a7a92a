# SPDX-License-Identifier: EUPL-1.2
# make run    builds and serves the example town at http://127.0.0.1:8080
# make test   installs what the tests need where it can and runs everything
# make deb    the Debian package of this machine's kind, in dist/
# The rest: build, assets, generate, fmt, lint, race, bench, cross, reproduce, clean.

SHELL := /bin/bash
GO ?= go
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
LDFLAGS := -s -w -X main.version=$(VERSION)
export CGO_ENABLED := 0

.PHONY: run build assets generate fmt lint test race bench cross deb reproduce clean
.DEFAULT_GOAL := build

run: build
	bin/kupferfaden demo

build: assets
	$(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o bin/kupferfaden ./cmd/kupferfaden

# Scripts, style sheets, fonts and the typesetter from the npm packages of package-lock.json; nothing when they are fresh.
assets:
	@node scripts/assets.mjs

# The Go files of the templ components; they are committed.
generate:
	$(GO) tool -modfile=tools/go.mod templ generate

fmt:
	git ls-files -co --exclude-standard '*.go' | grep -v '_templ\.go$$' | xargs $(GO) tool -modfile=tools/go.mod gofumpt -w
	git ls-files -co --exclude-standard '*.templ' | xargs -r $(GO) tool -modfile=tools/go.mod templ fmt

lint: assets
	scripts/lint.sh

test: assets
	scripts/setup-test.sh
	@lint=0; scripts/lint.sh || lint=1; scripts/test.sh || exit 1; \
	if [ $$lint = 1 ]; then echo "make test: the tests passed, the look over the sources (make lint, above) did not" >&2; exit 1; fi

# The race detector needs a C compiler; PACKAGES narrows it down.
race: assets
	CGO_ENABLED=1 scripts/with-postgres.sh $(GO) test -race -timeout 60m $(or $(PACKAGES),./...)

bench: assets
	scripts/bench.sh

# The targets a release is made for; all of them build without a C compiler.
cross: assets
	for t in linux/amd64 linux/arm64 windows/amd64 darwin/arm64; do \
	  ext=; case $$t in windows/*) ext=.exe;; esac; \
	  GOOS=$${t%/*} GOARCH=$${t#*/} $(GO) build -trimpath -buildvcs=false -ldflags '$(LDFLAGS)' -o dist/kupferfaden-$${t%/*}-$${t#*/}$$ext ./cmd/kupferfaden || exit 1; \
	done
	cd dist && sha256sum kupferfaden-* > SHA256SUMS

deb: build
	scripts/deb.sh bin/kupferfaden "$(VERSION)" "$$($(GO) env GOARCH)" dist

# Two builds in two places have to be the same to the last byte.
reproduce: assets
	scripts/reproduce.sh '$(LDFLAGS)'

clean:
	rm -rf bin dist .cache

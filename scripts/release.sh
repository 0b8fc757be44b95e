#!/usr/bin/env bash
# Builds the release binaries of six platforms into dist/, with their checksums.
# VERSION and LDFLAGS come from the Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${VERSION:?}" "${LDFLAGS:?}"
rm -rf dist
mkdir dist
for os in linux darwin windows; do
	for arch in amd64 arm64; do
		name=galley_${VERSION}_${os}_${arch}
		[ "$os" = windows ] && name=$name.exe
		GOOS=$os GOARCH=$arch CGO_ENABLED=0 go build -trimpath -ldflags "$LDFLAGS" -o "dist/$name" ./cmd/galley
		echo "dist/$name"
	done
done
cp LICENSE THIRD_PARTY_LICENSES dist/
cd dist
if command -v sha256sum >/dev/null; then sha256sum -- * >SHA256SUMS.tmp; else shasum -a 256 -- * >SHA256SUMS.tmp; fi
grep -v SHA256SUMS.tmp SHA256SUMS.tmp >SHA256SUMS
rm SHA256SUMS.tmp
echo dist/SHA256SUMS

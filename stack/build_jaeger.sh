#!/usr/bin/env bash
# Builds Jaeger from its published Go module, so that exports can be tried on it; done in a moment when it is there. It
# takes minutes and wants Go 1.24.6 or newer, which is why stack/install.sh leaves it out.
#
#   EVENTRAIL_CACHE   where it is kept, as in stack/install.sh
set -euo pipefail

version=1.76.0
if [ "$(id -u)" = 0 ]; then
    cache=${EVENTRAIL_CACHE:-/var/cache/eventrail}
else
    cache=${EVENTRAIL_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/eventrail}
fi
program=$cache/jaeger-$version
[ ! -x "$program" ] || exit 0
command -v go >/dev/null || { echo "build_jaeger: Go 1.24.6 or newer is needed and not installed" >&2; exit 1; }

echo "build: Jaeger $version into $program; this takes minutes"
mkdir -p "$cache"
work=$(mktemp -d "$cache/build.XXXXXX")
trap 'rm -rf "$work"' EXIT
# Not by `go install`: its module replaces another one, which only holds inside of it. Its own go.sum holds the rest.
(cd "$work" && go mod download "github.com/jaegertracing/jaeger@v$version")
cp -r "$(go env GOMODCACHE)/github.com/jaegertracing/jaeger@v$version" "$work/source"
chmod -R u+w "$work/source"
(cd "$work/source" && nice go build -trimpath -buildvcs=false -o "$work/jaeger" ./cmd/all-in-one)
chmod a+rx "$work/jaeger"
mv "$work/jaeger" "$program"

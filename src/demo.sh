#!/bin/sh
# The demo: three parties on one machine, in lab mode.
#   sh src/demo.sh [--base-port N] [--fresh]    start everything on loopback and run until Ctrl-C
#   sh src/demo.sh --once [--base-port N]       walk the whole story through the real daemons, exit 0
# On Debian 12 as root or with sudo; installs what is missing and builds first.
set -eu
cd "$(dirname "$0")/.."
root=$(pwd)
once= fresh= base=8441
while [ $# -gt 0 ]; do
	case $1 in
	--once) once=1 ;;
	--fresh) fresh=1 ;;
	--base-port) base=${2:?}; shift ;;
	*) echo "usage: sh src/demo.sh [--once] [--fresh] [--base-port N]" >&2; exit 64 ;;
	esac
	shift
done
case $base in '' | *[!0-9]*) echo "--base-port: a number" >&2; exit 64 ;; esac
[ "$base" -ge 1024 ] && [ "$base" -le 65500 ] || { echo "--base-port: 1024 to 65500" >&2; exit 64; }

. tests/packages.sh
. src/demo/setup.sh
. src/demo/story.sh

say() { printf '%s\n' "$*"; }
die() { printf 'demo: %s\n' "$*" >&2; exit 1; }

el_packages $EL_BUILD_PACKAGES $EL_DEMO_PACKAGES || die 'packages are missing and could not be installed (run as root or with sudo)'
build=${EL_DEMO_BUILD:-}
if [ -z "$build" ]; then
	build=$root/build/programs
	say '== building (a minute or two the first time)'
	el_web || die 'the packages of the pages could not be installed (npm ci in src/web)'
	mkdir -p "$build"
	generator=
	[ -f "$build/CMakeCache.txt" ] || generator='-G Ninja'
	cmake --preset release -B "$build" $generator -DEL_TESTS=OFF >"$build/demo-build.log" 2>&1 &&
		cmake --build "$build" -j 2 >>"$build/demo-build.log" 2>&1 ||
		{ tail -n 40 "$build/demo-build.log"; die 'the build failed'; }
fi
entrylog=$build/src/cli/entrylog

if [ -n "$once" ]; then
	dir=$root/build/demo-once
	rm -rf "$dir"
else
	dir=$root/build/demo
	[ -z "$fresh" ] || rm -rf "$dir"
	if [ -f "$dir/demo.json" ] && [ "$(days_left)" -lt 3 ]; then
		say '== fewer than 3 days of keys are left: beginning anew with a new ceremony'
		rm -rf "$dir"
	elif [ -f "$dir/demo.json" ] && [ "$(consent_version)" != "$(jq .consent keys/example-policy.json)" ]; then
		say '== the text of the consent is another one by now: beginning anew with a new ceremony'
		rm -rf "$dir"
	fi
fi

pids=
trap 'stop_all; exit 130' INT TERM
trap 'stop_all' EXIT
# A failed command in the middle of a setup leaves nothing that looks finished: demo.json is written last.
[ -f "$dir/demo.json" ] || { rm -rf "$dir"; setup; }
write_configs
start_all
write_demo_json

if [ -n "$once" ]; then
	story
	say ''
	say 'The whole story went through.  LAB MODE: one machine, one owner, a shifted clock.'
	exit 0
fi
say ''
say "visitor page  http://127.0.0.1:$base/           a visitor's phone (SMS codes land in $dir/phone/outbox)"
say "scanner page  http://127.0.0.1:$((base + 1))/scanner/   the tablet at the door"
say "venue page    http://127.0.0.1:$((base + 1))/venue/     the venue's owner"
say "authority     http://127.0.0.1:$((base + 2))"
say "everything else (keys, venues, the SMS outbox) stands in $dir/demo.json"
say 'LAB MODE: one machine plays all three parties.  Ctrl-C stops.'
while :; do
	for pid in $pids; do
		kill -0 "$pid" 2>/dev/null || die "a daemon has ended; see $dir/*/log"
	done
	sleep 1 &
	wait $! || true
done

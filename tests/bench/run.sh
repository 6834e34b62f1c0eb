#!/bin/sh
# All benchmarks, and one table of what was measured and what must be reached.
#   sh tests/bench/run.sh [--only NAME]... [--rows N] [--find-rows N] [--seconds N] [--rounds N] [--keep] [--build DIR] [--work DIR]
#   sh tests/bench/run.sh --quick-rows      the same with a fiftieth of the rows
#   sh tests/bench/run.sh --short           checks only that the instruments work: no figure of it means anything
# NAME: parts checkins open rows find destroy tokens joins trace instructions.  With --only the table also shows what an earlier
# run of the same commit noted.  Figures go to build/bench/results.jsonl, the table to build/bench/table.txt.
# Full size takes about 25 GB and an hour; it wants a machine with nothing else to do.
set -eu
cd "$(dirname "$0")/../.."
root=$(pwd)
build=$root/build/release built= work= keep= short= only= trace_quick=
rows=50000000 small_rows=1000000 find_rows=20000000 find_few_rows=1000000 destroy_few_rows=10000
seconds=15 warm=3 rounds=3 open_seconds=60 rates='5000 10000'
usage() { sed -n '2,8s/^# \{0,1\}//p' "$root/tests/bench/run.sh" >&2; exit 64; }
number() { case $1 in '' | *[!0-9]* | 0*) usage ;; esac; echo "$1"; }
while [ $# -gt 0 ]; do
	case $1 in
	--rounds) rounds=$(number "${2:?}"); shift ;;
	--only) only="$only ${2:?}"; shift ;;
	--rows) rows=$(number "${2:?}"); shift ;;
	--find-rows) find_rows=$(number "${2:?}"); shift ;;
	--seconds) seconds=$(number "${2:?}") open_seconds=$seconds; shift ;;
	--quick-rows) rows=1000000 small_rows=100000 find_rows=1000000 find_few_rows=100000 trace_quick=100000 ;;
	--short) short=1 ;;
	--keep) keep=1 ;;
	--build) build=${2:?} built=1; shift ;;
	--work) work=${2:?}; shift ;;
	*) usage ;;
	esac
	shift
done
for name in $only; do
	case $name in parts | checkins | open | rows | find | destroy | tokens | joins | trace | instructions) ;; *) usage ;; esac
done
connections=256 batch_connections=64 many_connections=1000 nets=2 group=128 ahead=1000000
venues=1000 scanners=6000 part_rows=256000 calls=20000 syncs=500 curve_ms=3000 jitter_seconds=5 hold_seconds=8 find_seconds=30
destroy_rate=1000 destroy_seconds=15 destroy_after=4 tokens=160 checkins=1280
joins='50 250 1000 20000' trace_days=14 trace_rows=${trace_quick:-1000000}
if [ -n "$short" ]; then
	rows=4000 small_rows=2000 find_rows=4000 find_few_rows=2000 destroy_few_rows=1000 seconds=1 warm=0 rounds=1 open_seconds=1 rates=200
	connections=16 batch_connections=2 many_connections=32 ahead=1000 venues=20 scanners=600 part_rows=1280 calls=200 syncs=10
	curve_ms=100 jitter_seconds=1 hold_seconds=2 find_seconds=1 destroy_rate=50 destroy_seconds=3 destroy_after=1
	tokens=16 checkins=128 joins='10 20' trace_days=2 trace_rows=2000
fi

. tests/lint/tap.sh
. src/demo/setup.sh
. tests/ports.sh
. tests/bench/lib.sh
. tests/bench/measures.sh
. tests/bench/table.sh
say() { printf '%s\n' "$*"; }
die() { printf 'bench: %s\n' "$*" >&2; exit 1; }

if [ -z "$built" ]; then
	. tests/packages.sh
	el_packages $EL_BUILD_PACKAGES $EL_TEST_PACKAGES valgrind || die 'packages are missing and could not be installed'
	mkdir -p "$build"
	[ -f "$build/CMakeCache.txt" ] || cmake --preset release -B "$build" -G Ninja >"$build/configure.log" 2>&1 || die "see $build/configure.log"
	cmake --build "$build" -j 2 >"$build/bench-build.log" 2>&1 || { tail -n 40 "$build/bench-build.log" >&2; die 'the build failed'; }
fi
entrylog=$build/src/cli/entrylog bin=$build/tests/bench empty=
for empty in "$bin/bench_empty_server" "$bin/empty_server" "$build/tests/empty_server" "$build/tests/bench_empty_server"; do
	[ ! -x "$empty" ] || break
done
if [ -n "$short" ]; then
	out=$build/bench-short
	rm -rf "$out"
else
	out=$root/build/bench
fi
work=${work:-$out/work} results=$out/results.jsonl
mkdir -p "$out" "$work"
commit=$(git describe --always --dirty --abbrev=10 2>/dev/null || echo unknown)
exec 9>"$out/lock"
flock -n 9 || die "another run is at work in $out"
[ -n "$only" ] || : >"$results"
umask 077
ulimit -n 8192 2>/dev/null || true

# measure NAME: in a process of its own, which ends at its first failure and takes down what it started; $measured is
# its status.  Not to be called where a status is tested: the shell would then go on after a failure.
measure() {
	set +e
	(
		trap 'stop_everything; exit 130' TERM
		trap 'stop_everything' EXIT
		set -e
		"measure_$1"
	) &
	child=$!
	wait "$child"
	measured=$?
	child=
	set -e
}
child=
trap '[ -z "$child" ] || { kill -TERM "$child"; wait "$child"; }; exit 130' INT TERM
told() { cat "$1" && return "$measured"; }
is_clean() { # no check-in was refused where none may be
	for name in single batch open_200 rows_few rows_many destroy_few token wallet; do
		[ "$(got $name .refused)" = 0 ] || { echo "$name: $(got $name '.refusals | tostring')"; return 1; }
	done
}
if [ -n "$short" ]; then
	# valgrind and the sanitizers exclude each other.
	all='parts checkins open rows find destroy tokens joins trace'
	nm "$bin/bench_core" 2>/dev/null | grep -q __asan_init || all="$all instructions"
	for name in ${only:-$all}; do
		measure "$name" >"$out/$name.log" 2>&1
		check "measures $name" told "$out/$name.log"
	done
	[ -n "$only" ] || check 'no check-in and no token was refused' is_clean
	check 'prints a table' table
	rm -rf "$work"
	tap_end
fi
failed=0
for name in ${only:-parts checkins open rows find destroy tokens joins trace instructions}; do
	say "== $name"
	measure "$name"
	[ "$measured" -eq 0 ] || { say "$name was not measured to its end"; failed=1; }
done
[ -n "$keep" ] || rm -rf "$work/small" "$work/few" "$work/closed" "$work/large" "$work/tiny"
table | tee "$out/table.txt"
exit "$failed"

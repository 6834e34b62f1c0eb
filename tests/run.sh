#!/bin/sh
# All tests: installs what they need, builds, runs, and ends with one line `N passed, N failed`.
#   sh tests/run.sh [--quick] [--preset release|asan] [--only REGEX]
# --quick leaves out what takes minutes; --only runs the tests whose name matches.
set -eu
cd "$(dirname "$0")/.."
preset=release quick= only=.
while [ $# -gt 0 ]; do
	case $1 in
	--quick) quick=1 ;;
	--preset) preset=${2:?}; shift ;;
	--only) only=${2:?}; shift ;;
	*) echo "usage: sh tests/run.sh [--quick] [--preset release|asan] [--only REGEX]" >&2; exit 64 ;;
	esac
	shift
done
case $preset in release | asan) ;; *) echo "no such preset: $preset" >&2; exit 64 ;; esac

. tests/packages.sh
el_packages $EL_BUILD_PACKAGES $EL_TEST_PACKAGES universal-ctags
echo "== web packages"
el_web

build=build/$preset
echo "== build ($preset)"
generator=
[ -f "$build/CMakeCache.txt" ] || generator='-G Ninja'
mkdir -p "$build"
cmake --preset "$preset" $generator -DEL_TESTS=ON >"$build/configure.log" 2>&1 || { cat "$build/configure.log"; exit 1; }
cmake --build "$build" -j 2 -- -k 0 >"$build/build.log" 2>&1 || { tail -n 60 "$build/build.log"; exit 1; }

echo "== tests"
log=$build/tests.log
EL_TEST_QUICK=$quick ctest --test-dir "$build" -R "$only" --timeout 1200 -V ${quick:+-LE slow} >"$log" 2>&1 || true
# Count the cases in the TAP of each program; a program that failed without saying so counts as one failure.  Where only
# this output is kept, what a failed case says of itself must stand in it: some lines of each are shown.
awk '
	match($0, /^[0-9]+: +(not )?ok [0-9]+/) {
		n = $0; sub(/:.*/, "", n)
		more = 0
		if ($0 ~ /^[0-9]+: +not ok/) { failed++; said[n] = 1; more = 40; print "  " $0; next }
		else passed++
	}
	more > 0 && /^[0-9]+: +(---|\.\.\.|(duration_ms|location|failureType|code|name|operator):)/ { next }
	more > 0 && /^[0-9]+: ( |# [^S])/ { more--; print "    " $0; next }
	{ more = 0 }
	/\*\*\*(Failed|Timeout|Exception|Not Run)/ || /\*\*\*Exception/ || /Not Run/ {
		if (match($0, /Test +#[0-9]+:/)) {
			n = substr($0, RSTART, RLENGTH); gsub(/[^0-9]/, "", n)
			if (!(n in said)) { failed++; said[n] = 1; print "  " $0 }
		}
	}
	/^[0-9]+\/[0-9]+ Test +#/ { programs++ }
	END {
		if (programs == 0) { print "  no test ran"; failed++ }
		if (failed > 0) print "  (everything the tests printed: '"$log"')"
		printf "%d passed, %d failed\n", passed, failed
		exit failed > 0
	}' "$log"

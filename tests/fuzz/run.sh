#!/bin/sh
# Fuzz every parser with libFuzzer under the sanitizers (CI only replays the committed corpora):
#   sh tests/fuzz/run.sh [SECONDS_EACH] [NAME...]
# New inputs go to build/fuzz/found/NAME; a crash is left there too and ends the run with an error.
set -eu
cd "$(dirname "$0")/../.."
seconds=${1:-60}
[ $# -eq 0 ] || shift
. tests/packages.sh
el_packages $EL_BUILD_PACKAGES $EL_TEST_PACKAGES clang libclang-rt-14-dev
mkdir -p build/fuzz
cmake --preset fuzz -G Ninja >build/fuzz/configure.log 2>&1 || { cat build/fuzz/configure.log; exit 1; }
cmake --build build/fuzz -j 2 >build/fuzz/build.log 2>&1 || { tail -n 40 build/fuzz/build.log; exit 1; }
[ $# -gt 0 ] || set -- $(cd build/fuzz/tests && ls | sed -n 's/^fuzz_//p')
status=0
for name in "$@"; do
	mkdir -p "build/fuzz/found/$name"
	printf '%s: ' "$name"
	if "build/fuzz/tests/fuzz_$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
		-artifact_prefix="build/fuzz/found/$name/" "build/fuzz/found/$name" "tests/fuzz/corpus/$name" >"build/fuzz/$name.log" 2>&1; then
		sed -n 's/^stat::number_of_executed_units: */runs without a finding: /p' "build/fuzz/$name.log"
	else
		echo "FOUND SOMETHING, see build/fuzz/$name.log and build/fuzz/found/$name"
		status=1
	fi
done
exit $status

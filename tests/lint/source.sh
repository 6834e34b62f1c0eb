#!/bin/sh
# The house rules that a machine can check.  Usage: source.sh SOURCE_DIR BUILD_DIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tap.sh"
cd "$1"
build=$2

# Files of src/ but for one layer that match a pattern.
outside() {
	layer=$1
	pattern=$2
	grep -rnE --include='*.c' --include='*.h' -- "$pattern" src include | grep -vE "^src/($layer)/" || true
}
alone() {
	fail=0
	for header in $(find src include -name '*.h'); do
		printf '#include "%s"\n' "$(echo "$header" | sed -E 's#^(src|include)/##')" |
			${CC:-cc} -std=c11 -D_GNU_SOURCE -DEL_VERSION='""' -Iinclude -Isrc $(pkg-config --cflags jansson libsodium sqlite3) \
				-I/usr/share/include/llhttp -Wall -Wextra -Werror -fsyntax-only -x c - || { echo "$header"; fail=1; }
	done
	return $fail
}
globals() {
	find "$build/src" -name 'libel_*.a' ! -name 'libel_llhttp.a' -exec nm --defined-only --extern-only {} + 2>/dev/null |
		awk 'NF == 3 && $2 ~ /[TDBRCV]/ {print $3}' | sort -u |
		grep -vE '^(el_|__asan|__ubsan|__odr_asan|_?asan|___asan)' | grep -vE '^main$' || true
}
long_functions() {
	ctags -R --languages=C --kinds-C=f --fields=+ne -f - src 2>/dev/null | awk -F'\t' '
		{ s = 0; e = 0
		  for (i = 4; i <= NF; i++) { if ($i ~ /^line:/) s = substr($i, 6); if ($i ~ /^end:/) e = substr($i, 5) }
		  if (e - s > 100) print $2 ": " $1 " has " e - s " lines" }'
}

check 'every header compiles alone' alone
check 'only src/net includes libevent, llhttp and libcurl' \
	nothing outside net '#include <(event2|llhttp|curl)'
check 'only src/token/qr.c calls libqrencode' nothing outside token 'QRcode_'
check 'only src/crypto calls libsodium primitives' nothing outside crypto 'crypto_[a-z0-9]+_'
check 'only base, crypto include libsodium' nothing outside 'base|crypto' '#include <sodium'
check 'no memcmp in token and crypto but for constants' nothing grep -rnP --include='*.c' '(?<!sodium_)memcmp\(' src/token src/crypto \
	--exclude=token.c
check 'every global of a library begins with el_' nothing globals
check 'no function is longer than 100 lines' nothing long_functions
check 'no unbounded string calls, and a shell only for constant words in doctor' nothing grep -rnE --include='*.c' '\b(strcpy|strcat|sprintf|gets|system|popen)\(' src --exclude=doctor.c
check 'no file is copied into the log by format' nothing grep -rnE --include='*.c' '\bsyslog\(' src
check 'the lock file records no download addresses' nothing grep -n '"resolved"' src/web/package-lock.json
check 'README has at most 150 lines' sh -c '[ "$(wc -l < README.md)" -le 150 ]'
check 'the top level holds only what it may' nothing sh -c \
	"git ls-files 2>/dev/null | cut -d/ -f1 | sort -u | grep -vE '^(CMakeLists.txt|README.md|src|include|keys|schema|tests|docs|LICENSE|CMakePresets.json|\..*)$'"
tap_end

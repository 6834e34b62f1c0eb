#!/bin/sh
# libentrylog as an integrator meets it: installed, found by pkg-config, used from a program of a few lines.
# Usage: install.sh BUILD_DIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tap.sh"
build=$1
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

cat >"$dir/app.c" <<'C'
#include <entrylog/base45.h>
#include <entrylog/epoch.h>
#include <entrylog/order.h>
#include <entrylog/qr.h>
#include <entrylog/token.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
main(void)
{
	char text[EL_TOKEN_TEXT_LEN + 1];
	struct el_token t, again;
	struct el_order order;
	uint8_t *picture;
	size_t len;

	memset(&t, 0, sizeof t);
	t.version = EL_TOKEN_VERSION;
	el_token_text(&t, text);
	if (el_token_parse_text(text, strlen(text), &again) != EL_OK || again.version != EL_TOKEN_VERSION)
		return 1;
	if (el_qr_draw(text, EL_QR_SVG, 1, &picture, &len) != EL_OK || memcmp(picture, "<svg", 4) != 0)
		return 2;
	free(picture);
	if (el_order_parse((const uint8_t *)"{}", 2, &order) == EL_OK)
		return 3;
	return el_epoch_of(0, 0) == 0 ? 0 : 4;
}
C
check 'installs' cmake --install "$build" --prefix "$dir/usr" --component library
pc=$(find "$dir/usr" -name entrylog.pc | head -n 1)
export PKG_CONFIG_PATH=$(dirname "$pc")
flags=$(grep -E '^EL_SANITIZE:STRING=.' "$build/CMakeCache.txt" | sed 's/.*=/-fsanitize=/' || true)
check 'a program compiles against it with pkg-config' \
	sh -c "${CC:-cc} -std=c11 $flags -o '$dir/app' '$dir/app.c' \$(pkg-config --define-variable=prefix='$dir/usr' --cflags --libs --static entrylog)"
check 'and runs' "$dir/app"
tap_end

#!/bin/sh
# The papers tell the truth: every endpoint, code and configuration key of the source stands in them.
# Usage: docs.sh SOURCE_DIR
set -eu
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tap.sh"
cd "$1"

# Rows { "GET", "/path", ... } of the route tables.
routes() {
	grep -rhoE '\{ "(GET|POST|PATCH|DELETE|PUT)", "/[^"]*"' src/service src/publog src/registry src/issuer src/authority |
		sed -E 's/\{ "([A-Z]+)", "([^"]*)"/\1 \2/' | sed 's/\*}/}/' | sort -u
}
undocumented() {
	routes | while read -r method path; do
		plain=$(echo "$path" | sed -E 's/\{[a-z]+\}/{}/g')
		sed -E 's/\{[a-z]+\}/{}/g' docs/http-api.md | grep -F -- "$plain" | grep -q "$method" || echo "http-api.md: $method $path"
		awk -v p="  $path:" '$0 == p { on = 1; next } /^  \// { on = 0 } on' docs/openapi.yaml |
			grep -qi "^    $(echo "$method" | tr A-Z a-z):" || echo "openapi.yaml: $method $path"
	done
}
codes() {
	for code in $(grep -oE '\{ "[a-z_]+", [0-9]{3}' src/base/code.c | sed -E 's/\{ "([a-z_]+)".*/\1/'); do
		[ "$code" = ok ] || grep -q -- "$code" docs/http-api.md docs/decisions/*.md || echo "$code"
	done
}
broken_links() {
	grep -ohE '`(docs|tests|src|schema|keys|include)/[A-Za-z0-9_./-]+`' README.md docs/*.md docs/decisions/*.md | tr -d '`' | sort -u |
		while read -r path; do [ -e "$path" ] || echo "$path"; done
}
check 'there are routes' sh -c '[ -n "$1" ]' x "$(routes)"
check 'every endpoint stands in http-api.md and openapi.yaml' nothing undocumented
check 'every code stands in the docs' nothing codes
check 'every path that the docs name exists' nothing broken_links
tap_end

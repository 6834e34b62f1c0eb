# Minimal TAP for shell lints; sourced.  check NAME COMMAND...: the command's output is shown when it fails.
tap_n=0
tap_failed=0
check() {
	tap_n=$((tap_n + 1))
	tap_name=$1
	shift
	if tap_out=$("$@" 2>&1); then
		echo "ok $tap_n - $tap_name"
	else
		echo "not ok $tap_n - $tap_name"
		echo "$tap_out" | head -n 40 | sed 's/^/# /'
		tap_failed=1
	fi
}
tap_end() {
	echo "1..$tap_n"
	exit "$tap_failed"
}
# Succeeds when the command prints nothing.
nothing() {
	tap_found=$("$@" || true)
	[ -z "$tap_found" ] || { echo "$tap_found"; return 1; }
}

# Installs what the build and the tests need on Debian 12; sourced.  Does nothing where all of it is there.
# el_packages LIST...: install those Debian packages that are missing, as root or with sudo.
el_packages() {
	missing=
	for package in "$@"; do
		dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
	done
	[ -n "$missing" ] || return 0
	echo "installing:$missing"
	as_root=
	[ "$(id -u)" -eq 0 ] || as_root=sudo
	for attempt in 1 2 3; do
		if $as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >/dev/null 2>&1 &&
			$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null; then
			return 0
		fi
		echo "the packages could not be installed (attempt $attempt of 3)" >&2
		sleep 5
	done
	return 1
}

EL_BUILD_PACKAGES="gcc libc6-dev make cmake ninja-build pkg-config libsodium-dev libsqlite3-dev libevent-dev
	libjansson-dev libqrencode-dev libpng-dev libcurl4-openssl-dev libutf8proc-dev node-llhttp"
EL_TEST_PACKAGES="chromium fonts-noto-cjk libcmocka-dev libfiu0 zbar-tools binutils curl jq sqlite3 iproute2 mount ca-certificates"
EL_DEMO_PACKAGES="curl jq zbar-tools"

# What the pages are bundled with, from the lock file; nothing where it is there already.
el_web() {
	el_node || return 1
	[ src/web/node_modules/.package-lock.json -nt src/web/package-lock.json ] ||
		(cd src/web && npm ci --no-audit --no-fund --loglevel=error)
}

# nodejs and npm only where none is found: Debian's npm conflicts with a Node from elsewhere.
el_node() {
	if ! command -v node >/dev/null 2>&1; then
		el_packages nodejs || return 1
	fi
	if ! command -v npm >/dev/null 2>&1; then
		el_packages npm || return 1
	fi
}

#!/bin/sh
# A binary is a trust boundary: what each daemon contains.  Usage: symbols.sh BUILD_DIR
set -eu
here=$(dirname "$0")
. "$here/tap.sh"
build=$1

# Symbols that a program defines, by name.
defined() {
	nm --defined-only "$1" | awk '{print $3}'
}
contains() {
	defined "$1" | grep -E -- "$2"
}
lacks() {
	nothing contains "$1" "$2"
}

registry=$build/src/registry/entrylog-registry
issuer=$build/src/issuer/entrylog-issuer
authority=$build/src/authority/entrylog-authority

# The lists are of code, by module prefix: identities and tokens are the issuer's, visits the registry's,
# shares and joins the authority's.
check 'the registry has its own code' contains "$registry" '^el_registry_'
check 'the issuer has its own code' contains "$issuer" '^el_issuer_'
check 'the authority has its own code' contains "$authority" '^el_(authority|trustee|report)_'
check 'the registry can neither read identities nor issue nor hold shares' \
	lacks "$registry" '^el_(issuer|issue|ticket|visitors|authority|trustee|executor|report|share)_'
check 'the issuer can neither read visits nor hold shares' \
	lacks "$issuer" '^el_(registry|venues|checkin|seen|authority|trustee|executor|report|share)_'
check 'the authority can neither read visits nor identities nor issue' \
	lacks "$authority" '^el_(registry|venues|checkin|seen|issuer|issue|ticket|visitors|daybook)_'
tap_end

# Keys, configurations and processes of the demo; sourced by src/demo.sh.

b64() { basenc --base64url -w0 | tr -d '='; }
now() { echo $(($(date +%s) + $(cat "$dir/clock" 2>/dev/null || echo 0))); }

# Days of epoch keys left in the demo's bundle, by its own clock.
days_left() {
	"$entrylog" keys list "$dir/trust" --lab-clock "$dir/clock" --json 2>/dev/null | jq -r '.bundle.days_left // 0' 2>/dev/null || echo 0
}

# The version of the consent text that the demo's policy asks for: no command changes it, and pages show the newest alone.
consent_version() {
	jq -r .doc "$dir/trust/policy.json" | tr '_-' '/+' | sed 's/$/===/' | base64 -d 2>/dev/null | jq .consent
}

# operator_key FILE: an operator's bearer key and the hash that its daemon knows.
operator_key() {
	head -c 32 /dev/urandom | b64 >"$1"
	printf '%s=' "$(cat "$1")" | basenc --base64url -d | sha256sum | cut -d' ' -f1 | tr a-f A-F | basenc --base16 -d | b64 >"$1.hash"
	chmod 600 "$1" "$1.hash"
}

trustees_accept() {
	for n in 1 2 3; do
		"$entrylog" trustee accept --key "$dir/authority/data/trustees/$n/key" --bundle "$dir/trust/bundle.json" \
			"$dir/trust/trustee-$n.sealed" -o "$dir/authority/data/trustees/$n/share"
		rm -f "$dir/trust/trustee-$n.sealed"
	done
}

# EL_DEMO_CEREMONY=trustees: without a dealer; on one machine the trustees share a folder.
trustees_make_keys() {
	trustees=$dir/authority/data/trustees
	"$entrylog" keys dkg plan "$dir/dkg" --dir "$dir/trust" --days 60 --lab-clock "$dir/clock"
	for step in commit reveal deal check answer finish; do
		for n in 1 2 3; do
			"$entrylog" keys dkg "$step" "$dir/dkg" --dir "$dir/trust" --key "$trustees/$n/key" --state "$trustees/$n/state"
		done
	done
	"$entrylog" keys dkg bundle "$dir/dkg" --root "$dir/trust/root.key" --lab-clock "$dir/clock"
	for n in 1 2 3; do
		"$entrylog" keys dkg accept "$dir/dkg" --dir "$dir/trust" --key "$trustees/$n/key" --state "$trustees/$n/state" \
			-o "$trustees/$n/share" --lab-clock "$dir/clock"
	done
}

setup() {
	say "== key ceremony in $dir"
	undealt=
	[ "${EL_DEMO_CEREMONY:-dealer}" = dealer ] || undealt=--policy-only
	umask 077
	mkdir -p "$dir/issuer" "$dir/registry" "$dir/authority/data/trustees" "$dir/officers" "$dir/phone"
	if [ -n "$once" ]; then
		# A fixed noon of today, local time (UTC+9), whatever the hour is here.
		real=$(date +%s)
		echo $(((real + 32400) / 86400 * 86400 - 32400 + 43200 - real)) >"$dir/clock"
	else
		echo 0 >"$dir/clock"
	fi
	for key in officers/health-1 officers/health-2 officers/court-1; do
		"$entrylog" keys new officer -o "$dir/$key" >/dev/null
	done
	for n in 1 2 3; do
		mkdir -p "$dir/authority/data/trustees/$n"
		"$entrylog" keys new trustee -o "$dir/authority/data/trustees/$n/key" >/dev/null
	done
	# EL_DEMO_WITNESSES=yes: the trustees cosign the public logs, and issuers insist on it.
	witnesses=
	for n in ${EL_DEMO_WITNESSES:+1 2 3}; do
		"$entrylog" keys new witness -o "$dir/authority/data/trustees/$n/witness" >/dev/null
		witnesses="$witnesses --witness $dir/authority/data/trustees/$n/witness.pub"
	done
	"$entrylog" keys new executor -o "$dir/authority/executor" >/dev/null
	printf '[{"number": 1, "ko": "그날 들르신 곳에 확진자가 있었습니다. 검사를 받아 주세요.", "en": "A place you visited that day had a confirmed case. Please get tested."}]\n' \
		>"$dir/templates.json"
	"$entrylog" keys ceremony --dir "$dir/trust" --lab --lab-clock "$dir/clock" --days 60 --threshold 2 $undealt \
		--template-file "$dir/templates.json" --cap 50000 \
		--trustee "trustee-1:health:$dir/authority/data/trustees/1/key.pub" \
		--trustee "trustee-2:court:$dir/authority/data/trustees/2/key.pub" \
		--trustee "trustee-3:academy:$dir/authority/data/trustees/3/key.pub" \
		--officer "health:$dir/officers/health-1.pub" --officer "health:$dir/officers/health-2.pub" \
		--officer "court:$dir/officers/court-1.pub" $witnesses
	if [ -n "$undealt" ]; then
		trustees_make_keys
	else
		trustees_accept
	fi
	for key in issuer/token:issuer issuer/answer:answer issuer/log:log registry/answer:answer registry/log:log; do
		"$entrylog" keys new "${key#*:}" -o "$dir/${key%:*}.key" >/dev/null
	done
	"$entrylog" keys new pair -o "$dir/issuer/pair.key" --lab --lab-clock "$dir/clock" >/dev/null
	cp "$dir/issuer/pair.key" "$dir/registry/pair-1.key"
	operator_key "$dir/issuer/operator"
	operator_key "$dir/registry/operator"
	# The SMS gateway of the demo: one JSON line a message, appended to the outbox.
	: >"$dir/phone/outbox"
	cat >"$dir/issuer/sms-gateway" <<-GATEWAY
		#!/bin/sh
		exec cat >>"$dir/phone/outbox"
	GATEWAY
	chmod 700 "$dir/issuer/sms-gateway"
}

# Put the addresses of this start into the signed directory; the keys only the first time.
publish_addresses() {
	[ "$(cat "$dir/base" 2>/dev/null)" != "$base" ] || return 0
	registry_keys= issuer_keys=
	if [ ! -f "$dir/base" ]; then
		registry_keys="--answer $dir/registry/answer.key.pub --log $dir/registry/log.key.pub"
		issuer_keys="--token $dir/issuer/token.key.pub --answer $dir/issuer/answer.key.pub --log $dir/issuer/log.key.pub"
	fi
	"$entrylog" keys directory --root "$dir/trust/root.key" --lab-clock "$dir/clock" add registry --dir "$dir/trust" \
		--name 'Demo registry' --url "http://127.0.0.1:$((base + 1))" $registry_keys
	"$entrylog" keys directory --root "$dir/trust/root.key" --lab-clock "$dir/clock" add issuer --dir "$dir/trust" --issuer 1 \
		--name 'Demo issuer' --url "http://127.0.0.1:$base" $issuer_keys
	echo "$base" >"$dir/base"
}

common_config() {
	cat <<-CONF
		listen = 127.0.0.1:$1
		operator_listen = 127.0.0.1:$(($1 + 10))
		data_dir = data
		kek_file = kek
		root_key_file = ../trust/root.key.pub
		policy_file = ../trust/policy.json
		bundle_file = ../trust/bundle.json
		directory_file = ../trust/directory.json
		lab = yes
		lab_clock = ../clock
	CONF
}

write_configs() {
	publish_addresses
	{
		common_config "$base"
		cat <<-CONF
			operator_key_file = operator.hash
			issuer = 1
			token_key_file = token.key
			answer_key_file = answer.key
			log_key_file = log.key
			pair_file = pair.key
			sms_driver = command
			sms_target = $dir/issuer/sms-gateway
			time_peer = http://127.0.0.1:$((base + 1))
		CONF
	} >"$dir/issuer/issuer.conf"
	{
		common_config "$((base + 1))"
		cat <<-CONF
			operator_key_file = operator.hash
			answer_key_file = answer.key
			log_key_file = log.key
			issuer = 1 $dir/registry/pair-1.key
			time_peer = http://127.0.0.1:$base
		CONF
	} >"$dir/registry/registry.conf"
	{
		common_config "$((base + 2))"
		cat <<-CONF
			role = executor
			time_peer = http://127.0.0.1:$base
		CONF
	} >"$dir/authority/authority.conf"
}

# port_of NAME
port_of() {
	case $1 in issuer) echo "$base" ;; registry) echo $((base + 1)) ;; authority) echo $((base + 2)) ;; esac
}

start_one() {
	"$build/src/$1/entrylog-$1" --config "$dir/$1/$1.conf" -t >/dev/null || die "$1: the configuration is not right"
	"$build/src/$1/entrylog-$1" --config "$dir/$1/$1.conf" 2>>"$dir/$1/log" &
	pids="$pids $!"
	eval "pid_$1=$!"
}

# Wait until a service is ready, 30 s at most.
wait_ready() {
	tries=0
	until curl -fsS -o /dev/null --max-time 2 "http://127.0.0.1:$(port_of "$1")/readyz" 2>/dev/null; do
		tries=$((tries + 1))
		eval "kill -0 \$pid_$1" 2>/dev/null || { tail -n 5 "$dir/$1/log" >&2; die "$1 ended at its start (is port $(port_of "$1") taken?)"; }
		[ "$tries" -lt 300 ] || { tail -n 5 "$dir/$1/log" >&2; die "$1 does not get ready"; }
		sleep 0.1
	done
}

start_all() {
	say '== starting issuer, registry and authority on loopback'
	for name in issuer registry authority; do
		start_one "$name"
	done
	for name in issuer registry authority; do
		wait_ready "$name"
	done
}

stop_all() {
	trap - EXIT INT TERM
	for pid in $pids; do
		kill -TERM "$pid" 2>/dev/null || true
	done
	for pid in $pids; do
		wait "$pid" 2>/dev/null || true
	done
	pids=
}

# api PARTY METHOD PATH [BEARER] [JSON]: one call; the answer on standard output, its status in $dir/phone/status.
api() {
	set -- "$1" "$2" "$3" "${4:-}" "${5:-}"
	printf 'header = "Content-Type: application/json"\n' >"$dir/phone/curl"
	[ -z "$4" ] || printf 'header = "Authorization: Bearer %s"\n' "$4" >>"$dir/phone/curl"
	printf '%s' "$5" >"$dir/phone/body"
	# The key and the body travel in files, not in an argument list.
	if [ -n "$5" ]; then
		curl -sS --max-time 30 -K "$dir/phone/curl" -X "$2" --data-binary "@$dir/phone/body" -o "$dir/phone/answer" -w '%{http_code}' \
			"http://127.0.0.1:$(port_of "$1")$3" >"$dir/phone/status"
	else
		curl -sS --max-time 30 -K "$dir/phone/curl" -X "$2" -o "$dir/phone/answer" -w '%{http_code}' \
			"http://127.0.0.1:$(port_of "$1")$3" >"$dir/phone/status"
	fi
	cat "$dir/phone/answer"
}
status_is() {
	[ "$(cat "$dir/phone/status")" = "$1" ] || { cat "$dir/phone/answer" >&2; die "expected status $1, got $(cat "$dir/phone/status")"; }
}

# Venues and one scanner each, once; kept for a later start.
make_venues() {
	[ ! -f "$dir/venues.json" ] || return 0
	operator=$(cat "$dir/registry/operator")
	echo '[]' >"$dir/venues.json"
	for venue in 'Demo Karaoke:1234567891' 'Demo Club:1000000009'; do
		answer=$(api registry POST /v1/venues '' "$(jq -cn --arg n "${venue%:*}" --arg b "${venue#*:}" '{name: $n, business_number: $b}')")
		status_is 201
		id=$(printf '%s' "$answer" | jq -r .id)
		owner=$(printf '%s' "$answer" | jq -r .owner_key)
		api registry PATCH "/v1/venues/$id" "$operator" '{"approved": true}' >/dev/null
		status_is 200
		code=$(api registry POST "/v1/venues/$id/scanners" "$owner" '{}' | jq -r .code)
		api registry POST /v1/scanners/enrol '' "$(printf '%s' "$code" | jq -cR '{code: .}')" >/dev/null
		status_is 201
		jq -c --argjson id "$id" --arg name "${venue%:*}" --slurpfile s "$dir/phone/answer" \
			'. + [{id: $id, name: $name, scanners: $s}]' "$dir/venues.json" >"$dir/venues.tmp"
		mv "$dir/venues.tmp" "$dir/venues.json"
	done
}

write_demo_json() {
	make_venues
	jq -n --arg i "http://127.0.0.1:$base" --arg r "http://127.0.0.1:$((base + 1))" --arg a "http://127.0.0.1:$((base + 2))" \
		--arg d "$dir" --slurpfile venues "$dir/venues.json" --rawfile ki "$dir/issuer/operator" \
		--rawfile kr "$dir/registry/operator" --argjson pi "$pid_issuer" --argjson pr "$pid_registry" --argjson pa "$pid_authority" '{
		lab: true, issuer: $i, registry: $r, authority: $a, outbox: ($d + "/phone/outbox"), venues: $venues[0],
		admin: {issuer: ($ki | rtrimstr("\n")), registry: ($kr | rtrimstr("\n"))},
		officers: [{name: "health-1", group: "health"}, {name: "health-2", group: "health"}, {name: "court-1", group: "court"}]
			| map(. + {key_file: ($d + "/officers/" + .name)}),
		trustees: [1, 2, 3] | map({name: "trustee-\(.)", share_file: ($d + "/authority/data/trustees/\(.)/share")}),
		policy_file: ($d + "/trust/policy.json"), bundle_file: ($d + "/trust/bundle.json"),
		directory_file: ($d + "/trust/directory.json"), executor_file: ($d + "/authority/executor"),
		pids: {issuer: $pi, registry: $pr, authority: $pa}
	}' >"$dir/demo.json.tmp"
	mv "$dir/demo.json.tmp" "$dir/demo.json"
}

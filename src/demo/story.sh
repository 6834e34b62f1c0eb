# The whole story, step by step, through the real daemons; sourced by src/demo.sh for --once.

step_n=0
step() {
	step_n=$((step_n + 1))
	printf '\n%2d. %s\n' "$step_n" "$*"
}
show() { printf '    %s\n' "$*"; }
code_of() { jq -r '.code // empty' "$dir/phone/answer"; }

# Planted, made up, and looked for in every file at the end.
planted_name='시험방문자가나다'
planted_phone='010-0000-4321'
planted_digits='821000004321'

visitor_registers() {
	step 'A visitor registers: name, number, one-time code'
	jq -cn --arg n "$planted_name" --arg p "$planted_phone" --argjson c "$(consent_version)" '{name: $n, phone: $p, consent: $c}' >"$dir/phone/registration"
	answer=$(api issuer POST /v1/registrations '' "$(cat "$dir/phone/registration")")
	status_is 202
	registration=$(printf '%s' "$answer" | jq -r .registration)
	tries=0
	until code=$(tail -n 1 "$dir/phone/outbox" | jq -r .text 2>/dev/null | grep -oE '[0-9]{6}'); do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || die 'no SMS came'
		sleep 0.1
	done
	show 'an SMS with a code has come'
	answer=$(api issuer POST "/v1/registrations/$registration/verify" '' "$(printf '%s' "$code" | jq -cR '{code: .}')")
	status_is 201
	printf '%s' "$answer" | jq -r .credential >"$dir/phone/credential"
	show 'the phone holds a credential; the issuer keeps the identity sealed under it'
}

visitor_draws_qr() {
	step 'The phone gets a day ticket and draws a QR'
	answer=$(api issuer POST /v1/days "$(cat "$dir/phone/credential")" '{"day": "today"}')
	status_is 201
	printf '%s' "$answer" | jq -r .ticket >"$dir/phone/ticket"
	printf 'header = "Content-Type: application/json"\nheader = "Accept: image/png"\nheader = "Authorization: Bearer %s"\n' \
		"$(cat "$dir/phone/ticket")" >"$dir/phone/curl"
	curl -fsS --max-time 30 -K "$dir/phone/curl" -X POST --data-binary '{"index": 0}' -o "$dir/phone/qr.png" \
		"http://127.0.0.1:$base/v1/tokens" || die 'no QR was drawn'
	show "a PNG of $(wc -c <"$dir/phone/qr.png") bytes: $dir/phone/qr.png"
}

scanner_reads_qr() {
	step 'The scanner reads the picture with zbarimg and checks in'
	zbarimg --quiet --raw --nodbus "$dir/phone/qr.png" >"$dir/phone/token" 2>/dev/null || die 'zbarimg cannot read the picture'
	show "$(cut -c1-40 "$dir/phone/token")... ($(($(wc -c <"$dir/phone/token") - 1)) characters)"
	"$entrylog" token show "$dir/phone/token" --directory "$dir/trust/directory.json" --lab-clock "$dir/clock" | sed 's/^/    /'
	venue=$(jq -r '.[0].id' "$dir/venues.json")
	jq -r '.[0].scanners[0].key' "$dir/venues.json" >"$dir/phone/scanner"
	attempt=$(head -c 8 /dev/urandom | b64)
	tr -d '\n' <"$dir/phone/token" | jq -cRs --arg a "$attempt" '{token: ., attempt: $a}' >"$dir/phone/checkin"
	answer=$(api registry POST /v1/checkins "$(cat "$dir/phone/scanner")" "$(cat "$dir/phone/checkin")")
	status_is 201
	show "$answer"
	scan_minute=$(now)
}

second_scan_is_refused() {
	step 'The same QR a second time is refused'
	attempt=$(head -c 8 /dev/urandom | b64)
	tr -d '\n' <"$dir/phone/token" | jq -cRs --arg a "$attempt" '{token: ., attempt: $a}' >"$dir/phone/checkin"
	api registry POST /v1/checkins "$(cat "$dir/phone/scanner")" "$(cat "$dir/phone/checkin")" >/dev/null
	status_is 409
	[ "$(code_of)" = already_used ] || die "expected already_used, got $(code_of)"
	show 'already_used'
}

# new_order KIND NAME ARGUMENTS...: make and sign an order by the quorum.
new_order() {
	kind=$1
	order=$dir/authority/data/orders/$2
	shift 2
	mkdir -p "$dir/authority/data/orders" "$dir/authority/data/reports"
	printf 'demo case, infectious disease control act\n' >"$dir/authority/case"
	"$entrylog" order new "$kind" --dir "$dir/trust" --executor "$dir/authority/executor" --case-file "$dir/authority/case" \
		--lab-clock "$dir/clock" "$@" -o "$order"
	for officer in health-1 court-1; do
		"$entrylog" order sign --key "$dir/officers/$officer" --dir "$dir/trust" --lab-clock "$dir/clock" --yes "$order" | tail -n 1 | sed 's/^/    /'
	done
}

# Two of the three trustees open a request, each on "its own machine".
trustees_open() {
	for n in 1 3; do
		witness=$dir/authority/data/trustees/$n/witness
		[ -f "$witness" ] || witness=
		"$entrylog" trustee open --share "$dir/authority/data/trustees/$n/share" --dir "$dir/trust" --lab-clock "$dir/clock" --yes \
			${witness:+--witness-key "$witness"} "$1.request" -o "$1.partials-$n" | tail -n 1 | sed "s/^/    trustee-$n: /"
	done
}

# join_order NAME: ask, let the trustees open, finish.
join_order() {
	order=$dir/authority/data/orders/$1
	"$entrylog" join "$order" --config "$dir/authority/authority.conf" -o "$dir/authority/data/reports/$1" 2>&1 | sed 's/^/    /' || true
	[ -f "$order.request" ] || die 'the parties did not answer the order'
	trustees_open "$order"
	"$entrylog" join "$order" --config "$dir/authority/authority.conf" --trustee "$order.partials-1" --trustee "$order.partials-3" \
		-o "$dir/authority/data/reports/$1" 2>&1 | sed 's/^/    /'
	[ -f "$dir/authority/data/reports/$1" ] || die 'no report was written'
	[ ! -f "$order.key" ] || die "the order's key outlived its report"
}

# pass SECONDS: the clock of all parties moves on.
pass() {
	for name in issuer registry authority; do
		reloads "$name" >"$dir/$name/reloads"
	done
	echo $(($(cat "$dir/clock") + $1)) >"$dir/clock.new"
	mv "$dir/clock.new" "$dir/clock"
	for name in issuer registry authority; do
		eval "kill -HUP \$pid_$name"
	done
	# What is asked before a core has taken the new time happens in the old one.
	for name in issuer registry authority; do
		tries=0
		until [ "$(reloads "$name")" -gt "$(cat "$dir/$name/reloads")" ]; do
			tries=$((tries + 1))
			[ "$tries" -lt 200 ] || die "$name does not see the new time"
			sleep 0.1
		done
		rm -f "$dir/$name/reloads"
	done
}

# reloads NAME: how often its core has taken time and documents anew.
reloads() {
	grep -cE '/core reload(ed|_failed) ' "$dir/$1/log" || true
}

notice() {
	step 'An order for a notice: whoever was there is told, and nobody is named'
	new_order notice notice --template 1 --day "$(TZ=Asia/Seoul date -d "@$scan_minute" +%F)" --venue "$venue" \
		--from $((scan_minute - 600)) --to $((scan_minute + 600))
	join_order notice
	"$entrylog" report show "$dir/authority/data/reports/notice" --config "$dir/authority/authority.conf" --json >"$dir/phone/report"
	[ "$(jq -c '[.delivered, .people]' "$dir/phone/report")" = '[1,[]]' ] || die 'the report does more than count'
	pass 86400
	tries=0
	until answer=$(api issuer GET /v1/me/notices "$(cat "$dir/phone/credential")") && [ "$(printf '%s' "$answer" | jq '.notices | length')" = 1 ]; do
		tries=$((tries + 1))
		[ "$tries" -lt 200 ] || die 'the phone was not told'
		sleep 0.1
	done
	show "on the phone, the next day: $(printf '%s' "$answer" | jq -r '.notices[0].en')"
}

contacts() {
	step 'An order for contacts: venue and window to people, signed by two groups, opened by two of three trustees'
	new_order contacts contacts --venue "$venue" --from $((scan_minute - 600)) --to $((scan_minute + 600))
	join_order contacts
	"$entrylog" report show "$dir/authority/data/reports/contacts" --config "$dir/authority/authority.conf" | sed 's/^/    /'
	"$entrylog" report show "$dir/authority/data/reports/contacts" --config "$dir/authority/authority.conf" --json >"$dir/phone/report"
	[ "$(jq -r '.people[0].name' "$dir/phone/report")" = "$planted_name" ] || die 'the report does not name the visitor'
}

trace() {
	step 'An order for a trace: that person back to places'
	printf '%s\n' "$planted_phone" >"$dir/authority/phones"
	new_order trace trace --phone-file "$dir/authority/phones" --from $((scan_minute - 86400)) --to $((scan_minute + 600))
	rm -f "$dir/authority/phones"
	join_order trace
	"$entrylog" report show "$dir/authority/data/reports/trace" --config "$dir/authority/authority.conf" --json >"$dir/phone/report"
	[ "$(jq -r '.places[0].venue' "$dir/phone/report")" = "$venue" ] || die 'the trace does not lead to the venue'
	show "venue $venue: $(jq -r --argjson v "$venue" '.[] | select(.id == $v) | .name' "$dir/venues.json"), as it was"
}

logs_are_whole() {
	step 'An auditor reads both public logs whole, and holds what the issuer answered against what the registry released'
	"$entrylog" log verify "http://127.0.0.1:$base" "http://127.0.0.1:$((base + 1))" --strict --dir "$dir/trust" \
		--lab-clock "$dir/clock" 2>/dev/null | sed 's/^/    /' | tee "$dir/phone/audit"
	grep -q 'what the logs say of orders agrees' "$dir/phone/audit" || die 'the logs do not agree'
}

month_passes() {
	step 'Thirty days later: the operators confirm the clock, every party purges'
	new_order contacts old --venue "$venue" --from $((scan_minute - 600)) --to $((scan_minute + 600)) >/dev/null
	# A copy outside the authority's folder: somebody keeps an order that its purge would take away.
	mkdir -p "$dir/kept"
	cp -p "$dir/authority/data/orders/old" "$dir/authority/data/orders/old.key" "$dir/kept/"
	pass $((30 * 86400))
	for name in issuer registry authority; do
		printf '    %-10s' "$name"
		"$entrylog" purge --config "$dir/$name/$name.conf" --confirm-clock | tail -n 1
		wait_ready "$name"
	done
}

# refused ORDER CODE WORDS: joining this order must be refused with that code.
refused() {
	if "$entrylog" join "$1" --config "$dir/authority/authority.conf" \
		-o "$dir/authority/data/reports/refused" >"$dir/phone/join" 2>&1; then
		die "the order $1 was answered"
	fi
	grep -q "$2" "$dir/phone/join" || { cat "$dir/phone/join" >&2; die "expected $2"; }
	show "$3: $2"
}

nothing_is_left() {
	step 'The old order and a new one for that day are refused'
	refused "$dir/kept/old" order_expired 'an order of that day, kept aside'
	new_order contacts new --venue "$venue" --from $((scan_minute - 600)) --to $((scan_minute + 600)) >/dev/null 2>&1
	refused "$dir/authority/data/orders/new" out_of_retention 'a new order for that day'

	step 'No file of any party holds the name or the number, nor a key of that day'
	# The phone, and the paper that the case was written on, are not the parties'.
	rm -rf "$dir/phone" "$dir/authority/case"
	mkdir -p "$dir/phone"
	for needle in "$planted_name" "$planted_phone" "$planted_digits" "01000004321"; do
		if found=$(grep -rlaF -- "$needle" "$dir"); then
			die "found in $found"
		fi
	done
	show 'name and number: in no file'
	day=$(((scan_minute + 18000) / 86400))
	for name in issuer registry authority; do
		"$entrylog" keys list "$dir/$name" --config "$dir/$name/$name.conf" --json >"$dir/phone/keys" 2>/dev/null || die "$name: keys list failed"
		jq -e --argjson d "$day" '[.. | objects | select(.epoch? == $d)] | length == 0' "$dir/phone/keys" >/dev/null ||
			die "$name still has a key of that day"
	done
	show "keys of day $day: at no party, at no trustee"
}

story() {
	visitor_registers
	visitor_draws_qr
	scanner_reads_qr
	second_scan_is_refused
	notice
	contacts
	trace
	logs_are_whole
	month_passes
	nothing_is_left
}

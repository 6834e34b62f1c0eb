# The measurements, one function each; sourced by run.sh.  Each notes its figures with put(); table.sh puts them together.

sync_cost() { "$bin/bench_parts" --dir "$work" --only-fdatasync --syncs "$syncs"; }

measure_parts() {
	put parts "$("$bin/bench_parts" --dir "$work" --group "$group" --rows "$part_rows" --calls "$calls" --syncs "$syncs" --curve-ms "$curve_ms")"
}

# Rows of the day in a deployment of that name, filled once.
filled() {
	deployment "$1"
	[ ! -f "$dir/filled" ] || { prepare >/dev/null; return 0; }
	need_disk "$2"
	prepare --fill "+0:$2" >"$dir/filled.tmp"
	mv "$dir/filled.tmp" "$dir/filled"
	put "fill_$1" "$(cat "$dir/filled")"
}

closed() { measured_load "$@" --seconds "$seconds" --warm "$warm" --ahead "$ahead"; }
single() { closed --kind checkin --connections "$connections"; }

# What core has recorded, and in how many transactions.
groups() {
	curl -fsS "http://127.0.0.1:$((port + 10))/metrics" |
		awk '{n[$1] = $2} END {printf "{\"recorded\":%d,\"groups\":%d}", n["entrylog_registry_recorded"], n["entrylog_registry_groups"]}'
}

# In turn, so that the two sides of a ratio see the same machine.
measure_checkins() {
	filled small "$small_rows"
	for _ in $(seq "$rounds"); do
		if [ -x "$empty" ]; then
			start_empty
			closed --kind empty --connections "$connections"
			put empty "$line"
			stop
		fi
		start registry
		settle
		before=$(groups)
		single
		after=$(groups)
		put single "$(printf '%s' "$line" | jq -c --argjson a "$before" --argjson b "$after" \
			'. + {group: (if $b.groups > $a.groups then (($b.recorded - $a.recorded) / ($b.groups - $a.groups) | round) else 1 end)}')"
		settle
		closed --kind checkin --batch 100 --connections "$batch_connections"
		put batch "$line"
		stop
	done
	# The parts alone once more, in groups as large as core's were: a transaction costs what it costs however few rows it has.
	put core_parts "$("$bin/bench_parts" --dir "$work" --group "$(got single .group)" --rows "$part_rows" --calls "$calls" \
		--syncs "$syncs" --curve-ms 100)"
	put core_parts_batch "$("$bin/bench_parts" --dir "$work" --group 2000 --rows "$part_rows" --calls "$calls" --syncs "$syncs" --curve-ms 100)"
}

measure_open() {
	filled small "$small_rows"
	start registry
	settle
	put jitter_quiet "$("$bin/bench_jitter" --seconds "$jitter_seconds")"
	for rate in $rates; do
		settle
		put "fdatasync_$rate" "$(sync_cost)"
		# What the machine itself adds meanwhile: a virtual one may be stopped by its host again and again.
		"$bin/bench_jitter" --seconds "$open_seconds" >"$work/jitter" &
		background=$!
		load --kind checkin --rate "$rate" --connections "$connections" --seconds "$open_seconds" --warm "$warm"
		put "open_$rate" "$line"
		wait "$background"
		background=
		put "jitter_$rate" "$(cat "$work/jitter")"
	done
	stop
}

# rows_of RESULT DEPLOYMENT ROWS: throughput and start with so many rows in today's epoch.
rows_of() {
	filled "$2" "$3"
	start registry
	for _ in $(seq "$rounds"); do
		settle
		single
		put "$1" "$(printf '%s' "$line" | jq -c --argjson rows "$3" --argjson ms "$ready_ms" '. + {rows: $rows, ready_ms: $ms}')"
	done
}
measure_rows() {
	rows_of rows_few few "$small_rows" # not `small`, which every other load adds to
	stop
	forget few
	rows_of rows_many large "$rows"
	settle
	"$bin/bench_loadgen" --port "$port" --folder "$dir/bench" --clock "$dir/clock" --kind checkin --rate 1000 \
		--connections "$many_connections" --seconds "$hold_seconds" --warm 1 >"$work/held" &
	background=$!
	sleep "$hold_seconds"
	# The tokens in the daemon's map are the rows of the open epochs.
	held=$(curl -fsS "http://127.0.0.1:$((port + 10))/metrics" | awk '/^entrylog_registry_tokens_in_memory / {print $2}')
	put memory "$(memory | jq -c --argjson n "${held:-$rows}" --argjson c "$many_connections" '. + {rows: $n, connections: $c}')"
	wait "$background" || true
	background=
	stop
	forget large
}

# Closed days: a search in them.
closed_days() {
	deployment closed
	if [ -f "$dir/filled" ]; then
		prepare >/dev/null
	else
		need_disk "$find_rows"
		prepare --fill "-3:$find_rows" --fill "-2:$find_few_rows" >"$dir/filled.tmp"
		mv "$dir/filled.tmp" "$dir/filled"
		put fill_closed "$(head -n 1 "$dir/filled")"
	fi
	closed_epoch=$(head -n 1 "$dir/filled" | jq .epoch)
}
measure_find() {
	closed_days
	# What a running registry does with closed segments (their indexes) is done before they are searched.
	start registry
	settle
	stop
	"$bin/bench_find" --conf "$dir/registry/registry.conf" --epoch "$closed_epoch" --epoch $((closed_epoch + 1)) --seconds "$find_seconds" >"$work/found"
	put find_many "$(sed -n 1p "$work/found")"
	put find_few "$(sed -n 2p "$work/found")"
}

# destroy_day NAME EPOCH: check-ins go on while the day of that epoch goes.
destroy_day() {
	due=$((($2 + 29) * 86400 - 18000 + 7200))
	clock_set $((due - 1800))
	prepare >/dev/null
	start registry
	settle
	before=$(reloads registry)
	"$bin/bench_destroy" --conf "$dir/registry/registry.conf" --epoch "$2" --pid "$pid" --approach 25 # less than the skew
	reloaded registry "$before"
	"$bin/bench_loadgen" --port "$port" --folder "$dir/bench" --clock "$dir/clock" --kind checkin --rate "$destroy_rate" \
		--connections 64 --seconds "$destroy_seconds" --warm 1 >"$work/meanwhile" &
	background=$!
	sleep "$destroy_after"
	gone=$("$bin/bench_destroy" --conf "$dir/registry/registry.conf" --epoch "$2" --pid "$pid")
	wait "$background" || true
	background=
	put "$1" "$(jq -c --argjson gone "$gone" '. + $gone' "$work/meanwhile")"
	stop
}
measure_destroy() {
	deployment tiny
	prepare --fill "-3:$destroy_few_rows" >"$dir/filled"
	destroy_day destroy_few "$(jq .epoch "$dir/filled")"
	rm -rf "${work:?}/tiny"
	[ -z "$short" ] || return 0 # the same again
	closed_days
	destroy_day destroy_many "$closed_epoch"
	rm -rf "${work:?}/closed" # its day is gone
}

measure_tokens() {
	deployment small
	"$bin/bench_prepare_issuer" --conf "$dir/issuer/issuer.conf" --out "$dir/bench"
	start issuer
	for _ in $(seq "$rounds"); do
		# In turn with the limit, which moves with the machine as much as what is compared with it.
		put curve "$("$bin/bench_parts" --dir "$work" --group "$group" --rows 1280 --calls 200 --syncs 2 --curve-ms "$curve_ms" |
			jq -c '. + {model: "closed", items_per_s: .curve_limit_per_s}')"
		for kind in token wallet; do
			closed --kind "$kind" --connections 64
			put "$kind" "$line"
		done
	done
	stop
}

# CPU of opening links with 3 of 5 trustees, against the operations that it needs.
measure_joins() {
	for n in $joins; do
		put "joins_$n" "$("$bin/bench_open" --links "$n" --rounds "$([ "$n" -ge 20000 ] && echo 1 || echo "$rounds")")"
	done
}

# In a registry of its own, in /tmp.
measure_trace() {
	[ -n "$short" ] || need_disk $((trace_days * trace_rows))
	put trace "$("$bin/bench_trace" --days "$trace_days" --rows "$trace_rows" --rounds "$rounds" 2>"$work/trace.log")"
}

# instructions PROGRAM SMALL LARGE [OPTION...]: of one more unit of work, between two sizes.
instructions() {
	program=$1 few=$2 many=$3
	shift 3
	for n in "$few" "$many"; do
		valgrind --tool=callgrind --callgrind-out-file=/dev/null --toggle-collect=bench_measured "$bin/$program" "$@" --n "$n" \
			>"$work/callgrind.out" 2>"$work/callgrind.$n" || { tail -n 20 "$work/callgrind.$n" >&2; return 1; }
	done
	cat "$work/callgrind.$few" "$work/callgrind.$many" | awk -v few="$few" -v many="$many" '
		/Collected : / {ir[++n] = $NF} END {if (n != 2) exit 1; printf "{\"instructions\":%.0f}", (ir[2] - ir[1]) / (many - few)}'
}
measure_instructions() {
	if ! command -v valgrind >/dev/null 2>&1; then
		say 'no valgrind: instructions are not counted'
		return 0
	fi
	deployment small
	prepare >/dev/null
	put instructions_token "$(instructions bench_token $tokens $((tokens * 3)))"
	[ -n "$short" ] || put instructions_wallet "$(instructions bench_token $tokens $((tokens * 3)) --wallet)"
	put instructions_checkin "$(instructions bench_core "$checkins" $((checkins * 3)) --conf "$dir/registry/registry.conf" --folder "$dir/bench" --group "$group")"
}

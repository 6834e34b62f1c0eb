# Deployments, daemons and processes of the benchmarks; sourced by run.sh.

# ---- Deployments: $work/NAME, kept from one measurement to the next ----

# deployment NAME: its folder, trust, keys and configurations, made by the demo's setup; sets $dir and $base.  The
# clock of a deployment stands at 20:00 of the day on which it was made, in UTC+9, whenever it is used: most of
# the day is behind it, and no measurement crosses the end of a day.
deployment() {
	dir=$work/$1
	free_ports
	base=$free
	if [ ! -f "$dir/anchor" ]; then
		rm -rf "$dir"
		mkdir -p "$dir"
		once=1
		setup >"$dir/setup.log" 2>&1 || die "the key ceremony failed, see $dir/setup.log"
		echo $(($(date +%s) + $(cat "$dir/clock") + 8 * 3600)) >"$dir/anchor"
	fi
	clock_set "$(cat "$dir/anchor")"
	write_configs >>"$dir/setup.log" 2>&1 || die "no configuration, see $dir/setup.log"
	# No second opinion on the time: the other daemons of the deployment do not run.
	for conf in "$dir/registry/registry.conf" "$dir/issuer/issuer.conf"; do
		sed -i -e '/^time_peer/d' "$conf"
		echo "net_processes = $nets" >>"$conf"
	done
	# The load generator reads a set clock from its file, core hears of it a moment later: that is not what we measure.
	echo 'skew = 30' >>"$dir/registry/registry.conf"
}
clock_set() { echo $(($1 - $(date +%s))) >"$dir/clock"; }

# prepare [OPTION...]: the registry's folder of $dir, for the day of its clock.
prepare() {
	"$bin/bench_prepare" --conf "$dir/registry/registry.conf" --out "$dir/bench" --venues "$venues" --scanners "$scanners" "$@"
}
# What a fill takes, refused before the disk is full: about 290 bytes a row with indexes and log.
need_disk() {
	have=$(df -Pk "$work" | awk 'NR == 2 {print $4}')
	[ "$have" -gt $(($1 * 290 / 1024 + 2000000)) ] || die "not enough disk for $1 rows: use --rows and --find-rows"
}
forget() {
	[ -n "$keep" ] || rm -rf "${work:?}/${1:?}"
}

# ---- Daemons: one at a time, stopped by the pid that we started ----

pid=
# start ROLE: from nothing to ready; $pid, and how long it took in $ready_ms.
start() {
	port=$(port_of "$1")
	started=$(date +%s%N)
	"$build/src/$1/entrylog-$1" --config "$dir/$1/$1.conf" 2>>"$dir/$1/log" &
	pid=$!
	until curl -fsS -o /dev/null --max-time 2 "http://127.0.0.1:$port/readyz" 2>/dev/null; do
		kill -0 "$pid" 2>/dev/null || { tail -n 5 "$dir/$1/log" >&2; die "$1 ended at its start"; }
		[ $(($(date +%s%N) - started)) -lt 600000000000 ] || die "$1 does not get ready"
		sleep 0.05
	done
	ready_ms=$((($(date +%s%N) - started) / 1000000))
}
# reloads ROLE: how often its core has taken time and documents anew.
reloads() {
	grep -cE '/core reload(ed|_failed) ' "$dir/$1/log" || true
}
# reloaded ROLE N: wait until it has done so more than N times.
reloaded() {
	waited=0
	until [ "$(reloads "$1")" -gt "$2" ]; do
		waited=$((waited + 1))
		[ "$waited" -lt 600 ] || die "$1 has not taken the new time"
		sleep 0.1
	done
}
start_empty() {
	free_ports
	port=$free
	"$empty" --listen "127.0.0.1:$port" --net "$nets" 2>>"$work/empty.log" &
	pid=$!
	waited=0
	until ss -Hltn "sport = :$port" | grep -q .; do
		kill -0 "$pid" 2>/dev/null || die "the empty server ended at its start, see $work/empty.log"
		waited=$((waited + 1))
		[ "$waited" -lt 200 ] || die 'the empty server does not listen'
		sleep 0.05
	done
	sleep 0.2
}
stop() {
	[ -n "$pid" ] || return 0
	kill -TERM "$pid" 2>/dev/null || true
	wait "$pid" 2>/dev/null || true
	pid=
}
background=
stop_everything() {
	trap - EXIT INT TERM
	[ -z "$background" ] || kill -TERM "$background" 2>/dev/null || true
	stop
}

# The family of $pid, its own line first: pid, name, nanoseconds of CPU, RSS and PSS in KiB.
family() {
	for one in $pid $(cat "/proc/$pid/task/$pid/children"); do
		name=$(cat "/proc/$one/comm" 2>/dev/null) || continue
		cpu=$(cut -d' ' -f1 "/proc/$one/schedstat" 2>/dev/null) || continue
		memory=$(awk '/^Rss:/ {r = $2} /^Pss:/ {p = $2} END {if (r == "") exit 1; print r, p}' "/proc/$one/smaps_rollup" 2>/dev/null) ||
			memory=$(awk '/^VmRSS:/ {print $2, 0}' "/proc/$one/status" 2>/dev/null) || continue
		echo "$one $name $cpu $memory"
	done
}
# Wait until the family is at rest (what it does after a start or a load belongs to no measurement), 10 minutes at most.
settle() {
	[ -z "$short" ] || return 0
	before=$(family | awk '{s += $3} END {printf "%.0f", s}')
	for _ in $(seq 600); do
		sleep 1
		after=$(family | awk '{s += $3} END {printf "%.0f", s}')
		[ $((after - before)) -ge 50000000 ] || return 0
		before=$after
	done
}

# ---- Results: one line of JSON each ----

# put NAME JSON: note a result.
put() {
	jq -cn --arg name "$1" --arg commit "$commit" --arg at "$(date -u +%Y-%m-%dT%H:%M:%SZ)" --argjson v "$2" \
		'{name: $name, commit: $commit, at: $at} + $v' >>"$results"
}
# got NAME FILTER: a value of the last result of that name; "null" when there is none.  Of a closed load, which is
# repeated, the best one: what else a machine does only ever takes from it.
got() {
	jq -sr --arg name "$1" --arg commit "$commit" "[.[] | select(.name == \$name and .commit == \$commit)] |
		if .[0].model == \"closed\" then max_by(.items_per_s) else last end | $2" "$results" 2>/dev/null || echo null
}

# load [OPTION...]: a load on $port from $dir/bench; its line of JSON in $line.  Refusals are told in it.
load() {
	status=0
	line=$("$bin/bench_loadgen" --port "$port" --folder "$dir/bench" --clock "$dir/clock" "$@") || status=$?
	[ "$status" -eq 0 ] || [ "$status" -eq 2 ] || die 'the load generator failed'
}
# measured_load [OPTION...]: the same with the CPU that each kind of process took meanwhile.  That is of the whole run,
# its warm-up included, and so to be shared among all_items.
measured_load() {
	family >"$work/before"
	load "$@"
	family >"$work/after"
	cpu=$(awk 'NR == FNR {was[$1] = $3; next} {sum[$2] += $3 - was[$1]} END {
		printf "{"; for (n in sum) {printf "%s\"%s\":%.0f", sep, n, sum[n]; sep = ","} printf "}"}' "$work/before" "$work/after")
	line=$(printf '%s' "$line" | jq -c --argjson cpu "$cpu" '. + {cpu_of: $cpu}')
}
memory() {
	family | awk '{r += $4; p += $5} END {printf "{\"rss_kib\":%d,\"pss_kib\":%d}", r, p}'
}

# The table of what was measured and what must be reached; sourced by run.sh.

# row WHAT A B RATIO TARGET VERDICT
row() { printf '%-58s %14s %14s %8s  %-22s %s\n' "$@"; }
# is EXPRESSION: true in awk's arithmetic; unset figures are never true.
is() { case $1 in *null*) return 1 ;; esac; awk "BEGIN {exit !($1)}"; }
# calc EXPRESSION FORMAT; shown the same for a reader.
calc() { case $1 in *null*) echo null ;; *) awk "BEGIN {printf \"$2\", ($1)}" ;; esac; }
shown() { calc "$@" | sed 's/null/-/'; }
us() { shown "$1 / 1000" %.1f; }

# ratio_row WHAT A B >=|<= TARGET FORMAT [GOAL]: met where A / B is on the right side of the target.
ratio_row() {
	ratio=null
	[ "$2" = null ] || [ "$3" = null ] || ratio=$(calc "$2 / $3" %.3f)
	verdict='not measured'
	if [ "$ratio" != null ]; then
		verdict=missed
		! is "$ratio $4 $5" || verdict=met
	fi
	row "$1" "$(shown "$2" "$6")" "$(shown "$3" "$6")" "$(shown "$ratio" %.2f)" "$4 $5${7:+, goal $7}" "$verdict"
}

# open_row RATE [1]: with 1 its p99 is judged, too.
open_row() {
	p50=$(got "open_$1" .p50_us) p99=$(got "open_$1" .p99_us) refused=$(got "open_$1" .refused) sync=$(got "fdatasync_$1" .fdatasync_us)
	if [ "$p50" = null ]; then
		row "open model $1/s: $([ -n "$2" ] && echo 'p99 (us) / most allowed' || echo 'refused / p99 (us)')" - - - 'none refused' 'not measured'
		return
	fi
	most=$(calc "8 * $p50 > 20 * $sync ? 8 * $p50 : 20 * $sync" %.0f)
	verdict=met
	[ "$refused" = 0 ] || verdict="missed: $refused refused"
	[ -z "$2" ] || is "$p99 <= $most" || verdict="missed${verdict#met}"
	[ -z "$2" ] || row "open model $1/s: p99 (us) / most allowed" "$(shown "$p99" %.0f)" "$most" "$(calc "$p99 / $most" %.2f)" '<= 1, none refused' "$verdict"
	[ -n "$2" ] || row "open model $1/s: refused / p99 (us)" "$refused" "$(shown "$p99" %.0f)" - 'none refused' "$verdict"
}

# CPU of one kind of process of a load, in nanoseconds an item.
cpu_of() { got "$1" ".cpu_of[\"$2\"] / .all_items"; }

table() {
	row what A B 'A / B' target verdict
	ratio_row 'check-ins/s, one a post / empty posts/s' "$(got single .items_per_s)" "$(got empty .items_per_s)" '>=' 0.5 %.0f 0.6
	ratio_row 'check-ins/s, 100 a post / one a post' "$(got batch .items_per_s)" "$(got single .items_per_s)" '>=' 2.5 %.0f
	open_row 5000 1
	open_row 10000 ''
	ratio_row "check-ins/s, $rows rows today / $small_rows" "$(got rows_many .items_per_s)" "$(got rows_few .items_per_s)" '>=' 0.9 %.0f
	ratio_row 'append CPU a row (ns): daybook / SQLite alone' "$(got parts .daybook_append_ns)" "$(got parts .raw_append_ns)" '<=' 1.5 %.0f
	ratio_row "a found row (us): of $find_rows / of $find_few_rows rows" "$(got find_many .us_per_row)" "$(got find_few .us_per_row)" '<=' 3 %.1f
	ratio_row "key gone (ms): day of $find_rows / of $destroy_few_rows rows" "$(got destroy_many .key_gone_ms)" "$(got destroy_few .key_gone_ms)" '<=' 3 %.1f
	ratio_row "resident (KiB) with $(got memory .rows) rows / allowed" "$(got memory .rss_kib)" "$(got memory '65536 + .rows * 24 / 1024 | floor')" '<=' 1 %.0f
	ratio_row 'core CPU a check-in (ns), one a post / its parts' "$(cpu_of single el-core)" \
		"$(got core_parts '.tag_check_ns + .two_tags_ns + .seal_ns + .raw_append_ns')" '<=' 1.3 %.0f
	ratio_row 'the same, 100 a post (groups of 2000)' "$(cpu_of batch el-core)" \
		"$(got core_parts_batch '.tag_check_ns + .two_tags_ns + .seal_ns + .raw_append_ns')" '<=' 1.3 %.0f
	ratio_row 'tokens/s, live / curve limit' "$(got token .items_per_s)" "$(got curve .curve_limit_per_s)" '>=' 0.7 %.0f
	ratio_row 'tokens/s, wallets of 16 / curve limit' "$(got wallet .items_per_s)" "$(got curve .curve_limit_per_s)" '>=' 0.7 %.0f
	for n in $joins; do
		[ "$n" = 50 ] || ratio_row "opening $n links, 3 of 5 (us a link) / operations needed" "$(got "joins_$n" .us_per_link)" \
			"$(got "joins_$n" .needed_us)" '<=' 1.4 %.0f
	done
	ratio_row "trace, $trace_days days of $trace_rows visits (ms) / its PRFs" "$(got trace .cpu_ms)" "$(got trace .prf_ms)" '<=' 1.5 %.0f
	echo
	for kind in checkin token wallet; do
		row "instructions of a ${kind}$([ "$kind" != wallet ] || echo "'s token")" "$(shown "$(got "instructions_$kind" .instructions)" %.0f)" '' '' 'reported' ''
	done
	row 'opening 50 links (us a link) / operations needed' "$(shown "$(got joins_50 .us_per_link)" %.0f)" "$(shown "$(got joins_50 .needed_us)" %.0f)" \
		"$(shown "$(got joins_50 .ratio)" %.2f)" reported ''
	for n in $joins; do
		row "JSON beside it, $n links (us a link); ratio with it" "$(shown "$(got "joins_$n" .json_us)" %.0f)" '' \
			"$(shown "$(got "joins_$n" .ratio_json)" %.2f)" reported ''
	done
	row 'check-ins p99 / max (us) while the large day goes' "$(shown "$(got destroy_many .p99_us)" %.0f)" "$(shown "$(got destroy_many .max_us)" %.0f)" '' reported ''
	row 'files gone (ms): large day / small day' "$(shown "$(got destroy_many .files_gone_ms)" %.0f)" "$(shown "$(got destroy_few .files_gone_ms)" %.0f)" '' reported ''
	row "ready (ms): $rows / $small_rows rows today" "$(shown "$(got rows_many .ready_ms)" %.0f)" "$(shown "$(got rows_few .ready_ms)" %.0f)" '' reported ''
	row 'map rebuilt, 20 M rows (ms, from the two above)' "$(rebuild_ms)" '' '' reported ''
	row 'resident / proportional (KiB), whole family' "$(shown "$(got memory .rss_kib)" %.0f)" "$(shown "$(got memory .pss_kib)" %.0f)" '' reported ''
	row 'CPU a check-in (us): client / net' "$(us "$(got single '.cpu_ns / .items')")" "$(us "$(cpu_of single el-net)")" '' reported ''
	row 'CPU a check-in (us): core / all others' "$(us "$(cpu_of single el-core)")" "$(us "$(others)")" '' reported ''
	row 'open model 5000/s: p50 / p99.9 (us)' "$(shown "$(got open_5000 .p50_us)" %.0f)" "$(shown "$(got open_5000 .p999_us)" %.0f)" '' reported ''
	row 'wakes late, of an idle process: p99.9 quiet / at 5000/s (us)' "$(shown "$(got jitter_quiet .late_p999_us)" %.0f)" \
		"$(shown "$(got jitter_5000 .late_p999_us)" %.0f)" '' reported ''
	row 'share of time it was stopped: quiet / at 5000/s' "$(shown "$(got jitter_quiet .stopped_share)" %.4f)" \
		"$(shown "$(got jitter_5000 .stopped_share)" %.4f)" '' reported ''
	row 'single p50 / p99 (us)' "$(shown "$(got single .p50_us)" %.0f)" "$(shown "$(got single .p99_us)" %.0f)" '' reported ''
	row 'rows a transaction of core (single posts)' "$(shown "$(got single .group)" %.0f)" '-' '' reported ''
	row 'one fdatasync (us): quiet / before 5000/s' "$(shown "$(got parts .fdatasync_us)" %.0f)" "$(shown "$(got fdatasync_5000 .fdatasync_us)" %.0f)" '' reported ''
	row 'refused, closed or unanswered in all loads' "$(refused_at_all)" '' '' 'reported' ''
	echo
	echo "machine: $(awk -F': ' '/^model name/ {print $2; exit}' /proc/cpuinfo), $(nproc) cores, $(awk '/^MemTotal/ {printf "%.0f GiB", $2 / 1048576}' /proc/meminfo)"
	echo "kernel:  $(uname -sr), $(df -PT "$work" | awk 'NR == 2 {print $2}'); commit $commit; $(date -u +%Y-%m-%dT%H:%M:%SZ)"
}
others() { got single "([.cpu_of | to_entries[] | select(.key != \"el-core\" and .key != \"el-net\") | .value] | add) / .all_items"; }
refused_at_all() { jq -s --arg commit "$commit" '[.[] | select(.commit == $commit) | .refused // 0] | add // 0' "$results"; }
# From the slope, since a start takes time with no row, too.
rebuild_ms() {
	many=$(got rows_many .ready_ms) few=$(got rows_few .ready_ms)
	[ "$many" != null ] && [ "$few" != null ] && [ "$rows" -gt "$small_rows" ] || { echo -; return 0; }
	awk "BEGIN {printf \"%.0f\", ($many - $few) / ($rows - $small_rows) * 20000000}"
}

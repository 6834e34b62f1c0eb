# Free ports for what a script starts; sourced.

# A port such that it and the twelve after it are free, into $free.  Below those that a kernel gives to outgoing connections.
free_ports() {
	try=$((20000 + ($$ * 31 + ${tries:-0} * 977) % 12000))
	tries=$((${tries:-0} + 1))
	[ "$tries" -le 200 ] || { echo 'no free ports' >&2; exit 1; }
	for port in $(seq $try $((try + 12))); do
		if ss -Htan "sport = :$port" | grep -q .; then
			free_ports
			return
		fi
	done
	free=$try
}

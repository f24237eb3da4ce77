# SPDX-License-Identifier: Apache-2.0
# Measurements: m_WHAT PATH ROUND notes values in the CSV. Each ends by itself
# and fails when there is nothing to note.
#
# shellcheck shell=bash disable=SC2034

note_value() { # PATH ROUND WHAT VALUE
	printf '%s,%s,%s,%s\n' "$@" >>"$CSV"
}

# The path's daemons, by their number outside of their hosts.
pids() { # PATH
	local h
	[ -n "${DAEMON[$1]}" ] || return 0
	for h in "${CLIENT[$1]}" "${SERVER[$1]}"; do
		pgrep --ns "${HOST_PID[$h.init]}" --nslist pid -x "${DAEMON[$1]}"
	done
}

# CPU of the daemons so far, in ticks of 10 ms
cpu_ticks() { # PATH
	local p
	for p in $(pids "$1"); do
		sed 's/.*) //' "/proc/$p/stat"
	done | awk '{ n += $12 + $13 } END { print n + 0 }'
}

# The largest of a field of /proc/PID/status of the daemons, in kB
memory() { # PATH FIELD
	local p
	for p in $(pids "$1"); do
		sed -n "s/^$2:\s*\([0-9]*\) kB/\1/p" "/proc/$p/status"
	done | sort -n | tail -n1
}

start_servers() { # PATH
	local h=${SERVER[$1]} port
	for port in 5201 5202; do
		bg "$h" "iperf$port" iperf3 -s -p $port --forceflush
		wait_log 5 "$h" "iperf$port" listening || return
	done
	bg "$h" udpload "$UDPLOAD" serve "${TO[$1]}" 7001
	wait_log 5 "$h" udpload listening || return
	bg "$h" udpload-many "$UDPLOAD" serve-many "${TO[$1]}" 7002
	wait_log 5 "$h" udpload-many listening
}

# iperf PATH SECONDS OPTION...: its JSON
iperf() {
	local p=$1 secs=$2
	shift 2
	on "${CLIENT[$p]}" timeout $((secs + 15)) iperf3 -c "${TO[$p]}" \
		-B "${FROM[$p]}" -t "$secs" --json "$@"
}

mbit() { # JSON-FILE
	jq -e '.end.sum_received.bits_per_second / 1e6 | round' "$1"
}

# One TCP run; -P and -R by the options.
stream() { # PATH ROUND WHAT OPTION...
	local p=$1 round=$2 what=$3 ticks json=$T/$1-tcp.json m
	shift 3
	ticks=$(cpu_ticks "$p")
	iperf "$p" "$SECS" "$@" >"$json" && m=$(mbit "$json") || return
	ticks=$(($(cpu_ticks "$p") - ticks))
	note_value "$p" "$round" "$what" "$m"
	note_value "$p" "$round" "$what-retransmits" \
		"$(jq '.end.sum_sent.retransmits // 0' "$json")"
	note_value "$p" "$round" "$what-cpu_s_per_gb" "$(jq \
		"$ticks / 100 / (.end.sum_received.bytes / 1e9)" "$json")"
	RESULT="$m Mbit/s"
}
m_tcp() { stream "$1" "$2" tcp; }
m_tcp4() { stream "$1" "$2" tcp4 -P 4; }
m_reverse() { stream "$1" "$2" reverse -R; }

# Round-trip times of COUNT pings in µs, and how many were lost
pings() { # PATH ROUND WHAT COUNT INTERVAL
	local p=$1 v
	on "${CLIENT[$p]}" timeout 20 ping -n -q -i "$5" -c 1 -W 2 \
		-I "${FROM[$p]}" "${TO[$p]}" >/dev/null
	on "${CLIENT[$p]}" timeout 20 ping -n -i "$5" -c "$4" -W 2 \
		-I "${FROM[$p]}" "${TO[$p]}" |
		sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n >"$T/rtt"
	[ -s "$T/rtt" ] || return
	for v in 50 99; do
		note_value "$p" "$2" "$3_p${v}_us" "$(awk -v q=$v '{ v[NR] = $1 }
			END { print v[int((NR - 1) * q / 100) + 1] * 1000 }' \
			"$T/rtt")"
	done
	note_value "$p" "$2" "$3_lost" $(($4 - $(wc -l <"$T/rtt")))
	RESULT="p50 $(awk '{ v[NR] = $1 } END {
		print v[int((NR + 1) / 2)] * 1000 }' "$T/rtt") µs"
}
m_idle() { pings "$1" "$2" idle "$PINGS" 0.002; }

# Latency while a TCP stream fills the path.
m_load() {
	local job rc
	iperf "$1" $((SECS + 1)) >"$T/load.json" &
	job=$!
	pings "$1" "$2" load $((SECS * 100)) 0.01
	rc=$?
	wait $job && return $rc
}

# pace PATH ROUND WHAT FIND PORT: small datagrams a second that arrive, at the
# highest pace the path sustains
pace() {
	local out kpps
	out=$(on "${CLIENT[$1]}" timeout 60 "$UDPLOAD" "$4" "${FROM[$1]}" \
		"${TO[$1]}" "$5" 64 1) || return
	kpps=$(awk '{ printf "%.1f", $2 / $3 / 1e3 }' <<<"$out")
	note_value "$1" "$2" "$3_kpps" "$kpps"
	note_value "$1" "$2" "$3_loss_percent" \
		"$(awk '{ print 100 * (1 - $2 / $1) }' <<<"$out")"
	RESULT="$kpps kpps"
}
m_udp64() { pace "$1" "$2" udp64 find 7001; }
m_udp64many() { pace "$1" "$2" udp64many find-many 7002; }

# Two streams at once, through two tunnels where there are two: the smaller
# share of the larger.
m_fair() {
	local p=$1 job a b
	iperf "$p" "$SECS" >"$T/fair0.json" &
	job=$!
	on "${CLIENT[$p]}" timeout $((SECS + 15)) iperf3 -c "${TO2[$p]:-${TO[$p]}}" \
		-B "${FROM2[$p]:-${FROM[$p]}}" -p 5202 -t "$SECS" --json \
		>"$T/fair1.json"
	wait $job && a=$(mbit "$T/fair0.json") && b=$(mbit "$T/fair1.json") ||
		return
	note_value "$p" "$2" fair "$(awk "BEGIN { a = $a; b = $b
		printf \"%.3f\", a < b ? a / b : (a ? b / a : 0) }")"
	note_value "$p" "$2" fair-sum $((a + b))
	RESULT="$a and $b Mbit/s"
}

# ---------------------------------------------------------------- overload ---

# floods PATH SECONDS: four senders without pace; "sent received" of all
floods() {
	local i jobs=()
	for i in 1 2 3 4; do
		on "${CLIENT[$1]}" timeout $(($2 + 20)) "$UDPLOAD" send \
			"${FROM[$1]}" "${TO[$1]}" 7001 1000 0 "$2" >"$T/flood$i" &
		jobs+=($!)
	done
	for i in "${jobs[@]}"; do
		wait "$i" || return
	done
	cat "$T"/flood[1-4] | awk '{ s += $1; r += $2 } END { print s, r }'
}

# Memory while a TCP stream and four floods are more than the path can carry.
m_overload() {
	local p=$1 pid before most after job rc
	for pid in $(pids "$p"); do
		# The high-water mark starts again.
		echo 5 >"/proc/$pid/clear_refs"
	done
	before=$(memory "$p" VmRSS)
	[ -n "$before" ] || return
	iperf "$p" 6 >"$T/over.json" &
	job=$!
	floods "$p" 5 >"$T/floods"
	rc=$?
	# The stream may well have starved; that it ends is enough.
	wait $job
	most=$(memory "$p" VmHWM) after=$(memory "$p" VmRSS)
	[ $rc -eq 0 ] && [ -n "$most" ] && [ -n "$after" ] || return
	note_value "$p" "$2" rss_before_kb "$before"
	note_value "$p" "$2" rss_max_kb "$most"
	note_value "$p" "$2" rss_after_kb "$after"
	RESULT="$before, at most $most, then $after kB"
}

# Is each datagram of four floods either received or counted by somebody?
m_drops() {
	local p=$1 known flood
	[ "${DAEMON[$p]}" = missiu ] || return
	known=$(known_drops "$p")
	flood=$(floods "$p" 3) || return
	known=$(($(known_drops "$p") - known))
	note_value "$p" "$2" flood_sent "${flood% *}"
	note_value "$p" "$2" flood_received "${flood#* }"
	note_value "$p" "$2" flood_drops_counted "$known"
	note_value "$p" "$2" flood_unaccounted_percent "$(awk \
		"BEGIN { split(\"$flood\", f, \" \")
		print 100 * (f[1] - f[2] - $known) / f[1] }")"
	RESULT="sent and received $flood, drops counted $known"
}

# By missiu on both hosts, and by the kernel: queue of the TAP at the sender,
# backlog of wire and TAP and the socket's buffer at the receiver.
known_drops() { # PATH
	local a=${CLIENT[$1]} b=${SERVER[$1]}
	{
		status_of "$a" '.tap_lost + .drops.total'
		status_of "$b" '.drops.total'
		queue_drops "$a" tap0
		if_drops "$b" eth0
		if_drops "$b" tap0
		on "$b" awk '/^Udp:/ { if (n++) print $4 }' /proc/net/snmp
	} | awk '{ n += $1 } END { print n + 0 }'
}
if_drops() { # HOST IF
	on "$1" cat "/sys/class/net/$2/statistics/rx_dropped"
}
queue_drops() { # HOST IF
	on "$1" tc -s -j qdisc show dev "$2" | jq '[.[].drops] | add // 0'
}

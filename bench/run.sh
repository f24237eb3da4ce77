#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make bench, make bench-quick: TCP through our tunnels, through strongSwan's
# user-space ESP and over bare wires. All are set up at once and measured in
# turn, ROUNDS times, so that a slow moment of the machine meets each alike;
# only ratios inside one run say anything. Prints medians with their spread and
# writes build/bench/run.csv.
#
#	[ a ]--wire0 10.8.0.1 --------- 10.8.0.2 wire0--[ b ]   bare
#	[ a ]--wire1 10.7.0.1 --------- 10.7.0.2 wire1--[ b ]   no offload
#	[ X1 ]--eth0 10.9.0.1 --------- 10.9.0.2 eth0--[ X2 ]   X: one pair a tunnel
#	     lo 10.1.0.1   == tunnel mode ==   lo 10.2.0.1
. "$(dirname "$0")/../tests/lib.sh"
. "$(dirname "$0")/../tests/lib-strongswan.sh"
no_tap
ROUNDS=${ROUNDS:-5}
SECS=${SECS:-4}
PINGS=${PINGS:-500}
OUT=${OUT:-$ROOT/build/bench}
PSK=swordfish-swordfish
IKE_SUITE=aes128gcm16-prfsha256-ecp256

give_up() {
	echo "bench: $*" >&2
	show_logs >&2
	exit 1
}
[ "$(id -u)" -eq 0 ] || give_up "needs root"
for p in iperf3 jq ping; do
	command -v $p >/dev/null || give_up "$p is not installed: make deps TEST=1"
done

# ------------------------------------------------------------------- paths ---
# Of each path: name, hosts, the server's address and the client's.
PATHS=()
declare -A CLIENT SERVER TO FROM

path() { # NAME CLIENT SERVER TO FROM
	PATHS+=("$1")
	CLIENT[$1]=$2 SERVER[$1]=$3 TO[$1]=$4 FROM[$1]=$5
	on "$2" ping -q -c 2 -i 0.2 -W 5 -I "$5" "$4" >/dev/null ||
		give_up "$1 does not come up"
}

wire() { # HOSTS: two hosts x1 and x2 with a wire and networks behind them
	host "${1}1"
	host "${1}2"
	link "${1}1" eth0 10.9.0.1/24 "${1}2" eth0 10.9.0.2/24
	addrs "${1}1" lo 10.1.0.1/32
	addrs "${1}2" lo 10.2.0.1/32
}

ours() { # HOSTS START IKE-OPTION POLICY-OF-1 POLICY-OF-2
	local i other
	wire "$1"
	for i in 1 2; do
		other=$((i + 3))
		suite "$1$i" eth0 "$(conf "$1$i" <<<"${!other}")" --auto ||
			give_up "missiu does not start"
		# shellcheck disable=SC2086
		ike_on "$1$i" $3 -p $PSK "10.9.0.$i" || give_up "ike does not start"
	done
}

# suite() of lib.sh, but with the back end that START names
suite() { # HOST IF CONF [OPTION...]
	local h=$1 i=$2 c=$3
	shift 3
	on "$h" missiu -i "$i" -l "$T/$h-missiu.log" "$@" "$START" \
		>"$T/$h-missiu.out.log" 2>&1 &&
		on "$h" loadConfig -f "$c" >"$T/$h-loadConfig.log" 2>&1
}

tunnel_of() { # OUTER-LOCAL OUTER-REMOTE LOCAL-NET REMOTE-NET ALGORITHMS
	echo "{ laddr $3 raddr $4 } ipsec { $5 tladdr $1 traddr $2 }"
}

tunnel() { # HOSTS START IKE-OPTION ALGORITHMS
	START=$2
	ours "$1" "$2" "$3" \
		"$(tunnel_of 10.9.0.1 10.9.0.2 10.1.0.0/24 10.2.0.0/24 "$4")" \
		"$(tunnel_of 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 "$4")"
}

transport() { # HOSTS START ALGORITHMS
	START=$2
	ours "$1" "$2" '' "{ raddr 10.9.0.2 } ipsec { $3 }" \
		"{ raddr 10.9.0.1 } ipsec { $3 }"
}

strongswan() {
	wire s
	ss_start s1 && ss_start s2 &&
		ss_load s1 < <(ss_conn 10.9.0.1 10.9.0.2 10.1.0.0/24 10.2.0.0/24 \
			$IKE_SUITE aes128gcm16 $PSK) &&
		ss_load s2 < <(ss_conn 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 \
			$IKE_SUITE aes128gcm16 $PSK) &&
		swan s1 --initiate --child net --timeout 10 >/dev/null 2>&1 ||
		give_up "strongSwan's tunnel does not come up"
}

host a
host b
link a wire0 10.8.0.1/24 b wire0 10.8.0.2/24
link a wire1 10.7.0.1/24 b wire1 10.7.0.2/24
for h in a b; do
	on $h "$PY" "$ROOT/tests/netns/no_offload.py" wire1
done
GCM='encr_algs gcm keylength 16'
CBC='encr_algs aes encr_auth_algs sha1'
path "bare" a b 10.8.0.2 10.8.0.1
path "bare no offload" a b 10.7.0.2 10.7.0.1
tunnel u start --force-encap "$GCM"
path "UDP GCM tunnel" u1 u2 10.2.0.1 10.1.0.1
transport c startRaw "$CBC"
path "raw CBC-SHA1 transport" c1 c2 10.9.0.2 10.9.0.1
transport g start "$GCM"
path "50 GCM transport" g1 g2 10.9.0.2 10.9.0.1
if [ -z "${QUICK-}" ]; then
	tunnel k start --force-encap 'encr_algs gcm keylength 32'
	path "UDP GCM-256 tunnel" k1 k2 10.2.0.1 10.1.0.1
	tunnel p start --force-encap 'encr_algs chacha20-poly1305'
	path "UDP ChaCha20 tunnel" p1 p2 10.2.0.1 10.1.0.1
	if command -v charon-systemd >/dev/null; then
		strongswan
		path "strongSwan UDP GCM" s1 s2 10.2.0.1 10.1.0.1
	fi
fi
for p in "${PATHS[@]}"; do
	h=${SERVER[$p]}
	[ -e "$T/$h-iperf.log" ] && continue
	bg "$h" iperf iperf3 -s --forceflush
	wait_log 5 "$h" iperf listening || give_up "iperf3 does not start"
done

# ------------------------------------------------------------- measurements ---
mkdir -p "$OUT"
csv=$OUT/run.csv
{
	echo "# $(git -C "$ROOT" describe --always --dirty 2>/dev/null), $(nproc) x$(
		sed -n 's/^model name.*:/ /p' /proc/cpuinfo | head -n1), Linux $(uname -r)"
	echo "path,round,what,value"
} >"$csv"
note_value() { # PATH ROUND WHAT VALUE
	printf '"%s",%s,%s,%s\n' "$1" "$2" "$3" "$4" >>"$csv"
}

# CPU of the daemons of a path so far, in ticks of 10 ms
cpu_ticks() { # PATH
	local h
	for h in "${CLIENT[$1]}" "${SERVER[$1]}"; do
		on "$h" sh -c 'for p in $(pgrep -x missiu; pgrep -x charon-systemd); do
			cut -d" " -f14,15 /proc/$p/stat; done'
	done | awk '{ n += $1 + $2 } END { print n + 0 }'
}

# One TCP run; -P and -R by the options.
stream() { # PATH ROUND WHAT OPTION...
	local p=$1 round=$2 what=$3 json ticks mbit bytes
	shift 3
	ticks=$(cpu_ticks "$p")
	json=$(on "${CLIENT[$p]}" timeout $((SECS + 20)) iperf3 -c "${TO[$p]}" \
		-B "${FROM[$p]}" -t "$SECS" --json "$@") ||
		give_up "$p: $(jq -r .error <<<"$json")"
	ticks=$(($(cpu_ticks "$p") - ticks))
	mbit=$(jq '.end.sum_received.bits_per_second / 1e6 | round' <<<"$json")
	bytes=$(jq '.end.sum_received.bytes' <<<"$json")
	note_value "$p" "$round" "$what" "$mbit"
	note_value "$p" "$round" "$what-retransmits" \
		"$(jq '.end.sum_sent.retransmits' <<<"$json")"
	note_value "$p" "$round" "$what-cpu_s_per_gb" \
		"$(awk "BEGIN { print $ticks / 100 / ($bytes / 1e9) }")"
	printf '  %-24s round %s  %-8s %6s Mbit/s\n' "$p" "$round" "$what" "$mbit"
}

# Small datagrams that arrive, thousands a second.
small() { # PATH ROUND
	local p=$1 json
	json=$(on "${CLIENT[$p]}" timeout 30 iperf3 -u -l 64 -b 0 -t "$SECS" --json \
		-c "${TO[$p]}" -B "${FROM[$p]}") || give_up "$p: UDP"
	note_value "$p" "$2" udp64_kpps "$(jq "(.end.sum.packets -
		.end.sum.lost_packets) / .end.sum.seconds / 1e3 | round" <<<"$json")"
}

latency() { # PATH ROUND
	on "${CLIENT[$1]}" ping -n -i 0.002 -c "$PINGS" -I "${FROM[$1]}" "${TO[$1]}" |
		sed -n 's/.*time=\([0-9.]*\) ms/\1/p' | sort -n >"$T/rtt"
	note_value "$1" "$2" ping_p50_us "$(awk '{ v[NR] = $1 }
		END { print v[int((NR + 1) / 2)] * 1000 }' "$T/rtt")"
	note_value "$1" "$2" ping_p99_us "$(awk '{ v[NR] = $1 }
		END { print v[int(NR * 0.99)] * 1000 }' "$T/rtt")"
}

echo "$ROUNDS rounds of $SECS s, $(nproc) cores for both ends of everything"
for ((r = 1; r <= ROUNDS; r++)); do
	for p in "${PATHS[@]}"; do
		stream "$p" $r tcp
		latency "$p" $r
		[ -z "${QUICK-}" ] || continue
		small "$p" $r
		case $p in "UDP GCM tunnel" | bare)
			stream "$p" $r tcp4 -P 4
			stream "$p" $r reverse -R
			;;
		esac
	done
done

# ------------------------------------------------------------------- tables ---
# median and spread of a column: "value ±percent"
median() { # PATH WHAT
	awk -F, -v p="\"$1\"" -v w="$2" '$1 == p && $3 == w { print $4 }' "$csv" |
		sort -n | awk '{ v[NR] = $1 } END { if (NR) print v[int((NR + 1) / 2)] }'
}
spread() { # PATH WHAT
	awk -F, -v p="\"$1\"" -v w="$2" '$1 == p && $3 == w { print $4 }' "$csv" |
		sort -n | awk '{ v[NR] = $1 } END { m = v[int((NR + 1) / 2)]
			print m ? int(50 * (v[NR] - v[1]) / m + 0.5) : 0 }'
}
ratio() { # A B
	awk "BEGIN { if (${2:-0}) printf \"%.2f\", ${1:-0} / ${2:-1}; else printf \"-\" }"
}

bare=$(median bare tcp)
plain=$(median "bare no offload" tcp)
swan=$(median "strongSwan UDP GCM" tcp)
printf '\n%-24s %8s %5s %7s %9s %8s %8s %6s %6s %6s\n' path Mbit/s '±%' 'of bare' \
	'no offl.' 'of swan' CPU-s/GB p50/µs p99/µs kpps64
for p in "${PATHS[@]}"; do
	m=$(median "$p" tcp)
	printf '%-24s %8s %5s %7s %9s %8s %8s %6s %6s %6s\n' "$p" "$m" \
		"$(spread "$p" tcp)" "$(ratio "$m" "$bare")" "$(ratio "$m" "$plain")" \
		"$(ratio "$m" "$swan")" "$(median "$p" tcp-cpu_s_per_gb | cut -c1-5)" \
		"$(median "$p" ping_p50_us)" "$(median "$p" ping_p99_us)" \
		"$(median "$p" udp64_kpps)"
done
for w in tcp4 reverse; do
	m=$(median "UDP GCM tunnel" $w)
	[ -z "$m" ] || printf '%-24s %8s %5s %7s\n' "UDP GCM tunnel, $w" "$m" \
		"$(spread "UDP GCM tunnel" $w)" "$(ratio "$m" "$bare")"
done
echo "see $csv"

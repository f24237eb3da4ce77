#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make bench-ike: handshakes with many peers. One process plays N initiators
# with an address each (bench/ike_load.c) against our ike and against
# strongSwan's charon (kernel-libipsec), in turn, ROUNDS times: x25519, a
# pre-shared key, AES-GCM, ESP in UDP, one tunnel a peer. Latency comes from
# one handshake at a time, the rate from AT_ONCE at a time. Prints medians and
# writes build/bench/ike.csv.
#
#	            lo 10.100.0.1 ... (N addresses)
#	[ o ]--10.8.0.2 ------ 10.8.0.1--[ c ]--10.9.0.1 ------ 10.9.0.2--[ s ]
#	  ike, missiu                  ike_load                      charon
. "$(dirname "$0")/../tests/lib.sh"
. "$(dirname "$0")/../tests/lib-strongswan.sh"
no_tap
ROUNDS=${ROUNDS:-3}
PEERS=${PEERS:-100 300 1000 3000}
AT_ONCE=${AT_ONCE:-16}
OUT=${OUT:-$ROOT/build/bench}
IKE_LOAD=${IKE_LOAD:-$ROOT/build/rel/bench/ike_load}
PSK=swordfish-swordfish
MOST=$(tr ' ' '\n' <<<"$PEERS" | sort -n | tail -n 1)

give_up() {
	echo "bench-ike: $*" >&2
	LOG_LINES=5 show_logs >&2
	exit 1
}
[ "$(id -u)" -eq 0 ] || give_up "needs root"
[ -x "$IKE_LOAD" ] || give_up "no $IKE_LOAD: make bench-ike builds it"
command -v jq >/dev/null || give_up "jq is not installed: make deps TEST=1"

# ------------------------------------------------------------------ hosts ---
host c
host o
link c wire0 10.8.0.1/24 o eth0 10.8.0.2/24
addrs o lo 10.2.0.1/32
on o ip route add 10.100.0.0/16 via 10.8.0.1
for ((i = 1; i <= MOST; i++)); do
	echo "addr add 10.100.$((i / 256)).$((i % 256))/32 dev lo"
done >"$T/addrs"
on c ip -batch "$T/addrs" || give_up "no addresses"

policy() {
	# shellcheck disable=SC2086
	case ${POLICIES:-one} in
	one)
		echo "{ laddr 10.2.0.0/24 raddr 10.200.0.0/16 } ipsec {" \
			"encr_algs gcm keylength 16 tladdr 10.8.0.2 }"
		;;
	each) # a policy for each peer
		for ((i = 1; i <= MOST; i++)); do
			a=10.100.$((i / 256)).$((i % 256))
			echo "{ laddr 10.2.0.0/24 raddr 10.200.${a#10.100.} } ipsec {" \
				"encr_algs gcm keylength 16 tladdr 10.8.0.2" \
				"traddr $a }"
		done
		;;
	esac
}
suite o eth0 "$(policy | conf o)" || give_up "missiu does not start"
bg o ike ike -p $PSK 10.8.0.2
wait_for 10 on o ike status || give_up "ike does not start"
SERVERS=ours
declare -A AT=([ours]=10.8.0.2 [strongswan]=10.9.0.2)
if [ -z "${ALONE-}" ] && command -v charon-systemd >/dev/null; then
	SERVERS="ours strongswan"
	host s
	link c wire1 10.9.0.1/24 s eth0 10.9.0.2/24
	addrs s lo 10.2.0.1/32
	on s ip route add 10.100.0.0/16 via 10.9.0.1
	# Nothing that would slow it down: no log, no routes, no cookies.
	# shellcheck disable=SC2034 # lib-strongswan.sh reads them
	SS_LOG='default = -1'
	# shellcheck disable=SC2034
	SS_CHARON='install_routes = no
		cookie_threshold = 0
		block_threshold = 0'
	ss_start s && ss_load s < <(ss_conn 10.9.0.2 %any 10.2.0.0/24 \
		10.200.0.0/16 aes128gcm16-prfsha256-x25519 aes128gcm16 $PSK) ||
		give_up "strongSwan does not start"
fi

# ------------------------------------------------------------ measurements ---
mkdir -p "$OUT"
csv=$OUT/ike.csv
{
	echo "# $(git -C "$ROOT" describe --always --dirty 2>/dev/null), $(nproc) x$(
		sed -n 's/^model name.*:/ /p' /proc/cpuinfo | head -n1), Linux $(uname -r)"
	echo "server,peers,at_once,round,what,value"
} >"$csv"

daemons() { # SERVER: process numbers of what works there, all that negotiates and protects
	case $1 in
	ours) on o pgrep -x ike && on o pgrep -x missiu ;;
	strongswan) on s pgrep -x charon-systemd ;;
	esac
}
host_of() {
	case $1 in ours) echo o ;; strongswan) echo s ;; esac
}
cpu_us() { # SERVER: of all threads of its daemons so far
	local p h
	h=$(host_of "$1")
	for p in $(daemons "$1"); do
		on "$h" bash -c 'cat /proc/"$1"/task/*/schedstat' cpu "$p"
	done | awk '{ n += $1 } END { printf "%d\n", n / 1000 }'
}
heap_kb() { # SERVER: of its daemons
	local p h
	h=$(host_of "$1")
	for p in $(daemons "$1"); do
		on "$h" cat "/proc/$p/status"
	done | awk '/^RssAnon:/ { n += $2 } END { print n }'
}
n_sas() { # SERVER
	case $1 in
	ours) on o ike status --json | jq '.ike_sas | length' ;;
	strongswan) swan s --stats | sed -n 's/^IKE_SAs: \([0-9]*\).*/\1/p' ;;
	esac
}
empty() {
	[ "$(n_sas "$1")" = 0 ]
}
put() { # SERVER PEERS AT_ONCE ROUND WHAT VALUE
	printf '%s,%s,%s,%s,%s,%s\n' "$@" >>"$csv"
}

# one SERVER PEERS AT_ONCE ROUND
one() {
	local pid out=$T/load.out fifo=$T/load.in cpu heap key value line
	rm -f "$fifo" && mkfifo "$fifo" && : >"$out"
	heap=$(heap_kb "$1")
	cpu=$(cpu_us "$1")
	on c "$IKE_LOAD" "${AT[$1]}" 10.100.0.1 "$2" "$3" $PSK \
		<"$fifo" >"$out" 2>"$T/load.log" &
	pid=$!
	exec 9>"$fifo"
	wait_for 130 grep -q rate= "$out" || give_up "$1: $2 peers: no result"
	line=$(cat "$out")
	echo "# $1 round $4: $line" >&2
	for key in rate p50_ms p95_ms failed; do
		value=$(sed -n "s/.*$key=\([0-9.]*\).*/\1/p" <<<"$line")
		put "$1" "$2" "$3" "$4" $key "$value"
	done
	put "$1" "$2" "$3" "$4" cpu_us $((($(cpu_us "$1") - cpu) / $2))
	put "$1" "$2" "$3" "$4" heap_kb_peer \
		$((($(heap_kb "$1") - heap) / $2))
	[ -z "${AT_PEAK-}" ] || eval "$AT_PEAK"
	exec 9>&-
	wait $pid || give_up "$1: $2 peers: $(cat "$T/load.log")"
	wait_for 30 empty "$1" || give_up "$1: SAs remain"
}

for n in $PEERS; do
	for ((r = 1; r <= ROUNDS; r++)); do
		for s in $SERVERS; do
			[ "$n" -gt 100 ] || one "$s" "$n" 1 $r
			one "$s" "$n" "$AT_ONCE" $r
		done
	done
done

# ----------------------------------------------------------------- results ---
median() { # SERVER PEERS AT_ONCE WHAT
	awk -F, -v OFS=, -v k="$1,$2,$3," -v w="$4" \
		'index($0, k) == 1 && $5 == w { print $6 }' "$csv" | sort -n |
		awk '{ v[NR] = $1 } END { print NR ? v[int((NR + 1) / 2)] : "-" }'
}
printf '%-11s %6s %8s %10s %8s %8s %10s %9s\n' server peers at-once per-s \
	p50-ms p95-ms cpu-us/sa kB/peer
for n in $PEERS; do
	for a in 1 "$AT_ONCE"; do
		for s in $SERVERS; do
			[ "$(median "$s" "$n" "$a" rate)" != - ] || continue
			printf '%-11s %6s %8s %10s %8s %8s %10s %9s\n' "$s" "$n" "$a" \
				"$(median "$s" "$n" "$a" rate)" \
				"$(median "$s" "$n" "$a" p50_ms)" \
				"$(median "$s" "$n" "$a" p95_ms)" \
				"$(median "$s" "$n" "$a" cpu_us)" \
				"$(median "$s" "$n" "$a" heap_kb_peer)"
		done
	done
done

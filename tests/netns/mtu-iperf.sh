#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# iperf3 with every segment size, and datagrams of every size, on every MTU,
# through transport and tunnel mode, protocol 50 and ESP in UDP. All bytes
# arrive, and nobody tunes anything: the MTU changes under the running suite.
#
#	lo 10.1.0.1, fd01::1                        lo 10.2.0.1, fd02::1
#	  [ a ]--eth0 10.9.0.1 ════════ 10.9.0.2 eth0--[ b ]
. "$(dirname "$0")/../lib.sh"
need_root
need jq iperf3

host a
host b
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24
addrs a lo 10.1.0.1/32,fd01::1/128
addrs b lo 10.2.0.1/32,fd02::1/128
bg b iperf iperf3 -s -p 5201
bg b echo "$PY" "$ROOT/tests/netns/udp_sizes.py" serve 5202
check "the servers are ready" wait_log 5 b echo ready

tunnel() { # NAME FROM TO: tunnel policies of both
	conf "a-$1" <<-END >/dev/null
	spdflush;
	{ laddr $2 raddr $3 } ipsec { encr_algs gcm tladdr 10.9.0.1 traddr 10.9.0.2 }
	END
	conf "b-$1" <<-END >/dev/null
	spdflush;
	{ laddr $3 raddr $2 } ipsec { encr_algs gcm tladdr 10.9.0.2 traddr 10.9.0.1 }
	END
}
tunnel tunnel 10.1.0.1 10.2.0.1
tunnel tunnel6 fd01::1 fd02::1
props="encr_algs aes encr_auth_algs sha256"
conf a-transport <<<"{ laddr 10.9.0.1 raddr 10.9.0.2 } ipsec { $props }" >/dev/null
conf b-transport <<<"{ laddr 10.9.0.2 raddr 10.9.0.1 } ipsec { $props }" >/dev/null

suites() { # MODE IKE-OPTION...
	local h
	for h in a b; do
		on $h missiu -i eth0 -l "$T/$h-missiu.log" --auto start || return
		on $h loadConfig -f "$T/$h-$1.conf" || return
	done
	ike_on a -p secret "${@:2}" 10.9.0.1 && ike_on b -p secret "${@:2}" 10.9.0.2
}

stop() {
	local h
	for h in a b; do
		quit $h ike && on $h missiu -i eth0 stop || return
	done
}

# Both have taken notice: their TAP is smaller than the link, but not by much.
fits() { # MTU
	local h tap
	for h in a b; do
		tap=$(on $h cat /sys/class/net/tap0/mtu)
		[ "$tap" -lt "$1" ] && [ "$tap" -ge $(($1 - 120)) ] || return
	done
}

mtu() { # MTU
	on a ip link set eth0 mtu "$1" && on b ip link set eth0 mtu "$1" &&
		wait_for 5 fits "$1"
}

# iperf3 ends when it has sent all, not when all was received; so the buffer for
# what may still be on its way is small, and the rest must have arrived.
stream() { # FROM TO BYTES IPERF-OPTION...
	on a timeout 20 iperf3 -J -w 32K -p 5201 -B "$1" -c "$2" -n "$3" "${@:4}" \
		>"$T/iperf.json" || { cat "$T/iperf.json" && return 1; }
	jq -c '.end | [.sum_sent.bytes, .sum_received.bytes]' "$T/iperf.json"
	jq -e --argjson n "$3" '.end.sum_sent.bytes >= $n and
		.end.sum_received.bytes >= $n - 150000' "$T/iperf.json"
}

sweep() { # NAME FROM TO MTU
	local mss
	for mss in "" 88 536 1200 8900; do
		check "$1 MTU $4: TCP, MSS ${mss:-as it comes}" \
			stream "$2" "$3" 500000 ${mss:+-M $mss}
	done
	check "$1 MTU $4: TCP back" stream "$2" "$3" 500000 -R
	check "$1 MTU $4: datagrams of 100 to 9000 bytes" \
		on a timeout 20 "$PY" "$ROOT/tests/netns/udp_sizes.py" ask "$2" "$3" 5202
}

check "tunnel mode in UDP: starts" suites tunnel --encap=udp
for m in 1500 576 9000 1280; do
	check "tunnel in UDP: both notice MTU $m" mtu $m
	sweep "tunnel in UDP" 10.1.0.1 10.2.0.1 $m
done
check "tunnel in UDP, IPv6 inside: loads" on a loadConfig -f "$T/a-tunnel6.conf"
check "on both" on b loadConfig -f "$T/b-tunnel6.conf"
check "both notice MTU 1500" mtu 1500
sweep "tunnel in UDP, IPv6 inside" fd01::1 fd02::1 1500
check "tunnel mode in UDP: stops" stop

check "transport mode: starts" suites transport
for m in 9000 1280 1500 576; do
	check "transport: both notice MTU $m" mtu $m
	sweep "transport" 10.9.0.1 10.9.0.2 $m
done
for h in a b; do
	is "$h: nothing was dropped" "$(on $h missiu status --json |
		jq -c '[.drops | to_entries[] | select(.value > 0 and
		(.key | test("^(Tap(Multicast|NonIp)|total)$") | not))]')" '[]'
done
check "transport mode: stops" stop
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# asan
# IKE and ESP over TCP (RFC 9329) byte by byte, and what strangers may do there.
#
#	[ a ]--eth0 10.4.0.1 ------------ 10.4.0.2 eth0--[ b ]
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump ss

host a
host b
link a eth0 10.4.0.1/24 b eth0 10.4.0.2/24
wire=$ROOT/tests/netns/tcp_wire.py

# Each line of the script's output is a fact.
facts() { # TEXT
	while read -r line; do
		case $line in
		"ok - "*) pass "${line#ok - }" ;;
		"not ok - "*) fail "${line#not ok - }" ;;
		esac
	done <<<"$1"
}
tcp_count() { # HOST COUNTER
	on "$1" ike status --json | jq ".tcp.$2"
}

policy='ipsec { encr_algs gcm }'
a_conf=$(conf a <<<"{ laddr 10.4.0.1 raddr 10.4.0.2 ulp icmp } $policy")
b_conf=$(conf b <<<"{ laddr 10.4.0.2 raddr 10.4.0.1 ulp icmp } $policy")
check "a: suite" suite a eth0 "$a_conf" --auto
check "b: suite" suite b eth0 "$b_conf" --auto

# What a says first.
bg b listen "$PY" "$wire" listen 10.4.0.2
wait_log 5 b listen ready
check "a: ike" ike_on a --tcp always -p swordfish-swordfish -c 10.4.0.2 10.4.0.1
wait_for 20 gone b listen
facts "$(log_of b listen)"
check "a: ike ends" quit a ike

# What b takes.
check "b: ike without --tcp" ike_on b -p swordfish-swordfish 10.4.0.2
is "b: no TCP port is open" "$(on b ss -Hltn)" ""
check "b: ike ends" quit b ike
check "b: ike" ike_on b --tcp answer -p swordfish-swordfish 10.4.0.2
like "b: one is" "$(on b ss -Hltn)" '10\.4\.0\.2.*:4500'
bg a silent "$PY" "$wire" silent 10.4.0.2
wait_log 5 a silent open
facts "$(on a "$PY" "$wire" talk 10.4.0.2 2>&1)"
is "ESP of a stranger is not handed on" "$(tcp_count b esp_unproven)" 1
# One is open already, 8 may wait.
is "strangers of an address" "$(on a "$PY" "$wire" many 10.4.0.2 10)" refused=3
is "are counted" "$(tcp_count b refused)" 3
check "and forgotten" wait_for 5 eval '[ "$(tcp_count b open)" -eq 1 ]'

# Both, as it goes over the wire.
capture b eth0 wire
check "a: ike" ike_on a --tcp always -p swordfish-swordfish 10.4.0.1
out=$(on a ping -c 5 -i 0.2 -W 5 10.4.0.2)
is "ping" "$(replies "$out")" 5/5 || note "$out"
capture_end b wire
spi=$(on a ike status --json | jq -r '.ike_sas[0].children[0].spi_out')
facts "$("$PY" "$wire" stream "$T/wire.pcap" 10.4.0.1 "$spi" 2>&1)"
spi=$(on b ike status --json | jq -r '.ike_sas[0].children[0].spi_out')
facts "$("$PY" "$wire" stream "$T/wire.pcap" 10.4.0.2 "$spi" 2>&1)"
no_packets "nothing but TCP on the wire" wire 'ip and not tcp port 4500'

# Who says nothing goes after 20 seconds; who was authenticated stays.
check "a silent stranger is sent away" wait_log 30 a silent closed
is "b: the late one is counted" "$(tcp_count b late)" 1
is "b: the peer's connection is there" "$(tcp_count b open)" 1

for h in a b; do
	check "$h: ike ends" quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Peers on one machine may send ESP in UDP as packets far larger than the MTU:
# several datagrams with one header (UDP_SEGMENT), which no device between
# namespaces cuts. The relay in the middle makes such packets.
#
#	lo 10.1.0.1                                         lo 10.2.0.1
#	[ a ]--eth0 10.9.1.1 --- 10.9.1.2 [ r ] 10.9.2.1 --- 10.9.2.2 eth0--[ b ]
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump

host a
host r
host b
link a eth0 10.9.1.1/24 r in0 10.9.1.2/24
link r out0 10.9.2.1/24 b eth0 10.9.2.2/24
addrs a lo 10.1.0.1/32
addrs b lo 10.2.0.1/32
bg r relay "$PY" "$ROOT/tests/netns/merge_relay.py" 10.9.1.2 10.9.1.1 10.9.2.1 10.9.2.2
check "the relay is ready" wait_log 10 r relay ready

a_conf=$(conf a <<<'{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm tladdr 10.9.1.1 traddr 10.9.1.2 }')
b_conf=$(conf b <<<'{ laddr 10.2.0.0/24 raddr 10.1.0.0/24 } ipsec
	{ encr_algs gcm tladdr 10.9.2.2 traddr 10.9.2.1 }')
check "a: suite" suite a eth0 "$a_conf" --auto
check "b: suite" suite b eth0 "$b_conf" --auto
check "a: ike" ike_on a --id a@example.org -p swordfish-swordfish 10.9.1.1
check "b: ike" ike_on b --id b.example.org -p swordfish-swordfish 10.9.2.2

capture b eth0 wire
check "ping" on a ping -c 2 -i 0.1 -W 3 -I 10.1.0.1 10.2.0.1
check "TCP transfer" transfer a 10.2.0.1 b 3000000 10.1.0.1
check "TCP transfer back" transfer b 10.1.0.1 a 1000000 10.2.0.1
capture_end b wire
check "packets larger than the MTU arrived" \
	test "$(packets wire 'udp dst port 4500 and dst host 10.9.2.2 and greater 2500')" -gt 20
s=$(on b missiu -i eth0 status --json)
check "b: none was damaged" \
	jq -e '(.drops.InStateProtoError // 0) + (.drops.RxMerged // 0) +
		(.drops.InRunt // 0) == 0' <<<"$s"
# 3 MB are more than 2000 datagrams, in far fewer packets.
n=$(packets wire 'udp dst port 4500 and dst host 10.9.2.2')
in=$(jq .traffic.in_packets <<<"$s")
check "b: cut them apart ($n packets, $in datagrams)" test "$in" -gt $((n + 500))

for h in a b; do
	check "$h: ike ends" quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish

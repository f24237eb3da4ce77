#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A real NAT between the two hosts: IKE notices it and ESP travels in UDP 4500.
#
#	lo 10.1.0.1                                            lo 10.2.0.1
#	[ a ]--eth0 192.168.3.110 --- .1 [ nat ] 10.5.0.1 --- 10.5.0.2 eth0--[ b ]
#	                              masquerades a as 10.5.0.1
. "$(dirname "$0")/../lib.sh"
need_root
need nft jq tcpdump

host a
host nat
host b
link a eth0 192.168.3.110/24 nat in0 192.168.3.1/24
link nat out0 10.5.0.1/24 b eth0 10.5.0.2/24
addrs a lo 10.1.0.1/32
addrs b lo 10.2.0.1/32
on a ip route add default via 192.168.3.1
on nat sysctl -qw net.ipv4.ip_forward=1
check "NAT works" on nat nft -f - <<'END'
table ip nat {
	chain post {
		type nat hook postrouting priority 100;
		oif "out0" masquerade
	}
}
END
check "through the NAT, in clear" on a ping -c 1 -W 2 10.5.0.2

a_conf=$(conf a <<<'{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm tladdr 192.168.3.110 traddr 10.5.0.2 df clear }')
b_conf=$(conf b <<<'{ laddr 10.2.0.0/24 raddr 10.1.0.0/24 } ipsec
	{ encr_algs gcm tladdr 10.5.0.2 traddr 10.5.0.1 }')
check "a: suite" suite a eth0 "$a_conf" --auto --mtu 9000
check "b: suite" suite b eth0 "$b_conf" --auto
# Behind a NAT the address is no identity that the peer could know.
check "a: ike" ike_on a --id a@example.org -p swordfish-swordfish 192.168.3.110
check "b: ike" ike_on b --id b.example.org -p swordfish-swordfish 10.5.0.2

capture b eth0 wire
out=$(on a ping -c 5 -i 0.2 -W 3 -I 10.1.0.1 10.2.0.1)
is "the first ping: no packet lost" "$(replies "$out")" 5/5 || note "$out"
out=$(on b ping -c 3 -i 0.2 -W 3 -I 10.2.0.1 10.1.0.1)
is "the other way round" "$(replies "$out")" 3/3 || note "$out"
# Fragments of UDP: only the first of them names port 4500.
out=$(on a ping -c 3 -i 0.2 -W 3 -M "do" -s 8000 -I 10.1.0.1 10.2.0.1)
is "larger than the path" "$(replies "$out")" 3/3 || note "$out"
check "TCP transfer" transfer a 10.2.0.1 b 1000000 10.1.0.1
check "TCP transfer back" transfer b 10.1.0.1 a 1000000 10.2.0.1
capture_end b wire
check "ESP in UDP 4500" test "$(packets wire 'udp port 4500')" -gt 20
no_packets "no ESP without UDP" wire 'ip proto 50'
check "also in fragments" test "$(packets wire 'src 10.5.0.1 and udp and
	ip[6:2] & 0x1fff != 0')" -ge 15
no_packets "nothing else" wire 'ip and not udp port 4500 and not udp port 500 and
	not (udp and ip[6:2] & 0x1fff != 0)'

for h in a b; do
	check "$h: ike ends" quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish

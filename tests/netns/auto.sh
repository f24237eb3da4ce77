#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The same without the manual steps: --auto brings the TAP up, sets its MTU and
# makes the routes that the policies call for.
#
#	[ a ]--eth0 192.168.3.110 ------- 192.168.3.119 eth0--[ b ]
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump

KEY=a-long-preshared-key-for-tests
host a
host b
link a eth0 192.168.3.110/24 b eth0 192.168.3.119/24
(umask 077 && echo $KEY >"$T/psk")

a_conf=$(conf a <<<'{ raddr 192.168.3.119 } ipsec { encr_algs gcm }')
b_conf=$(conf b <<<'{ raddr 192.168.3.110 } ipsec { encr_algs gcm }')
check "a: suite with --auto" suite a eth0 "$a_conf" --auto
check "b: suite with --auto" suite b eth0 "$b_conf" --auto
check "a: TAP is up" wait_for 5 on a sh -c 'ip -o link show tap0 | grep -qw UP'
mtu=$(on a cat /sys/class/net/tap0/mtu)
check "a: TAP's MTU leaves room for ESP ($mtu)" test "$mtu" -lt 1500 -a "$mtu" -ge 1350
check "a: a route of ours" wait_for 5 on a \
	sh -c 'ip route show table all | grep 192.168.3.119 | grep -qw tap0'
check "a: ike with --psk-file" ike_on a --psk-file "$T/psk" 192.168.3.110
check "b: ike with --psk-file" ike_on b --psk-file "$T/psk" 192.168.3.119

capture b eth0 wire
out=$(on a ping -c 5 -i 0.2 -W 3 192.168.3.119)
is "the first ping: no packet lost" "$(replies "$out")" 5/5 || note "$out"
check "TCP transfer" transfer a 192.168.3.119 b 2000000
check "TCP transfer back" transfer b 192.168.3.110 a 2000000
out=$(on a ping -c 3 -i 0.2 -W 3 -s 1400 192.168.3.119)
is "pings larger than the TAP's MTU" "$(replies "$out")" 3/3 || note "$out"
capture_end b wire
no_packets "nothing in clear but IKE and ARP" wire \
	'ip and not ip proto 50 and not udp port 500 and not udp port 4500'
no_packets "no packet larger than the wire's MTU" wire 'greater 1515'

for h in a b; do
	check "$h: ike ends" quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
check "the hosts still reach each other" on a ping -c 1 -W 2 192.168.3.119
finish

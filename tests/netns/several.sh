#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two interfaces of one host, one missiu and one ike each; a forwards between
# the two tunnels. What a program can't know it asks for.
#
#	lo 10.2.0.1                                                lo 10.3.0.1
#	[ b ]--eth0 10.9.1.2 --- 10.9.1.1 eth0--[ a ]--eth1 10.9.2.1 --- 10.9.2.3 eth0--[ c ]
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump

host a
host b
host c
link a eth0 10.9.1.1/24 b eth0 10.9.1.2/24
link a eth1 10.9.2.1/24 c eth0 10.9.2.3/24
addrs b lo 10.2.0.1/32
addrs c lo 10.3.0.1/32
on a sysctl -qw net.ipv4.ip_forward=1

tunnel() { # LOCAL_NET REMOTE_NET LOCAL REMOTE
	echo "{ laddr $1 raddr $2 } ipsec { encr_algs gcm tladdr $3 traddr $4 }"
}
a0=$(tunnel 10.3.0.0/24 10.2.0.0/24 10.9.1.1 10.9.1.2 | conf a0)
a1=$(tunnel 10.2.0.0/24 10.3.0.0/24 10.9.2.1 10.9.2.3 | conf a1)
b=$(tunnel 10.2.0.0/24 10.3.0.0/24 10.9.1.2 10.9.1.1 | conf b)
c=$(tunnel 10.3.0.0/24 10.2.0.0/24 10.9.2.3 10.9.2.1 | conf c)
K='-p swordfish-swordfish'

# --------------------------------------------------- which one is meant? ---
check "a: one missiu" on a missiu -i eth0 -l "$T/a-eth0-missiu.log" --auto start
check "a: status finds the only one" on a missiu status
check "a: loadConfig finds the only one" on a loadConfig -f "$a0"
check "a: a second missiu" on a missiu -i eth1 -l "$T/a-eth1-missiu.log" --auto start
taps=$(on a sh -c 'for i in eth0 eth1; do missiu -i $i status --json; done' |
	jq -r .tap | sort -u | wc -l)
is "a: each has a TAP of its own" "$taps" 2
for p in "missiu status" "missiu stop" "loadConfig -f $a1" "loadConfig -d" \
	"ipseckey list" "timeout 5 ike $K" "timeout 5 ike $K 10.9.1.1"; do
	# shellcheck disable=SC2086
	out=$(on a $p 2>&1)
	rc=$?
	is "a: $p: which one?" "$((rc > 0 && rc < 3))" 1 || note "$out"
	like "a: $p: names -i and both" "$out" 'eth0.*eth1|eth1.*eth0'
	like "a: $p: tells how to choose" "$out" '-i'
done
check_not "a: an interface without missiu" on a loadConfig -i lo -f "$a1"
check "a: both still run" on a sh -c 'missiu -i eth0 status && missiu -i eth1 status'
check "a: loadConfig -i eth1" on a loadConfig -i eth1 -f "$a1"
like "a: eth0 has its policy" "$(on a loadConfig -i eth0 -dP)" '10\.9\.1\.2'
unlike "a: and no other" "$(on a loadConfig -i eth0 -dP)" '10\.9\.2\.3'
like "a: eth1 has its policy" "$(on a loadConfig -i eth1 -dP)" '10\.9\.2\.3'

# ------------------------------------------------------------ at work at once ---
check "b: suite" suite b eth0 "$b" --auto
check "c: suite" suite c eth0 "$c" --auto
# shellcheck disable=SC2086
{
	bg a ike0 ike -i eth0 $K 10.9.1.1
	bg a ike1 ike -i eth1 $K
	check "a: ike on eth0" wait_for 10 on a ike status -i eth0
	check "a: ike on eth1" wait_for 10 on a ike status -i eth1
	check "b: ike" ike_on b $K 10.9.1.2
	check "c: ike" ike_on c $K 10.9.2.3
}
like "a: ike found the address of eth1" "$(log_of a ike1)" 'listening on 10\.9\.2\.1'
capture a eth0 w0
capture a eth1 w1
out=$(on b ping -c 5 -i 0.1 -W 5 -I 10.2.0.1 10.3.0.1)
is "b to c through both tunnels" "$(replies "$out")" 5/5 || note "$out"
check "TCP b to c" transfer b 10.3.0.1 c 500000 10.2.0.1
check "TCP c to b" transfer c 10.2.0.1 b 500000 10.3.0.1
capture_end a w0
capture_end a w1
for w in w0 w1; do
	no_packets "$w: nothing in clear but IKE" $w \
		'ip and not ip proto 50 and not udp port 500 and not udp port 4500'
	check "$w: ESP" test "$(packets $w 'ip proto 50')" -gt 100
done

# ------------------------------------------------------ one goes, one stays ---
check "a: missiu on eth0 stops" on a missiu -i eth0 stop
check "a: now there is only one again" on a loadConfig -dP
like "a: the other one" "$(on a missiu status)" eth1
check "a: ike on eth0 ends" quit a ike0
check "a: ike on eth1 still there" on a ike status -i eth1
check_not "c: b is out of reach" on c ping -c 1 -W 1 -I 10.3.0.1 10.2.0.1
check "a: ike on eth1 ends" quit a ike1
check "a: missiu on eth1 stops" on a missiu -i eth1 stop
check "a: nothing is left" nothing_left a
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The five documented steps, word for word, both ends ours.
#
#	[ a ]--eth0 192.168.3.110 ------- 192.168.3.119 eth0--[ b ]
#	  tap0                                              tap0
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need route jq tcpdump

KEY=a-long-preshared-key-for-tests
host a
host b
link a eth0 192.168.3.110/24 b eth0 192.168.3.119/24
capture b eth0 wire

for h in a b; do
	check "$h: missiu -i eth0 startRaw" on $h missiu -i eth0 startRaw
	check "$h: control socket" on $h test -S /var/run/missiu.fifo.eth0
	is "$h: mode of the control socket" \
		"$(on $h stat -c %a /var/run/missiu.fifo.eth0)" 600
	check "$h: process of the pid file lives" \
		on $h sh -c 'kill -0 "$(cat /var/run/missiu.pid.eth0)"'
	check_not "$h: second start is refused" on $h missiu -i eth0 startRaw
	check "$h: ip link set dev tap0 up" on $h ip link set dev tap0 up
done

bg a ike ike -p $KEY -v 2 192.168.3.110
bg b ike ike -p $KEY -v 2 192.168.3.119
wait_for 10 on a ike status
wait_for 10 on b ike status

a_conf=$(conf a <<<'{ raddr 192.168.3.119 ulp icmp } ipsec { encr_algs aes encr_auth_algs sha1 }')
b_conf=$(conf b <<<'{ raddr 192.168.3.110 ulp icmp } ipsec { encr_algs aes encr_auth_algs sha1 }')
check "a: loadConfig -f" on a loadConfig -f "$a_conf"
check "b: loadConfig -f" on b loadConfig -f "$b_conf"
check "a: route add -host" on a route add -host 192.168.3.119 dev tap0
check "b: route add -host" on b route add -host 192.168.3.110 dev tap0

out=$(on a ping -c 5 -i 0.2 -W 3 192.168.3.119)
is "the first ping: no packet lost" "$(replies "$out")" 5/5 || note "$out"
check "a reports the IKE SA" wait_log 5 a ike 'IKE_SA Created \[v2 I\]'
check "b reports the IKE SA" wait_log 5 b ike 'IKE_SA Created \[v2 R\]'
check "a reports the child" wait_log 5 a ike 'CHILD_SA created \[v2 I\]'
check "b reports the child" wait_log 5 b ike 'CHILD_SA created \[v2 R\]'

out=$(on b ping -c 5 -i 0.2 -W 3 192.168.3.110)
is "the other way round: none lost" "$(replies "$out")" 5/5 || note "$out"
is "one pair of SAs serves both ways" \
	"$(log_of a ike | grep -c 'CHILD_SA created')" 1
check "traffic that no policy names passes in clear" \
	transfer a 192.168.3.119 b 100000

for h in a b; do
	s=$(on $h missiu -i eth0 status --json)
	check "$h: status --json is JSON" jq -e . <<<"$s"
	check "$h: status for people" on $h missiu -i eth0 status
	s=$(on $h ike status --json)
	check "$h: ike status --json is JSON" jq -e . <<<"$s"
done

capture_end b wire
is "20 ESP packets on the wire" "$(packets wire 'ip proto 50')" 20
check "IKE on the wire" test "$(packets wire udp port 500 or udp port 4500)" -ge 4
no_packets "no ICMP in clear" wire 'icmp'

for h in a b; do
	check "$h: ike ends on SIGTERM" quit $h ike
	check "$h: missiu -i eth0 stop" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
	check_not "$h: stopping again is an error" on $h missiu -i eth0 stop
done
finish

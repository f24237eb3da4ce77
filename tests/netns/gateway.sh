#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two gateways forward for the networks behind them, which know nothing of
# IPsec: ping, TCP, path MTU and fragments between their hosts, IPv4 and IPv6.
#
#	[ c ]--10.1.0.9      10.1.0.1--[ a ]--10.9.0.1
#	       fd01::9  eth0  eth1 fd01::1     fd09::1 eth0
#	                                                | the wire
#	                                               eth0 fd09::2
#	[ d ]--10.2.0.9      10.2.0.1--[ b ]--10.9.0.2
#	       fd02::9  eth0  eth1 fd02::1
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump nstat

for h in a b c d; do
	host $h
done
link a eth0 10.9.0.1/24,fd09::1/64 b eth0 10.9.0.2/24,fd09::2/64
link c eth0 10.1.0.9/24,fd01::9/64 a eth1 10.1.0.1/24,fd01::1/64
link d eth0 10.2.0.9/24,fd02::9/64 b eth1 10.2.0.1/24,fd02::1/64
on c ip route add default via 10.1.0.1
on c ip -6 route add default via fd01::1
on d ip route add default via 10.2.0.1
on d ip -6 route add default via fd02::1
# As strict as a host can be set up to be.
for h in a b; do
	on $h sysctl -qw net.ipv4.conf.default.rp_filter=1 \
		net.ipv4.conf.eth0.rp_filter=1 net.ipv4.conf.eth1.rp_filter=1
done

rules() { # IPsec-NETS: LOCAL REMOTE LOCAL4 REMOTE4 LOCAL6 REMOTE6
	cat <<-END
	{ laddr $3 raddr $4 } ipsec { encr_algs gcm tladdr $1 traddr $2 }
	{ laddr $5 raddr $6 } ipsec { encr_algs gcm tladdr $1 traddr $2 }
	END
}
a_conf=$(rules 10.9.0.1 10.9.0.2 10.1.0.0/24 10.2.0.0/16 fd01::/64 fd02::/64 | conf a)
b_conf=$(rules 10.9.0.2 10.9.0.1 10.2.0.0/16 10.1.0.0/24 fd02::/64 fd01::/64 | conf b)
check "a: suite" suite a eth0 "$a_conf" --auto
check "b: suite" suite b eth0 "$b_conf" --auto
for h in a b; do
	log=$T/$h-missiu.log
	check "$h: says that forwarding is off" wait_for 5 \
		grep -q 'does not forward.*net.ipv4.ip_forward=1' "$log"
	check "$h: for IPv6, too" wait_for 5 \
		grep -q 'does not forward.*net.ipv6.conf.all.forwarding=1' "$log"
	is "$h: says it once" "$(grep -c 'ipv4.ip_forward=1' "$log")" 1
	is "$h: the TAP's reverse path filter is loose" \
		"$(on $h sysctl -n net.ipv4.conf.tap0.rp_filter)" 2
	is "$h: the others' are as they were" \
		"$(on $h sysctl -n net.ipv4.conf.eth0.rp_filter)" 1
	on $h sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
done
check "a: ike" ike_on a -p a-long-preshared-key 10.9.0.1
check "b: ike" ike_on b -p a-long-preshared-key 10.9.0.2
# What b sends to its network is finished before it is captured.
check "b: eth1 without offload" on b "$PY" "$ROOT/tests/netns/no_offload.py" eth1
capture b eth0 wire
capture d eth0 lan
capture a eth1 in

for dst in 10.2.0.9 fd02::9; do
	out=$(on c ping -c 5 -i 0.1 -W 3 $dst)
	is "c to $dst: no packet lost" "$(replies "$out")" 5/5 || note "$out"
	# On the way: a, then b (inside the tunnel), then d.
	ttl=$(sed -nE 's/.*(ttl|hlim)=([0-9]+).*/\2/p' <<<"$out" | tail -n1)
	is "c to $dst: two gateways on the way" "$ttl" 62
	check "c to $dst: TCP" transfer c $dst d 1000000
	# DF is set: the gateway tells c the TAP's MTU, and c cuts smaller.
	out=$(on c ping -c 3 -i 0.2 -W 2 -M want -s 1450 $dst)
	like "c to $dst: learns the path MTU" "$(on c ip route get $dst)" \
		'mtu 1[34][0-9][0-9]'
	# d learns it by its first answers, which are lost.
	wait_for 5 on c ping -c 1 -W 1 -M want -s 4000 $dst
	out=$(on c ping -c 3 -i 0.1 -W 2 -M want -s 4000 $dst)
	is "c to $dst: fragments pass" "$(replies "$out")" 3/3 || note "$out"
done
check "d to c: TCP IPv4" transfer d 10.1.0.9 c 1000000
check "d to c: TCP IPv6" transfer d fd01::9 c 1000000
check "a itself reaches d" on a ping -c 1 -W 2 10.2.0.9
check "a itself reaches d, IPv6" on a ping -c 1 -W 2 fd02::9

# ------------------------------------------- many hosts behind one gateway ---
# c sends to 2000 addresses behind b. There is one neighbour on a's TAP.
on c timeout 20 "$PY" -c 'import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for i in range(2000):
    s.sendto(b"x", ("10.2.%d.%d" % (100 + i // 250, 1 + i % 250), 9))'
n=$(on a ip neigh show dev tap0 | grep -vc '^fe80')
is "one neighbour on the TAP" "$n" 1 || note "$(on a ip neigh show dev tap0 | head)"

capture_end b wire
capture_end d lan
capture_end a in
no_packets "nothing in clear on the wire but IKE" wire \
	'(ip and not ip proto 50 and not udp port 500 and not udp port 4500) or
	(ip6 and net fd01::/64) or (ip6 and net fd02::/64)'
is "the network behind sees no ESP" "$(packets lan 'ip proto 50')" 0
bad=$(tcpdump -n -vv -r "$T/lan.pcap" 'src net 10.1.0.0/24 and not udp' 2>/dev/null |
	grep -E 'incorrect|bad (udp )?cksum')
is "what comes out of the tunnel has good checksums" "$bad" ""
for h in c d; do
	bad=$(on $h nstat -az | awk '/CsumErrors/ { n += $2 } END { print n + 0 }')
	is "$h: its kernel agrees" "$bad" 0
done
# The test would tell nothing if c did not leave both to its interface, and so
# to a's kernel, which does it when packets go into the TAP.
check "c hands over TCP segments larger than the MTU" \
	test "$(packets in 'tcp and src host 10.1.0.9 and greater 2000')" -gt 0
check "c hands over unfinished checksums" \
	sh -c "tcpdump -n -vv -r $T/in.pcap 'tcp and src host 10.1.0.9' 2>/dev/null |
		grep -q incorrect"

# --------------------------------------------------- everything by the tunnel ---
# a sends all there is to b: no default route is set for it, one by hand is.
a_conf=$(conf a <<<'{ laddr 10.1.0.0/24 raddr any } ipsec { encr_algs gcm tladdr 10.9.0.1 traddr 10.9.0.2 }')
b_conf=$(conf b <<<'{ laddr any raddr 10.1.0.0/24 } ipsec { encr_algs gcm tladdr 10.9.0.2 traddr 10.9.0.1 }')
check "a: any" on a loadConfig -FP -f "$a_conf"
check "b: any" on b loadConfig -FP -f "$b_conf"
like "a: no default route" "$(cat "$T/a-missiu.log")" 'sets no default route'
on a ip route add default dev tap0
out=$(on c ping -c 3 -i 0.1 -W 5 10.2.0.9)
is "c to d by it" "$(replies "$out")" 3/3 || note "$out"

for h in a b; do
	quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What happens to interfaces while missiu runs: down and up, MTU, addresses,
# names, removal. Manual keys; --auto on both sides.
#
#	10.1.0.1 eth1, lan                            lo 10.2.0.1
#	    [ a ]--eth0 10.9.0.1, fd09::1 --- 10.9.0.2, fd09::2 eth0--[ b ]
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump

host a
host b
link a eth0 10.9.0.1/24,fd09::1/64 b eth0 10.9.0.2/24,fd09::2/64
addrs b lo 10.2.0.1/32
on a ip link add eth1 type veth peer name lan
on a ip link set lan up
addrs a eth1 10.1.0.1/24,10.1.0.2/32

E=0x000102030405060708090a0b0c0d0e0f A=0x00112233445566778899aabbccddeeff00112233
rules() { # LOCAL REMOTE LOCAL_NET REMOTE_NET LOCAL6 REMOTE6 SPI SPI
	cat <<-END
	{ laddr $3 raddr $4 } ipsec { encr_algs aes encr_auth_algs sha1 tladdr $1 traddr $2 }
	{ laddr $5 raddr $6 } ipsec { encr_algs aes encr_auth_algs sha1 }
	add $1 $2 esp $7 -m tunnel -E aes-cbc $E -A hmac-sha1 $A;
	add $2 $1 esp $8 -m tunnel -E aes-cbc $E -A hmac-sha1 $A;
	add $5 $6 esp $7 -m transport -E aes-cbc $E -A hmac-sha1 $A;
	add $6 $5 esp $8 -m transport -E aes-cbc $E -A hmac-sha1 $A;
	END
}
rules 10.9.0.1 10.9.0.2 10.1.0.0/24 10.2.0.0/24 fd09::1 fd09::2 0x1001 0x1002 |
	conf a >/dev/null
rules 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 fd09::2 fd09::1 0x1002 0x1001 |
	conf b >/dev/null
for h in a b; do
	check "$h: suite" suite $h eth0 "$T/$h.conf" --auto
done

log=$T/a-missiu.log
ping4() { on a ping -c 1 -W 1 10.2.0.1; }
ping6() { on a ping -c 1 -W 1 fd09::2; }
route4() { on a ip route get 10.2.0.1; }
said() { grep -Eq -- "$1" "$log"; }
mtu_is() { [ "$(on a cat /sys/class/net/tap0/mtu)" = "$1" ]; }
# How much our process has worked, in clock ticks.
work() { on a awk '{ print $14 + $15 }' "/proc/$(on a cat /run/missiu.pid.eth0)/stat"; }

check "tunnel mode IPv4" ping4
check "transport mode IPv6" ping6
like "preferred source: inside the policy" "$(route4)" 'dev tap0 src 10\.1\.0\.1'

# ------------------------------------------------------------------- MTU ---
mtu=$(on a cat /sys/class/net/tap0/mtu)
on a ip link set eth0 mtu 1400
on b ip link set eth0 mtu 1400
check "MTU of the interface: logged" wait_for 5 said 'eth0: MTU 1400, was 1500'
check "the TAP's follows" wait_for 5 mtu_is $((mtu - 100))
# The hosts may notice their new MTU one after the other.
large_pass() {
	[ "$(replies "$(on a ping -c 2 -i 0.1 -W 2 -s 3000 -I 10.1.0.1 10.2.0.1)")" = 2/2 ]
}
check "large packets pass" wait_for 5 large_pass

# ----------------------------------------------------------- down and up ---
before=$(work)
on a ip link set eth0 down
check "down: logged" wait_for 5 said 'interface eth0 is down'
check_not "down: nothing passes" ping4
check "down: answers status" on a missiu -i eth0 status
after=$(work)
check "down: a second of it costs little ($((after - before)) ticks)" \
	test $((after - before)) -lt 40
# The kernel has removed the IPv6 address, and with it the source of our route.
on a ip addr add fd09::1/64 dev eth0 nodad
on a ip link set eth0 up
check "up: logged" wait_for 5 said 'interface eth0 is up again'
check "up: IPv4 passes" wait_for 5 ping4
check "up: IPv6 passes" wait_for 5 ping6
check "up: IPv6 with its source" wait_for 5 \
	on a sh -c 'ip -6 route get fd09::2 | grep -q "tap0.*src fd09::1"'

on b ip link set eth0 down
check "no carrier: logged" wait_for 5 said 'eth0 has no carrier'
on b ip addr add fd09::2/64 dev eth0 nodad
on b ip link set eth0 up
check "carrier: logged" wait_for 5 said 'eth0 has a carrier again'
check "carrier: IPv4 passes" wait_for 5 ping4

# -------------------------------------------------------------- addresses ---
on a ip addr del 10.1.0.1/24 dev eth1
check "address gone: the source follows" wait_for 5 \
	on a sh -c 'ip route get 10.2.0.1 | grep -q "dev tap0 src 10.1.0.2"'
check "address gone: logged" said 'route 10.2.0.0/24 dev tap0 src 10.1.0.2 added'
check "address gone: packets pass" ping4
on a ip link set eth1 down
on a ip link set eth1 up
check "the only addresses went down and up: the route is there" wait_for 5 \
	on a sh -c 'ip route get 10.2.0.1 | grep -q "dev tap0 src 10.1.0.2"'
check "packets pass" wait_for 5 ping4

# ----------------------------------------------------------------- the TAP ---
on a ip link set tap0 down
check "TAP down: logged" wait_for 5 said 'tap0 was brought down'
unlike "TAP down: it stays so" "$(on a ip -o link show tap0)" '[<,]UP[,>]'
on a ip link set tap0 up
check "TAP up: routes are back" wait_for 5 \
	on a sh -c 'ip route get 10.2.0.1 | grep -q "dev tap0"'
check "TAP up: IPv4 passes" wait_for 5 ping4
check "TAP up: IPv6 passes" wait_for 5 ping6

# ------------------------------------------------------------------- names ---
on a ip link set eth0 down
on a ip link set eth0 name wan0
on a ip addr add fd09::1/64 dev wan0 nodad
on a ip link set wan0 up
check "new name: logged" wait_for 5 said 'eth0 is called wan0 now'
check "new name: packets pass" wait_for 5 ping4
check "old name: status" on a missiu -i eth0 status
check "old name: policies load" on a loadConfig -i eth0 -F -FP -f "$T/a.conf"
check "new name: packets pass then, too" wait_for 5 ping4
on a ip link set tap0 down
on a ip link set tap0 name prot0
on a ip link set prot0 up
check "TAP's new name: in status" wait_for 5 \
	sh -c "nsenter -t ${HOST_PID[a.init]} -n -m missiu -i eth0 status --json |
		jq -e '.tap == \"prot0\"'"
check "TAP's new name: packets pass" wait_for 5 ping4

# ------------------------------------------- a storm of what is none of ours ---
before=$(work)
for i in $(seq 100); do
	echo "link add d$i type veth peer name e$i"
	echo "addr add 10.77.$i.1/24 dev d$i"
	echo "link del d$i"
done | on a ip -batch -
after=$(work)
check "300 changes elsewhere cost little ($((after - before)) ticks)" \
	test $((after - before)) -lt 50
check "packets pass" wait_for 5 ping4

# ----------------------------------------------------------------- removal ---
pid=$(on a cat /run/missiu.pid.eth0)
on a ip link del wan0
check "interface removed: logged" wait_for 5 said 'interface wan0 was removed: stopping'
check "interface removed: ends" wait_for 5 sh -c "! nsenter -t ${HOST_PID[a.init]} -p -m kill -0 $pid"
check "nothing is left" nothing_left a
finish

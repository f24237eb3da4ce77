#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The guard: the policies also hold where the kernel goes its own way. Judged by
# tcpdump, nft and applications, never by our own counters.
#
#	[ a ]--eth0 10.9.0.1, fd09::1 ------- 10.9.0.2, fd09::2 eth0--[ b ]
#	missiu, guarded                          missiu in the first part only:
#	                                         later it speaks in clear
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq tcpdump nft setpriv

A4=10.9.0.1 A6=fd09::1 B4=10.9.0.2 B6=fd09::2
KEYS="-E aes-cbc 0x000102030405060708090a0b0c0d0e0f"
KEYS+=" -A hmac-sha1 0x000102030405060708090a0b0c0d0e0f10111213"
host a
host b
link a eth0 $A4/24,$A6/64 b eth0 $B4/24,$B6/64
on a ip route add default via $B4
A_MAC=$(on a cat /sys/class/net/eth0/address)

py() { # HOST ARGUMENT...
	local h=$1
	shift
	on "$h" "$PY" "$ROOT/tests/netns/guard.py" "$@"
}

# keys HOST: its policies and manual SAs
keys() {
	local l4=$A4 r4=$B4 l6=$A6 r6=$B6 out=1 in=2
	[ "$1" = a ] || { l4=$B4 r4=$A4 l6=$B6 r6=$A6 out=2 in=1; }
	cat <<-END
	flush; spdflush;
	{ raddr $r4 } ipsec { encr_algs aes encr_auth_algs sha1 }
	{ raddr $r6 } ipsec { encr_algs aes encr_auth_algs sha1 }
	add $l4 $r4 esp 0x100$out -m transport $KEYS;
	add $r4 $l4 esp 0x100$in -m transport $KEYS;
	add $l6 $r6 esp 0x101$out -m transport $KEYS;
	add $r6 $l6 esp 0x101$in -m transport $KEYS;
	END
}
a_conf=$(keys a | conf a)
b_conf=$(keys b | conf b)
start_a() { # OPTION...
	on a missiu -i eth0 -l "$T/a-missiu.log" "$@" "${START-start}"
}
table() {
	on a nft list table netdev missiu_eth0
}
ping_both() { # [SECONDS]: received/sent of both families
	local dst got=
	for dst in $B4 $B6; do
		got+=" $(replies "$(on a ping -c 3 -i 0.1 -W "${1:-3}" $dst 2>&1)")"
	done
	echo "$got"
}

# ------------------------------------------------------------- traffic flows ---
check "a: missiu, policies, keys" suite a eth0 "$a_conf" --auto
check "b: missiu, policies, keys" suite b eth0 "$b_conf" --auto
check "the table is there" table
like "status names it" "$(on a missiu -i eth0 status)" '^guard: table missiu_eth0$'
capture b eth0 flow
for dst in $B4 $B6; do
	out=$(on a ping -c 5 -i 0.1 -W 3 $dst)
	is "ping $dst: none lost" "$(replies "$out")" 5/5 || note "$out"
	unlike "ping $dst: no duplicates" "$out" 'DUP'
	check "TCP to $dst, 5 MB" transfer a $dst b 5000000
done
capture_end b flow
no_packets "IPv4: nothing but IPsec on the wire" flow \
	'ip and not ip proto 50'
no_packets "IPv6: nothing but IPsec and neighbours on the wire" flow \
	'ip6 and not ip6 proto 50 and not (icmp6 and (ip6[40] >= 133 and ip6[40] <= 137)) and
	not dst net ff00::/8'

# --------------------------------- clear packets from the peer, whatever shape ---
check "b: missiu stops" on b missiu -i eth0 stop
check "b: its table is gone" nothing_left b
capture b eth0 wild
py b ipsec eth0 "$A_MAC" $B4 $A4
py b ipsec eth0 "$A_MAC" $B6 $A6
on b ping -c 1 -W 0.3 $A4 >/dev/null
capture_end b wild
check "IPsec out of nowhere" \
	test "$(packets wild "dst host $A4 or dst host $A6")" -ge 8
no_packets "goes unanswered" wild \
	"(src host $A4 or src host $A6) and not arp and
	not (icmp6 and ip6[40] >= 133 and ip6[40] <= 137)"

bg a sink "$PY" "$ROOT/tests/netns/guard.py" sink $A4/9000 $A6/9000 $A4/500 \
	$A6/500
wait_log 5 a sink ready
SHAPES="4-plain 4-options 4-priority 4-twice 4-qinq 4-fragments 6-plain \
6-hopopts 6-dstopts 6-priority 6-fragments"

# A packet to port 500 closes each round: what was to come has come.
knock() { # ROUND
	py b frames eth0 "$A_MAC" $B4 $A4 9000 "$1-4"
	py b frames eth0 "$A_MAC" $B6 $A6 9000 "$1-6"
	py b send $A4 500 "$1-end4" && py b send $A6 500 "$1-end6"
	wait_log 5 a sink "^500 $1-end4" && wait_log 5 a sink "^500 $1-end6"
}
heard() { # ROUND: the shapes that an application got, in order of SHAPES
	local s
	for s in $SHAPES; do
		! log_of a sink | grep -q "^9000 $1-$s\$" || printf '%s ' "$s"
	done
}

capture a eth0 knock inbound
check "clear packets; those to IKE's port arrive" knock first
capture_end a knock
check "they were on the wire" test "$(packets knock)" -ge 12
is "no application gets one" "$(heard first)" ""
check "IKE in fragments" py b send $A4 500 ike-4 size=4000
check "IKE in IPv6 fragments" py b send $A6 500 ike-6 size=4000
check "arrives" wait_log 5 a sink '^500 ike-4'
check "arrives, IPv6" wait_log 5 a sink '^500 ike-6'

# ---------------------------------------------- clear packets that leave here ---
capture b eth0 leave
on a ip route del $B4 dev tap0
on a ip -6 route del $B6 dev tap0
is "without the routes no ping gets out" "$(ping_both 0.5)" " 0/3 0/3"
py a send $B4 9000 big-out size=4000
py a send $B6 9000 big-out size=4000
py a send $B4 500 ike-out sport=500 size=4000
py a send 10.9.0.77 9000 elsewhere
py a send $B4 9000 privileged mark=77
as_nobody() {
	on a setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
}
check_not "nobody else may set the mark" as_nobody "$PY" \
	"$ROOT/tests/netns/guard.py" send $B4 9000 forged mark=77
as_nobody ping -c 1 -W 0.5 -m 77 $B4 >"$T/forged-ping.log" 2>&1
as_nobody "$PY" "$ROOT/tests/netns/guard.py" send $B4 500 forged
on b ping -c 1 -W 0.3 $A4 >/dev/null
capture_end b leave
no_packets "no UDP in clear" leave \
	'udp and src host 10.9.0.1 and dst host 10.9.0.2 and
	not udp src port 500 and not udp[8:4] = 0x70726976 and ip[6:2] & 0x1fff = 0'
no_packets "no IPv6 in clear but neighbours" leave \
	'src host fd09::1 and not (icmp6 and ip6[40] >= 133 and ip6[40] <= 137)'
no_packets "no ICMP in clear" leave 'icmp and src host 10.9.0.1'
is "IKE leaves, in 3 fragments" "$(packets leave "src host $A4 and ip[6:2] & 0x3fff != 0")" 3
is "what has the mark leaves" \
	"$(packets leave "src host $A4 and udp[8:4] = 0x70726976")" 1
check "neighbours are asked for what is not protected" \
	test "$(packets leave 'arp and host 10.9.0.77')" -ge 1

# ------------------------------------------------------------- policy changes ---
{
	echo "{ raddr $B4 ulp udp rport 9001 } bypass {}"
	cat "$a_conf"
} | sed '/flush/d; /^add/d' | conf more >/dev/null
sed -i "1i flush; spdflush;" "$T/more.conf"
check "a policy more" on a loadConfig -f "$T/more.conf"
capture b eth0 change
py a send $B4 9001 after
py a send $B4 9002 after
on a loadConfig -FP
py a send $B4 9003 after
check "no policy: ping in clear" on a ping -c 1 -W 2 $B4
capture_end b change
is "what is bypassed leaves at once" "$(packets change udp port 9001)" 1
is "the rest does not" "$(packets change udp port 9002)" 0
is "without policies all leaves" "$(packets change udp port 9003)" 1

# ------------------------------------------------------------ kill -9, restart ---
check "policies and keys again" on a loadConfig -f "$a_conf"
kill_a() {
	local pid
	pid=$(on a cat /var/run/missiu.pid.eth0)
	on a kill -KILL "$pid"
	wait_for 5 sh -c "! nsenter -t ${HOST_PID[a.init]} -n -m -p kill -0 $pid"
}
check "kill -9" kill_a
check_not "the TAP device is gone" on a ip link show tap0
capture b eth0 dead
is "nothing leaves" "$(ping_both 0.5)" " 0/3 0/3"
check "clear packets for it" knock dead
is "nothing enters" "$(heard dead)" ""
check "restart" start_a --auto
is "before policies are loaded: nothing leaves" "$(ping_both 0.5)" " 0/3 0/3"
check "before policies are loaded: clear packets" knock early
is "before policies are loaded: nothing enters" "$(heard early)" ""
like "status says so" "$(on a missiu -i eth0 status)" 'earlier missiu'
check "policies and keys for the restarted" on a loadConfig -f "$a_conf"
check "the other side too" suite b eth0 "$b_conf" --auto
capture_end b dead
no_packets "neither was anything on the wire" dead \
	'(icmp or udp) and src host 10.9.0.1'
no_packets "neither was anything on the wire, IPv6" dead \
	'src host fd09::1 and not (icmp6 and ip6[40] >= 133 and ip6[40] <= 137)'
is "then traffic flows again" "$(ping_both)" " 3/3 3/3"
unlike "and status is itself again" "$(on a missiu -i eth0 status)" 'earlier missiu'

# --------------------------------------------------- somebody flushes all rules ---
on a nft flush ruleset
check "nft flush ruleset: the table comes back" wait_for 5 table
is "traffic flows" "$(ping_both)" " 3/3 3/3"
check "b: missiu stops again" on b missiu -i eth0 stop
check "clear packets after the flush" knock flushed
is "they do not enter" "$(heard flushed)" ""

# ------------------------------------------------------------ stop, --no-guard ---
check "stop" on a missiu -i eth0 stop
check "nothing is left, no table" nothing_left a
check "clear packets without missiu" knock stopped
is "they enter in all shapes" "$(heard stopped)" "$SHAPES "
# startRaw, because start keeps the kernel quiet about UDP with its own sockets.
START=startRaw
check "--no-guard" start_a --no-guard
unset START
check_not "there is no table" table
like "status tells" "$(on a missiu -i eth0 status)" '^guard: off'
check "its policies load" on a loadConfig -f "$a_conf"
check "clear packets without the guard" knock open
is "they enter" "$(heard open)" "$SHAPES "
capture b eth0 unguarded
py b ipsec eth0 "$A_MAC" $B4 $A4
py b ipsec eth0 "$A_MAC" $B6 $A6
wait_for 5 sh -c "[ \$(tcpdump -n -r $T/unguarded.pcap 'icmp or icmp6 and ip6[40] < 128' 2>/dev/null | wc -l) -ge 2 ]"
capture_end b unguarded
check "the kernel complains about IPsec then" \
	test "$(packets unguarded 'icmp')" -ge 1
check "kill -9 of the unguarded" kill_a
check "guarded again" start_a
check "with policies" on a loadConfig -f "$a_conf"
check "kill -9 of the guarded" kill_a
check "--no-guard after it" start_a --no-guard
check_not "takes the table away" table
check "stop of the unguarded" on a missiu -i eth0 stop
check "guarded once more" start_a
check "kill -9 once more" kill_a
check "the table is still there" table
check "stop removes what a killed one has left" on a missiu -i eth0 stop
check_not "the table is gone" table
check "so are its files" nothing_left a
check_not "stop has nothing to do any more" on a missiu -i eth0 stop

# ------------------------------------- all is dropped, but not what must not be ---
check "--default drop" start_a --default drop
for h in a b; do
	on $h ip neigh flush all
	on $h ip -6 neigh flush all
done
capture b eth0 drop
is "no ping" "$(ping_both 0.5)" " 0/3 0/3"
neighbour() { # ADDRESS
	on a ip neigh show "$1" | grep -q lladdr
}
check "ARP works" neighbour $B4
check "neighbour discovery works" neighbour $B6
check "nothing but IKE comes in" knock none
is "really" "$(heard none)" ""
py a send $B4 67 dhcp sport=68
py a send 255.255.255.255 67 dhcp sport=68 2>/dev/null
py a send $B4 500 ike sport=500
py a send $B4 9000 clear
on b ping -c 1 -W 0.3 $A4 >/dev/null
capture_end b drop
is "DHCP leaves" "$(packets drop "src host $A4 and dst host $B4 and udp port 67")" 1
is "IKE leaves" "$(packets drop "src host $A4 and udp src port 500")" 1
is "the rest does not" \
	"$(packets drop "src host $A4 and not arp and not udp port 67 and not udp src port 500")" 0
quit a sink
psk=$(conf psk-a <<<"{ raddr $B4 } ipsec { encr_algs gcm }")
psk_b=$(conf psk-b <<<"{ raddr $A4 } ipsec { encr_algs gcm }")
check "a: restart with --auto" on a missiu -i eth0 stop
check "a: --default drop --auto" suite a eth0 "$psk" --auto --default drop
check "b: --default drop --auto" suite b eth0 "$psk_b" --auto --default drop
check "a: ike" ike_on a -p swordfish-swordfish $A4
check "b: ike" ike_on b -p swordfish-swordfish $B4
check "IKE negotiates, traffic flows" on a ping -c 2 -W 3 $B4
check "a: ike ends" quit a ike
check "b: ike ends" quit b ike
check "b: stops" on b missiu -i eth0 stop

# ------------------------------------------------------- selectors of all kinds ---
check "a: stop" on a missiu -i eth0 stop
check "a: start as ever" start_a
all_kinds=$(conf kinds <<-END
	{ raddr 10.1.0.0/16 ulp tcp rport 80 } bypass {}
	{ raddr 10.1.0.0/16 ulp tcp rport 1000-2000 laddr 10.9.0.0/24 } ipsec { encr_algs gcm }
	{ raddr 10.1.0.1 ulp icmp } drop {}
	{ raddr 10.1.0.0/16 } ipsec { encr_algs gcm }
	{ raddr fd01::/64 ulp icmp6 } bypass {}
	{ raddr fd01::/64 } ipsec { encr_algs gcm }
	{ ulp udp rport 53 } bypass {}
	{ raddr 224.0.0.0/4 } drop {}
	{ ulp 47 } ipsec { encr_algs gcm }
	END
)
check "selectors of all kinds load" on a loadConfig -f "$all_kinds"
is "and are in force" "$(on a missiu -i eth0 status --json |
	jq -r '.guard.active, .guard.inherited, .guard.problem')" \
	"$(printf 'true\nfalse\nnull')"
check "nft reads them" table
many() {
	local i
	for ((i = 0; i < 10000; i++)); do
		echo "{ laddr 10.7.$((i / 250)).$((i % 250)) raddr 10.8.$((i / 250)).$((i % 250)) } ipsec { encr_algs gcm }"
	done
}
many | conf many >/dev/null
begin=${EPOCHREALTIME/./}
check "10,000 policies load" on a loadConfig -f "$T/many.conf"
took=$(((${EPOCHREALTIME/./} - begin) / 1000))
check "in seconds ($took ms)" test $took -lt 20000
like "nft has them" "$(table)" '10\.7\.39\.249 \. 10\.8\.39\.249'
capture b eth0 many
on a ip addr add 10.7.3.3/32 dev eth0
on a timeout 2 ping -c 1 -W 0.3 -I 10.7.3.3 10.8.3.3 >/dev/null 2>&1
on a timeout 2 ping -c 1 -W 0.3 -I 10.7.3.3 10.8.3.4 >/dev/null 2>&1
capture_end b many
is "they decide" "$(packets many icmp and host 10.8.3.3) $(packets many \
	'icmp and dst host 10.8.3.4')" "0 1"
check "a: stops" on a missiu -i eth0 stop
for h in a b; do
	check "$h: nothing is left" nothing_left $h
done

# ------------------------------------------------------------- another name ---
check "start, to be renamed" start_a
check "policies" on a loadConfig -f "$a_conf"
on a ip link set eth0 down
on a ip link set eth0 name wan0
addrs a wan0 $A6/64
check "the rules move to the new name" wait_for 5 \
	sh -c "nsenter -t ${HOST_PID[a.init]} -n nft list chain netdev missiu_eth0 egress |
		grep -q '\"wan0\"'"
capture b eth0 renamed
is "nothing leaves by it" "$(ping_both 0.5)" " 0/3 0/3"
capture_end b renamed
no_packets "really" renamed 'icmp and src host 10.9.0.1'
check "stop after it" on a missiu -i eth0 stop
check "nothing is left after it" nothing_left a

# ------------------------------------------------------ where it can not be had ---
on a ip link add 'e*0' type veth peer name e1
on a ip link set 'e*0' up
out=$(on a missiu -i 'e*0' start 2>&1)
is "refused in one line" $? 1
is "one line" "$(wc -l <<<"$out")" 1
like "the remedy is named" "$out" '\-\-no-guard'
check "which works" on a missiu -i 'e*0' --no-guard start
check "and stops" on a missiu -i 'e*0' stop
finish

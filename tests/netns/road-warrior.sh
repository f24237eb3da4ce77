#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Two road warriors get addresses from a gateway's pool: traffic through the
# tunnel with them, routes, name servers, and all gone at the end; who comes
# back gets his address again, also after the gateway's ike was restarted.
#
#	[ a ] 192.0.2.9 ------- eth0 [   ]
#	                             [ r ] eth2 ------- 203.0.113.1 [ g ] 10.1.0.1
#	[ c ] 198.51.100.9 ---- eth1 [   ]              eth0              fd01::1
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq

for h in a c r g; do
	host $h
done
link a eth0 192.0.2.9/24 r eth0 192.0.2.1/24
link c eth0 198.51.100.9/24 r eth1 198.51.100.1/24
link g eth0 203.0.113.1/24 r eth2 203.0.113.254/24
on r sysctl -qw net.ipv4.ip_forward=1
on a ip route add default via 192.0.2.1
on c ip route add default via 198.51.100.1
on g ip route add default via 203.0.113.254
addrs g lo 10.1.0.1/32,fd01::1/128

# What only notes what it is asked for, and by whom: resolvconf on a, on c
# resolvectl, with systemd-resolved as far as ike can tell.
# fake HOST FILE
fake() {
	# shellcheck disable=SC2016
	printf '%s\n' '#!/bin/sh' \
		'{ echo "args: $*"; echo "env: $(env | cut -d= -f1 |
			grep -vE "^(PWD|SHLVL|_)$" | sort | tr "\n" " ")"
		grep CapEff /proc/self/status; cat; echo end; } >>'"$T/$1.dns" \
		>"$2"
	chmod 755 "$2"
	: >"$T/$1.dns"
}
mkdir "$T/sbin" "$T/bin"
fake a "$T/sbin/resolvconf"
on a mount --bind "$T/sbin" /usr/local/sbin
fake c "$T/bin/resolvectl"
on c mount -t overlay overlay -o "lowerdir=$T/bin:/usr/bin" /usr/bin
on c mkdir -p /run/systemd/resolve
on c touch /run/systemd/resolve/io.systemd.Resolve

g_conf=$(conf g <<'END'
peer road {
	id gw.example.org peer_id *.road.example.org psk "a long secret"
	pool 10.20.0.0/28 pool fd20::/112
	dns 10.1.0.53 dns fd01::53 split_dns corp.example
}
{ raddr 10.20.0.0/28 } ipsec {
	encr_algs gcm tladdr 203.0.113.1 peer road }
{ laddr fd01::/64 raddr fd20::/112 } ipsec {
	encr_algs gcm tladdr 203.0.113.1 peer road }
END
)
# One of them only what is behind the gateway, the other one everything.
a_conf=$(conf a <<'END'
peer home { raddr 203.0.113.1 id a.road.example.org psk "a long secret"
	request_address both }
{ raddr 10.1.0.0/16 } ipsec { encr_algs gcm traddr 203.0.113.1 peer home }
{ raddr fd01::/64 } ipsec { encr_algs gcm traddr 203.0.113.1 peer home }
END
)
c_conf=$(conf c <<'END'
peer home { raddr 203.0.113.1 id c.road.example.org psk "a long secret"
	request_address v4 }
{ raddr 0.0.0.0/0 } ipsec { encr_algs gcm traddr 203.0.113.1 peer home }
END
)
for h in a c; do
	check "$h: missiu" on $h missiu -i eth0 -l "$T/$h-missiu.log" start
	check "$h: policies" on $h loadConfig --no-ike -f "$T/$h.conf"
done
check "g: missiu" on g missiu -i eth0 -l "$T/g-missiu.log" --auto start
check "g: policies" on g loadConfig --no-ike -f "$T/g.conf"
check "g: ike" ike_on g --config "$g_conf" 203.0.113.1
check "a: ike" ike_on a --config "$a_conf" -c 203.0.113.1 192.0.2.9
check "c: ike" ike_on c --config "$c_conf" -c 203.0.113.1 198.51.100.9

vip() { # HOST FAMILY: the address on the TAP
	on "$1" ip -o -"$2" addr show dev tap0 scope global |
		sed -nE 's/.* inet6? ([^ ]+).*/\1/p'
}
has_vip() { # HOST FAMILY
	[ -n "$(vip "$1" "$2")" ]
}
no_vip() { # HOST
	! has_vip "$1" 4 && ! has_vip "$1" 6
}
for h in a c; do
	check "$h: has an address" wait_for 10 has_vip $h 4
	like "$h: of the pool, alone" "$(vip $h 4)" '^10\.20\.0\.[0-9]+/32$'
done
like "a: has an IPv6 address" "$(vip a 6)" '^fd20::[0-9a-f]+/128$'
is "c: did not ask for one" "$(vip c 6)" ""
a4=$(vip a 4) a6=$(vip a 6) c4=$(vip c 4)
check "the addresses differ" [ "$a4" != "$c4" ]

like "a: route with that source" "$(on a ip route)" \
	"^10\.1\.0\.0/16 .*dev tap0 .*src ${a4%/*}"
unlike "a: no other route" "$(on a ip route)" '^(0\.0\.0\.0|128\.0)'
like "c: everything goes there" "$(on c ip route)" \
	"^128\.0\.0\.0/1 .*dev tap0 .*src ${c4%/*}"
like "c: the default route stays" "$(on c ip route)" '^default via 198'
for h in a c; do
	out=$(on $h ping -c 3 -i 0.1 -W 3 10.1.0.1)
	is "$h: reaches the network behind" "$(replies "$out")" 3/3 ||
		note "$out"
	check "$h: TCP" transfer $h 10.1.0.1 g 200000
done
check "a: the second policy's tunnel is there" \
	wait_for 5 on a ping -c 1 -W 2 fd01::1
out=$(on g ping -c 3 -i 0.1 -W 3 -I 10.1.0.1 "${c4%/*}")
is "g: reaches a road warrior" "$(replies "$out")" 3/3 || note "$out"
check_not "g: an address that nobody has" \
	on g ping -c 1 -W 1 -I 10.1.0.1 10.20.0.99

check "a: resolvconf was asked" wait_for 5 grep -q end "$T/a.dns"
like "a: for this interface" "$(cat "$T/a.dns")" '^args: -a tap0\.ike$'
like "a: with the name server" "$(cat "$T/a.dns")" '^nameserver 10\.1\.0\.53$'
like "a: and the domain" "$(cat "$T/a.dns")" '^search corp\.example$'
check "c: resolvectl was asked" wait_for 5 grep -q 'args: domain' "$T/c.dns"
like "c: for its name server" "$(cat "$T/c.dns")" '^args: dns tap0 10\.1\.0\.53$'
like "c: and the domain" "$(cat "$T/c.dns")" '^args: domain tap0 ~corp\.example$'
for h in a c; do
	like "$h: with an empty environment" "$(cat "$T/$h.dns")" \
		'^env: (LC_ALL )?(PATH )?$'
	like "$h: without capabilities" "$(cat "$T/$h.dns")" \
		'^CapEff:\s0000000000000000$'
done
like "a: IPv6 name server" "$(cat "$T/a.dns")" '^nameserver fd01::53$'
unlike "c: did not ask for one" "$(cat "$T/c.dns")" 'fd01'

is "a: ike status knows its addresses" "$(on a ike status --json |
	jq -r '.ike_sas[0] | [.assigned[], .assigned_to] | join(" ")')" \
	"${a4%/*} ${a6%/*} us"
like "g: ike status knows whose they are" "$(on g ike status)" \
	"^    ${a4%/*} assigned to the peer"

# Rekeying changes nothing of it.
before=$(on a ip route)
check "a: rekeys" on a ike rekey home
check "a: it has happened" wait_log 5 a ike 'Created.*IKE_SA|IKE_SA Created.*'
out=$(on a ping -c 3 -i 0.1 -W 3 10.1.0.1)
is "a: still reaches it" "$(replies "$out")" 3/3 || note "$out"
is "a: the same address" "$(vip a 4)" "$a4"
is "a: the same routes" "$(on a ip route)" "$before"

# The gateway restarts its ike; the lease is in a file.
quit g ike
check "g: keeps the leases" on g grep -q "^${a4%/*} " /run/ike.leases.eth0
is "g: for root's eyes" "$(on g stat -c %a /run/ike.leases.eth0)" 600
check "g: ike again" ike_on g --config "$g_conf" 203.0.113.1
is "a: keeps its address for a while" "$(vip a 4)" "$a4"
check "c: comes back first" wait_for 15 on c ping -c 1 -W 1 10.1.0.1
check "a: comes back" wait_for 15 on a ping -c 1 -W 1 10.1.0.1
check "a: the other policy, too" wait_for 10 on a ping -c 1 -W 1 fd01::1
is "a: has the same address" "$(vip a 4) $(vip a 6)" "$a4 $a6"
is "c: too" "$(vip c 4)" "$c4"

: >"$T/a.dns"
check "a: down" on a ike down home
check "a: the address is gone" wait_for 5 no_vip a
unlike "a: no routes are left" "$(on a ip route; on a ip -6 route)" \
	'dev tap0 proto 77'
check "a: the name servers, too" wait_for 5 grep -q end "$T/a.dns"
like "a: of this interface" "$(cat "$T/a.dns")" '^args: -d tap0\.ike'
check "a: up" on a ike up home
check "a: has an address again" wait_for 10 has_vip a 4
is "a: the same" "$(vip a 4)" "$a4"

check "c: down" on c ike down home
check "c: the name servers are gone" wait_for 5 \
	grep -q '^args: revert tap0$' "$T/c.dns"
check "c: up" on c ike up home
check "c: has an address again" wait_for 10 has_vip c 4

# Nobody tells missiu that ike was killed; name servers are noted in a file.
check "c: a note of the name servers" wait_for 5 \
	on c grep -qx tap0 /run/ike.dns.eth0
quit c ike KILL
check "c: a killed ike leaves nothing" wait_for 5 no_vip c
unlike "c: no route" "$(on c ip route)" 'tap0'

check "c: but the note" on c test -e /run/ike.dns.eth0
: >"$T/c.dns"
check "c: ike again" ike_on c --config "$c_conf"
check "c: takes the name servers back first" wait_for 5 \
	grep -q '^args: revert tap0$' "$T/c.dns"
is "c: before it sets others" "$(grep -m 1 args "$T/c.dns")" 'args: revert tap0'
like "c: says so" "$(log_of c ike)" 'left name servers for tap0'
for h in a c g; do
	check "$h: ike ends" quit $h ike
done
check "a: the address is gone" wait_for 5 no_vip a
for h in a c g; do
	check "$h: missiu stops" on $h missiu -i eth0 stop
done
on g rm -f /run/ike.leases.eth0
for h in a c g; do
	check "$h: nothing is left" nothing_left $h
done
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# asan
# One host with two peers, each with a secret and a proposal of its own, told to
# ike by loadConfig; one of the peers has them from ike --config.
#
#	lo 10.2.0.1 [ berlin ]--eth0 10.5.0.2 --\
#	                                         [ sw ]-- 10.5.0.1 eth0--[ c ] lo 10.1.0.1
#	lo 10.3.0.1 [ road   ]--eth0 10.5.0.3 --/
. "$(dirname "$0")/../lib.sh"
need_root
need jq

host c
host berlin
host road
host sw
on sw ip link add br0 type bridge
on sw ip link set br0 up
i=1
for h in c berlin road; do
	link $h eth0 10.5.0.$i/24 sw p$i ""
	on sw ip link set p$i master br0
	addrs $h lo 10.$i.0.1/32
	i=$((i + 1))
done

secret() { # NAME SECRET: a file that holds it
	(umask 077 && echo "$2" >"$T/$1.psk")
}
secret berlin a-secret-of-Berlin
secret road a-secret-for-the-road

c_conf=$(conf c <<END
peer berlin {
	raddr 10.5.0.2 id c.example.org peer_id berlin.example.org
	psk_file $T/berlin.psk
	ike_algs aes256gcm16-prfsha384-ecp384
}
peer road {
	id c.example.org peer_id *.road.example.org
	psk_file $T/road.psk
	ike_algs aes128gcm16-prfsha256-x25519
}
{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec { encr_algs gcm
	tladdr 10.5.0.1 traddr 10.5.0.2 peer berlin }
{ laddr 10.1.0.0/24 raddr 10.3.0.0/24 } ipsec { encr_algs gcm
	tladdr 10.5.0.1 traddr 10.5.0.3 peer road }
END
)
berlin_conf=$(conf berlin <<END
peer centre { raddr 10.5.0.1 id berlin.example.org peer_id c.example.org
	psk_file $T/berlin.psk }
{ laddr 10.2.0.0/24 raddr 10.1.0.0/24 } ipsec { encr_algs gcm
	tladdr 10.5.0.2 traddr 10.5.0.1 peer centre }
END
)
road_conf=$(conf road <<END
peer centre { id x.road.example.org psk_file $T/road.psk }
{ laddr 10.3.0.0/24 raddr 10.1.0.0/24 } ipsec { encr_algs gcm
	tladdr 10.5.0.3 traddr 10.5.0.1 }
END
)

# ------------------------------------------------------------ who gets what ---
for h in c berlin road; do
	check "$h: missiu" on $h missiu -i eth0 -l "$T/$h-missiu.log" --auto start
done
check_not "without ike nothing is loaded" on c loadConfig -f "$c_conf"
like "and one line says why" "$(cat "$T/check.out")" \
	"^$c_conf:1:1: peer berlin is for ike, .* not running; .*--no-ike$"
is "no policy is there" "$(on c loadConfig -dP --json | jq '.policies | length')" 0
check "--no-ike loads the rest" on c loadConfig --no-ike -f "$c_conf"
is "two policies" "$(on c loadConfig -dP --json | jq '.policies | length')" 2

check "c: ike without a key" ike_on c 10.5.0.1
like "warns" "$(log_of c ike)" "no key yet"
check "c: peers and policies" on c loadConfig -FP -f "$c_conf"
check "berlin: ike reads a file" ike_on berlin --config "$berlin_conf" 10.5.0.2
check "berlin: policies" on berlin loadConfig --no-ike -f "$berlin_conf"
check "road: ike" ike_on road 10.5.0.3
check "road: peers and policies" on road loadConfig -f "$road_conf"

out=$(on c ping -c 3 -i 0.2 -W 3 -I 10.1.0.1 10.2.0.1)
is "to berlin: no packet lost" "$(replies "$out")" 3/3 || note "$out"
out=$(on road ping -c 3 -i 0.2 -W 3 -I 10.3.0.1 10.1.0.1)
is "from the road: no packet lost" "$(replies "$out")" 3/3 || note "$out"

sa() { # PEER FIELD: of c's IKE SA with a peer
	on c ike status --json |
		jq -r ".ike_sas[] | select(.peer == \"$1\" and
			.state == \"ESTABLISHED\") | $2"
}
is "berlin's suite" "$(sa berlin .suite)" aes256gcm16-prfsha384-ecp384
is "the road's suite" "$(sa road .suite)" aes128gcm16-prfsha256-x25519
is "the road's identity" "$(sa road .remote_id)" x.road.example.org
like "status names the peer" "$(on c ike status)" "ESTABLISHED, peer berlin"

# --------------------------------------------------------------- loading again ---
before=$(sa berlin .spi_r)
sed "s|$T/road.psk|$T/none.psk|" "$c_conf" >"$T/bad.conf"
chmod 600 "$T/bad.conf"
check_not "a key file that is not there" on c loadConfig -f "$T/bad.conf"
like "is named with its place" "$(cat "$T/check.out")" \
	"^$T/bad.conf:8:2: peer road: psk_file: $T/none.psk: No such file"
is "both SAs stay" "$(sa berlin .state)$(sa road .state)" \
	ESTABLISHEDESTABLISHED
sed "s/aes256gcm16-/aes999-/" "$c_conf" >"$T/bad.conf"
check_not "a cipher that does not exist" on c loadConfig -f "$T/bad.conf"
like "is named with its place, too" "$(cat "$T/check.out")" \
	"^$T/bad.conf:4:2: peer berlin: ike_algs: .*aes999"

secret road another-secret
check "the road's secret changes" on c loadConfig -FP -f "$c_conf"
is "its SA is gone" "$(sa road .state)" ""
is "berlin's stays" "$(sa berlin .spi_r)" "$before"
check "at the road, too" wait_for 5 sh -c \
	"! nsenter -t ${HOST_PID[road.init]} -a ike status | grep -q ESTABLISHED"
out=$(on road ping -c 1 -W 1 -I 10.3.0.1 10.1.0.1)
is "the old secret no longer opens" "$(replies "$out")" 0/1
like "and c says so" "$(log_of c ike)" \
	"keys differ \(peer is x.road.example.org\): ours is in peer road"
check "the road learns it" on road loadConfig -f "$road_conf"
out=$(on road ping -c 3 -i 0.2 -W 3 -I 10.3.0.1 10.1.0.1)
is "and is back" "$(replies "$out")" 3/3 || note "$out"

# SIGHUP reads --config again; a mistake in it changes nothing.
spi=$(on berlin ike status --json | jq -r '.ike_sas[0].spi_i')
sed -i 's/peer centre {/peer centre { nonsense/' "$berlin_conf"
on berlin kill -HUP "$(pid_of berlin ike)"
check "a mistake is told" wait_log 5 berlin ike ':1:15: found "nonsense"'
is "and changes nothing" \
	"$(on berlin ike status --json | jq -r '.ike_sas[0].spi_i')" "$spi"
sed -i 's/{ nonsense/{ lifetime 600/' "$berlin_conf"
on berlin kill -HUP "$(pid_of berlin ike)"
check "a change ends the SA" wait_for 5 sh -c \
	"! nsenter -t ${HOST_PID[c.init]} -a ike status | grep -q 'ESTABLISHED, peer berlin'"
out=$(on berlin ping -c 3 -i 0.2 -W 3 -I 10.2.0.1 10.1.0.1)
is "and traffic makes another" "$(replies "$out")" 3/3 || note "$out"

for h in c berlin road; do
	check "$h: ike ends" quit $h ike
	check "$h: missiu stops" on $h missiu -i eth0 stop
	check "$h: nothing is left" nothing_left $h
done
finish

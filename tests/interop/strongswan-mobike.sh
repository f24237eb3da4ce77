#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# MOBIKE with strongSwan, which speaks it unless told otherwise: each side begins
# once and moves, while a ping goes on through the tunnel.
#
#	lo 10.1.0.1                                     lo 10.2.0.1
#	[ us ]--eth0 10.8.0.1 --- .254 [ r ] .254 --- 10.9.0.2 eth0--[ ss ]
#
# asan
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-strongswan.sh"
need_root
need jq
need_strongswan

PSK=swordfish-swordfish
host us
host r
host ss
link us eth0 10.8.0.1/24 r r0 10.8.0.254/24
link r r1 10.9.0.254/24 ss eth0 10.9.0.2/24
addrs us lo 10.1.0.1/32
addrs ss lo 10.2.0.1/32
on r sysctl -qw net.ipv4.ip_forward=1
on us ip route add default via 10.8.0.254
on ss ip route add default via 10.9.0.254
SS_LOG='cfg = 1
	ike = 2' check "strongSwan starts" ss_start ss
check "strongSwan loads" ss_load ss <<END
connections {
	net {
		version = 2
		local_addrs = %any
		remote_addrs = 10.8.0.1
		proposals = aes128gcm16-prfsha256-ecp256
		local {
			auth = psk
			id = ss.example.org
		}
		remote {
			auth = psk
			id = us.example.org
		}
		children {
			net {
				local_ts = 10.2.0.0/24
				remote_ts = 10.1.0.0/24
				esp_proposals = aes128gcm16
			}
		}
	}
}
secrets {
	ike-net {
		id-1 = us.example.org
		id-2 = ss.example.org
		secret = $PSK
	}
}
END
us_conf=$(conf us <<<'{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
	{ encr_algs gcm keylength 16 traddr 10.9.0.2 }')

start_us() {
	suite us eth0 "$us_conf" --auto && ike_on us --id us.example.org -p $PSK
}
stop_us() {
	quit us ike && on us missiu -i eth0 stop
}
at() { # LOCAL REMOTE: we say so
	[ "$(on us ike status --json | jq -r \
		'.ike_sas[] | "\(.local.address) \(.remote.address)"')" = "$1 $2" ]
}
ss_at() { # LOCAL REMOTE: strongSwan says so
	swan ss --list-sas --raw 2>/dev/null |
		grep -q "local-host=$1 .*remote-host=$2 "
}
ours() { # FILTER: of our IKE SAs
	on us ike status --json | jq -r "$1"
}
# flow NAME: a ping each 40 ms until flow_end
flow() {
	FLOW=$1
	bg us "$1" ping -i 0.04 -D -O -I 10.1.0.1 10.2.0.1
	later
}
# later: ten replies from now on
later() {
	local log=$T/us-$FLOW.log from
	from=$(grep -c . "$log")
	wait_for 15 eval "[ \$(tail -n +$((from + 1)) '$log' |
		grep -c 'bytes from') -ge 10 ]"
}
flow_end() {
	quit us "$FLOW" INT
	note "$(tail -n 2 "$T/us-$FLOW.log")" "longest gap: $(
		sed -nE 's/^\[([0-9.]+)\].*bytes from.*/\1/p' "$T/us-$FLOW.log" |
			awk 'NR > 1 && $1 - t > g { g = $1 - t } { t = $1 }
				END { printf "%d ms\n", g * 1000 }')"
}

# --- we begin, and move

check "our side starts" start_us
check "we begin: a flow through the tunnel" flow ping1
spi=$(ours '.ike_sas[0].spi_i')
on us ip addr del 10.8.0.1/24 dev eth0
on us ip addr add 10.8.0.77/24 dev eth0
on us ip route add default via 10.8.0.254
check "we begin: at another address" wait_for 10 at 10.8.0.77 10.9.0.2
check "we begin: strongSwan follows" wait_for 5 ss_at 10.9.0.2 10.8.0.77
check "we begin: the flow goes on" later
on us ip addr del 10.8.0.77/24 dev eth0
check "we begin: no address" wait_log 5 us ike '10.8.0.77 has gone'
on us ip addr add 10.8.0.1/24 dev eth0
on us ip route add default via 10.8.0.254
check "we begin: back again" wait_for 10 at 10.8.0.1 10.9.0.2
check "we begin: strongSwan follows back" wait_for 5 ss_at 10.9.0.2 10.8.0.1
check "we begin: the flow goes on there" later
is "we begin: the same IKE SA" "$(ours '.ike_sas[].spi_i')" "$spi"
flow_end
check "we begin: rekeying by strongSwan" swan ss --rekey --ike net
out=$(on us ping -c 3 -i 0.1 -W 3 -I 10.1.0.1 10.2.0.1)
is "we begin: ping after it" "$(replies "$out")" 3/3 || note "$out"
check "our side ends" stop_us
check "strongSwan was told" wait_for 5 \
	eval '[ -z "$(swan ss --list-sas --raw | grep ESTABLISHED)" ]'

# --- strongSwan begins, and moves

check "our side starts again" start_us
check "strongSwan begins" swan ss --initiate --child net --timeout 10
check "strongSwan begins: a flow through the tunnel" flow ping2
spi=$(ours '.ike_sas[0].spi_i')
on ss ip addr add 10.9.0.99/24 dev eth0
on ss ip addr del 10.9.0.2/24 dev eth0
on ss ip addr replace 10.9.0.99/24 dev eth0
on ss ip route replace default via 10.9.0.254
check "strongSwan begins: we follow" wait_for 15 at 10.8.0.1 10.9.0.99
check "strongSwan begins: the flow goes on" later
# We are on the answering side, and move too.
on us ip addr add 10.8.0.55/24 dev eth0
check "strongSwan begins: we hear of our new address" \
	wait_log 5 us ike 'listening on 10.8.0.55'
on us ip addr del 10.8.0.1/24 dev eth0
on us ip addr replace 10.8.0.55/24 dev eth0
on us ip route replace default via 10.8.0.254
check "strongSwan begins: it follows us" wait_for 30 ss_at 10.9.0.99 10.8.0.55
check "strongSwan begins: the flow goes on at our address" later
is "strongSwan begins: the same IKE SA" "$(ours '.ike_sas[].spi_i')" "$spi"
is "strongSwan begins: one pair of SAs" \
	"$(ours '.ike_sas[].children | length')" 1
flow_end
check "our side ends in the end" stop_us
check "nothing is left" nothing_left us
finish

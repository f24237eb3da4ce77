#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ours with strongSwan over {authentication} x {AES-GCM, AES-CBC + SHA-2,
# ChaCha20-Poly1305} x {groups 14, 19, 31} x {plain, behind a NAT} x {rekeyed by
# us, by strongSwan}; IKE and ESP use the same algorithms. Each cell has a ping and
# a transfer before and after both IKE SA and child SA were replaced.
#
#	lo 10.1.0.1                                              lo 10.2.0.1
#	[ us ]--eth0 10.9.0.1 ------------------- 10.9.0.2 eth0--[ ss: strongSwan ]
#
#	[ us ]--eth0 192.168.3.110 --- .1 [ nat ] 10.5.0.1 --- 10.5.0.2 eth0--[ ss ]
#	                             masquerades us as 10.5.0.1
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-strongswan.sh"
need_root
need jq nft
need_strongswan

PSK=swordfish-swordfish

# Authentication: how strongSwan is told, and our options. One pair a method.
ss_auth_psk() { # local|remote
	echo "auth = psk"
}
us_auth_psk() {
	echo "-p $PSK"
}
AUTHS=psk

# Algorithms: for strongSwan's IKE and ESP (a group follows), ours.
declare -A IKE=(
	[gcm]=aes128gcm16-prfsha256
	[cbc]=aes256-sha256
	[chacha]=chacha20poly1305-prfsha512
) ESP=(
	[gcm]=aes128gcm16
	[cbc]=aes128-sha256
	[chacha]=chacha20poly1305
) OURS=(
	[gcm]="encr_algs gcm keylength 16"
	[cbc]="encr_algs aes keylength 16 encr_auth_algs sha256"
	[chacha]="encr_algs chacha20-poly1305"
)
declare -A GROUP=([14]=modp2048 [19]=ecp256 [31]=x25519)

# ss_config AUTH ALG GROUP: its one connection "net" with the child "net"
ss_config() {
	cat <<-END
	connections {
		net {
			version = 2
			local_addrs = $SS
			proposals = ${IKE[$2]}-$3
			local {
				$("ss_auth_$1" local)
				id = ss.example.org
			}
			remote {
				$("ss_auth_$1" remote)
				id = us.example.org
			}
			children {
				net {
					local_ts = 10.2.0.0/24
					remote_ts = 10.1.0.0/24
					esp_proposals = ${ESP[$2]}-$3
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
}

# born: how many SAs of each kind our log has by now
born() {
	local log
	log=$(log_of us ike)
	echo "$(grep -c 'IKE_SA Created' <<<"$log") $(
		grep -c 'CHILD_SA created' <<<"$log")"
}
is_born() { # EXPECTED
	[ "$(born)" = "$1" ]
}

traffic() { # WHAT
	local out
	out=$(on us ping -c 2 -i 0.02 -W 3 -I 10.1.0.1 10.2.0.1)
	is "$1: ping" "$(replies "$out")" 2/2 || note "$out"
	check "$1: TCP" transfer us 10.2.0.1 ss 100000 10.1.0.1
}

# cell AUTH ALG GROUP
cell() {
	local what="$PLACE, $1, $2, group $3" id
	check "$what: strongSwan loads" ss_load ss < <(
		ss_config "$1" "$2" "${GROUP[$3]}")
	check "$what: our policy" on us loadConfig -f "$(conf us <<-END
	flush; spdflush;
	{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
		{ ${OURS[$2]} tladdr $US traddr $SS }
	END
	)"
	# shellcheck disable=SC2046
	check "$what: our ike" ike_on us $("us_auth_$1") --id us.example.org \
		--ike-proposal "${IKE[$2]}-${GROUP[$3]}" "$US"
	traffic "$what"
	check "$what: we replace both" on us ike rekey "$SS"
	like "$what: the child has the group" "$(log_of us ike |
		grep 'CHILD_SA created' | tail -n 1)" "suite=[^ ]*-${GROUP[$3]}"
	traffic "$what, rekeyed by us"
	id=$(born)
	check "$what: strongSwan replaces the child" swan ss --rekey --child net
	check "$what: that is done" wait_for 5 is_born \
		"${id% *} $((${id#* } + 1))"
	check "$what: strongSwan replaces the IKE SA" swan ss --rekey --ike net
	check "$what: that is done, too" wait_for 5 is_born \
		"$((${id% *} + 1)) $((${id#* } + 1))"
	traffic "$what, rekeyed by strongSwan"
	unlike "$what: nothing failed" "$(log_of us ike)" 'ailed'
	check "$what: our ike ends" quit us ike
}

# all PLACE OUR_ADDRESS ITS_ADDRESS
all() {
	local auth alg group
	PLACE=$1 US=$2 SS=$3
	addrs us lo 10.1.0.1/32
	addrs ss lo 10.2.0.1/32
	check "$PLACE: strongSwan starts" ss_start ss
	check "$PLACE: missiu starts" on us missiu -i eth0 --auto \
		-l "$T/us-missiu.log" start
	for auth in $AUTHS; do
		for alg in gcm cbc chacha; do
			for group in 14 19 31; do
				cell $auth $alg $group
			done
		done
	done
	check "$PLACE: missiu stops" on us missiu -i eth0 stop
	check "$PLACE: nothing is left" nothing_left us
}

host us
host ss
link us eth0 10.9.0.1/24 ss eth0 10.9.0.2/24
all plain 10.9.0.1 10.9.0.2

# New hosts of the same names; the old ones end with the script.
host us
host ss
host nat
link us eth0 192.168.3.110/24 nat in0 192.168.3.1/24
link nat out0 10.5.0.1/24 ss eth0 10.5.0.2/24
on us ip route add default via 192.168.3.1
on nat sysctl -qw net.ipv4.ip_forward=1
check "NAT works" on nat nft -f - <<'END'
table ip nat {
	chain post {
		type nat hook postrouting priority 100;
		oif "out0" masquerade
	}
}
END
all "behind a NAT" 192.168.3.110 10.5.0.2
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ours with strongSwan over {authentication} x {AES-GCM, AES-CBC + SHA-2,
# ChaCha20-Poly1305} x {groups 14, 19, 31} x {plain, behind a NAT} x {rekeyed by
# us, by strongSwan}; IKE and ESP use the same algorithms. Each cell has a ping and
# a transfer before and after both IKE SA and child SA were replaced.
#
# Of the 72 cells (times two for who replaces) twelve are run, among them each pair
# of values of any two of these lists. With 0, 1, 2, ... for the values in the order
# above, group and place of a cell follow from the sum of the other two:
#
#	sum	0	1	2	3	4	5
#	group	14	19	31	14	19	31
#	place	plain	NAT	plain	NAT	plain	NAT
#
# MATRIX=plain, MATRIX=nat: all cells of that place (make check-matrix: of both).
#
#	lo 10.1.0.1                                              lo 10.2.0.1
#	[ us ]--eth0 10.9.0.1 ------------------- 10.9.0.2 eth0--[ ss: strongSwan ]
#
#	[ us ]--eth0 192.168.3.110 --- .1 [ nat ] 10.5.0.1 --- 10.5.0.2 eth0--[ ss ]
#	                             masquerades us as 10.5.0.1
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-strongswan.sh"
need_root
need jq nft openssl
need_strongswan
SS_PLUGINS+=' x509 pubkey pkcs8 constraints revocation'

PSK=swordfish-swordfish

# What strongSwan must have verified. RFC 7427, so RSA is PSS.
declare -A VERIFIED=(
	[psk]="pre-shared key"
	[rsa]=RSA_EMSA_PSS_SHA2_256
	[ecdsa]=ECDSA_WITH_SHA256_DER
	[ed25519]=ED25519
)
AUTHS="psk rsa ecdsa ed25519"
ALGS="gcm cbc chacha"
DH="14 19 31"

# key TYPE
key() {
	case $1 in
	rsa) openssl genpkey -quiet -algorithm RSA \
		-pkeyopt rsa_keygen_bits:2048 ;;
	ecdsa) openssl genpkey -algorithm EC \
		-pkeyopt ec_paramgen_curve:P-256 ;;
	ed25519) openssl genpkey -algorithm ed25519 ;;
	esac
}

# One authority; a key and a certificate of each type for either side.
pki=$T/pki
make_pki() (
	local t who
	mkdir "$pki" && umask 077 && key ecdsa >"$pki/ca.key" &&
		openssl req -x509 -new -key "$pki/ca.key" -days 3650 \
			-subj "/O=Test/CN=ca" -out "$pki/ca.pem" \
			-addext basicConstraints=critical,CA:TRUE || exit
	for t in rsa ecdsa ed25519; do
		for who in us ss; do
			key $t >"$pki/$who-$t.key" &&
				openssl req -new -key "$pki/$who-$t.key" \
					-subj "/O=Test/CN=$who" |
				openssl x509 -req -CA "$pki/ca.pem" \
					-CAkey "$pki/ca.key" -days 365 \
					-extfile <(echo "subjectAltName=DNS:$who.example.org") \
					-out "$pki/$who-$t.pem" || exit
		done
	done
)

# What strongSwan reads at each load.
give_pki() {
	local d=$T/ss-swan/swanctl
	mkdir -p "$d/x509" "$d/x509ca" "$d/private" &&
		cp "$pki/ca.pem" "$d/x509ca/" && cp "$pki"/ss-*.pem "$d/x509/" &&
		cp "$pki"/ss-*.key "$d/private/"
}

ss_auth() { # AUTH local|remote
	case $1 in
	psk) echo "auth = psk" ;;
	*) echo "auth = pubkey" && [ "$2" = remote ] || echo "certs = ss-$1.pem" ;;
	esac
}
us_auth() { # AUTH
	case $1 in
	psk) echo "-p $PSK" ;;
	*) echo "--ike_cert $pki/us-$1.pem --ike_keyblob $pki/us-$1.key
		--ike_ca_cert $pki/ca.pem --ike_peer_host ss.example.org" ;;
	esac
}

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
				$(ss_auth "$1" local)
				id = ss.example.org
			}
			remote {
				$(ss_auth "$1" remote)
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
	# One: once ping has had an answer, it waits for the last one no longer
	# than that took, which a busy machine may exceed.
	out=$(on us ping -c 1 -W 5 -I 10.1.0.1 10.2.0.1)
	is "$1: ping" "$(replies "$out")" 1/1 || note "$out"
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
	check "$what: our ike" ike_on us $(us_auth "$1") --id us.example.org \
		--ike-proposal "${IKE[$2]}-${GROUP[$3]}" "$US"
	traffic "$what"
	like "$what: strongSwan verified us" "$(tail -n 40 "$T/ss-charon.log")" \
		"'us.example.org' with ${VERIFIED[$1]}.* successful"
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

# cells 0|1: those of plain, of NAT, that are to be run
cells() {
	local auth alg group a=0 b c
	for auth in $AUTHS; do
		b=0
		for alg in $ALGS; do
			c=0
			for group in $DH; do
				if [ -n "${MATRIX:-}" ] || { [ $(((a + b) % 3)) -eq $c ] &&
					[ $(((a + b) % 2)) -eq "$1" ]; }; then
					cell "$auth" "$alg" "$group"
				fi
				c=$((c + 1))
			done
			b=$((b + 1))
		done
		a=$((a + 1))
	done
}

# place 0|1 NAME OUR_ADDRESS ITS_ADDRESS
place() {
	PLACE=$2 US=$3 SS=$4
	addrs us lo 10.1.0.1/32
	addrs ss lo 10.2.0.1/32
	check "$PLACE: strongSwan starts" ss_start ss
	check "$PLACE: strongSwan has certificates" give_pki
	check "$PLACE: missiu starts" on us missiu -i eth0 --auto \
		-l "$T/us-missiu.log" start
	cells "$1"
	check "$PLACE: missiu stops" on us missiu -i eth0 stop
	check "$PLACE: nothing is left" nothing_left us
}

plain() {
	host us
	host ss
	link us eth0 10.9.0.1/24 ss eth0 10.9.0.2/24
	place 0 plain 10.9.0.1 10.9.0.2
}

masquerade() {
	on nat nft -f - <<-'END'
	table ip nat {
		chain post {
			type nat hook postrouting priority 100;
			oif "out0" masquerade
		}
	}
	END
}

# New hosts of the same names; the old ones end with the script.
nat() {
	host us
	host ss
	host nat
	link us eth0 192.168.3.110/24 nat in0 192.168.3.1/24
	link nat out0 10.5.0.1/24 ss eth0 10.5.0.2/24
	on us ip route add default via 192.168.3.1
	on nat sysctl -qw net.ipv4.ip_forward=1
	check "NAT works" masquerade
	place 1 "behind a NAT" 192.168.3.110 10.5.0.2
}

check "certificates" make_pki 2>"$T/pki.log"
for p in ${MATRIX:-plain nat}; do
	$p
done
finish

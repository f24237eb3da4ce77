#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ours with strongSwan by certificates: RSA, ECDSA and Ed25519, each side
# initiates once, different keys on the two sides; then certificates that must
# be refused.
#
#	lo 10.1.0.1                                lo 10.2.0.1
#	[ us ]--eth0 10.9.0.1 ------- 10.9.0.2 eth0--[ ss: strongSwan ]
#	   tap0                                      ipsec0
#
# asan
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-strongswan.sh"
need_root
need jq openssl
need_strongswan
SS_PLUGINS+=' x509 pubkey pkcs8 constraints revocation'

host us
host ss
link us eth0 10.9.0.1/24 ss eth0 10.9.0.2/24
addrs us lo 10.1.0.1/32
addrs ss lo 10.2.0.1/32

# --- an authority and its hosts
pki=$T/pki
mkdir "$pki"

# key NAME TYPE
key() {
	case $2 in
	rsa) openssl genpkey -quiet -algorithm RSA \
		-pkeyopt rsa_keygen_bits:2048 ;;
	ecdsa) openssl genpkey -algorithm EC \
		-pkeyopt ec_paramgen_curve:P-256 ;;
	p384) openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 ;;
	*) openssl genpkey -algorithm "$2" ;;
	esac >"$pki/$1.key" && chmod 600 "$pki/$1.key"
}

# ca NAME
ca() {
	key "$1" ecdsa && openssl req -x509 -new -key "$pki/$1.key" -days 3650 \
		-subj "/O=Test/CN=$1" -addext basicConstraints=critical,CA:TRUE \
		-addext keyUsage=critical,keyCertSign,cRLSign -out "$pki/$1.pem"
}

# cert NAME HOST TYPE [CA [OPENSSL OPTION...]]
cert() {
	local name=$1 who=$2 by=${4:-ca}
	key "$name" "$3" && openssl req -new -key "$pki/$name.key" \
		-subj "/O=Test/CN=$who" |
		openssl x509 -req -CA "$pki/$by.pem" -CAkey "$pki/$by.key" \
			-days 365 -set_serial "0x$(openssl rand -hex 8)" \
			-extfile <(
				echo "subjectAltName=DNS:$who.example"
				echo keyUsage=digitalSignature
				echo authorityKeyIdentifier=keyid
			) "${@:5}" -out "$pki/$name.pem"
}

make_pki() {
	local t
	ca ca && ca other || return
	for t in rsa ecdsa ed25519 p384; do
		cert "us-$t" us $t && cert "ss-$t" ss $t || return
	done
	cert us-other us ecdsa other && cert us-revoked us ecdsa &&
		cert ss-expired ss ecdsa ca -days -1 &&
		cert ss-named evil ecdsa
}
check "certificates" make_pki 2>"$T/pki.log"

# ss_certs OUR_ID CERT: strongSwan authenticates with CERT, expects OUR_ID
ss_certs() {
	local d=$T/ss-swan/swanctl
	mkdir -p "$d/x509" "$d/x509ca" "$d/private" "$d/x509crl"
	rm -f "$d"/x509/* "$d"/private/*
	cp "$pki/ca.pem" "$d/x509ca/"
	cp "$pki/$2.pem" "$d/x509/"
	cp "$pki/$2.key" "$d/private/"
	ss_load ss <<-END
	connections {
		net {
			version = 2
			local_addrs = 10.9.0.2
			remote_addrs = 10.9.0.1
			proposals = aes128gcm16-prfsha256-x25519
			local {
				auth = pubkey
				certs = $2.pem
				id = ss.example
			}
			remote {
				auth = pubkey
				id = "$1"
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
	END
}

# start_us CERT [OPTION...]: who we are by options, or as peer_of() says
start_us() {
	local c=$1 who
	who=(--ike_cert "$pki/$c.pem" --ike_keyblob "$pki/$c.key"
		--ike_ca_cert "$pki/ca.pem")
	shift
	[ "$1" != --config ] || who=()
	conf us >/dev/null <<-END
	{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec
		{ encr_algs gcm keylength 16 tladdr 10.9.0.1 traddr 10.9.0.2 }
	END
	suite us eth0 "$T/us.conf" --auto &&
		ike_on us "${who[@]}" "$@" 10.9.0.1
}

# peer_of CERT ID: a peer statement
peer_of() {
	cat <<-END
	peer ss {
		raddr 10.9.0.2 id "$2" peer_id "O=Test, CN=*" peer_id *.example
		cert $pki/$1.pem key $pki/$1.key ca $pki/ca.pem
	}
	END
}

stop_us() {
	quit us ike && on us missiu -i eth0 stop
}

traffic() { # WHAT
	local out
	out=$(on us ping -c 3 -i 0.1 -W 3 -I 10.1.0.1 10.2.0.1)
	is "$1: ping" "$(replies "$out")" 3/3 || note "$out"
	check "$1: TCP" transfer us 10.2.0.1 ss 200000 10.1.0.1
	check "$1: TCP from strongSwan" transfer ss 10.1.0.1 us 200000 10.2.0.1
}

# both OUR_TYPE ITS_TYPE SCHEME [OUR_ID [OUR OPTION...]]: each initiates once;
# strongSwan must have verified our signature by SCHEME
both() {
	local what scheme=$3 id=${4:-us.example}
	local we=(--id "$id" --ike_peer_host ss.example "${@:5}")
	[ "${5:-}" != --config ] || we=("${@:5}")
	what="$1 with $2, we initiate"
	check "$1 with $2: strongSwan loads" ss_certs "$id" "ss-$2"
	check "$what: our side starts" start_us "us-$1" "${we[@]}" || return
	traffic "$what"
	like "$what: it verified $scheme" "$(tail -n 60 "$T/ss-charon.log")" \
		"authentication of '$id' with $scheme.* successful"
	check "$what: our side ends" stop_us
	what="$1 with $2, strongSwan initiates"
	check "$what: our side starts" start_us "us-$1" "${we[@]}" || return
	check "$what: negotiation" swan ss --initiate --child net --timeout 10
	traffic "$what"
	check "$what: strongSwan terminates" \
		swan ss --terminate --ike net --timeout 5
	check "$what: our side ends" stop_us
}

# refused WHAT LOG OUR_CERT ITS_CERT OUR_OPTION...: by us, who initiate
refused() {
	check "$1: strongSwan loads" ss_certs us.example "$4"
	check "$1: our side starts" start_us "$3" --id us.example \
		--ike_peer_host ss.example -c 10.9.0.2 "${@:5}"
	check "$1: one line explains" wait_log 10 us ike "$2"
	check_not "$1: no traffic" on us ping -c 1 -W 1 -I 10.1.0.1 10.2.0.1
	check "$1: our side ends" stop_us
}

check "strongSwan starts" ss_start ss
both rsa rsa RSA_EMSA_PSS_SHA2_256
both ecdsa ecdsa ECDSA_WITH_SHA256_DER
both ed25519 ed25519 ED25519
peer_of us-p384 "O=Test, CN=us" >"$T/us.peers"
both p384 ed25519 ECDSA_WITH_SHA384_DER "O=Test, CN=us" --config "$T/us.peers"

refused "expired" 'CN=ss" expired on' us-ecdsa ss-expired
refused "another name" 'it says it is "ss.example"' us-ecdsa ss-named
refused "another authority" 'AUTHENTICATION_FAILED' us-other ss-ecdsa
revoke() {
	local d=$pki/db
	mkdir "$d" && touch "$d/index" && echo 01 >"$d/number" || return
	printf '%s\n' "[ca]" default_ca=x "[x]" "database=$d/index" \
		"crlnumber=$d/number" default_md=sha256 default_crl_days=30 \
		>"$d/cnf"
	openssl ca -config "$d/cnf" -cert "$pki/ca.pem" \
		-keyfile "$pki/ca.key" -revoke "$pki/ss-ecdsa.pem" &&
		openssl ca -config "$d/cnf" -cert "$pki/ca.pem" \
			-keyfile "$pki/ca.key" -gencrl -out "$pki/crl.pem"
}
check "a revocation list" revoke 2>"$T/crl.log"
refused "revoked" 'CN=ss" was revoked by' us-ecdsa ss-ecdsa \
	--ike_crl "$pki/crl.pem" --ike_crl_policy strict

# A peer without RFC 7427: the older methods, SHA-1 only by name.
ss_stop ss
export SS_CHARON='signature_authentication = no'
check "strongSwan starts, without RFC 7427" ss_start ss
both ecdsa p384 ECDSA-256
both rsa rsa "RSA signature" us.example --ike_rsa_sha1
refused "SHA-1 is off" 'so RSA would sign SHA-1' us-rsa ss-rsa
check "nothing is left" nothing_left us
finish

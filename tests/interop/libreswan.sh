#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ours with libreswan's pluto, each side initiates: ciphers, groups, rekeying,
# certificates, PPK, TCP, redirects, selectors, MOBIKE and refusals. The ESP of
# libreswan's side is carried by a second missiu with the keys that pluto
# derived, so pings show that both came to the same ones.
#
#	lo 10.1.0.1                                lo 10.2.0.1
#	[ us ]--eth0 10.9.0.1 ------- 10.9.0.2 eth0--[ ls: pluto, missiu ]
#
# LIBRESWAN_ALL=1: all pairs of ciphers and groups, and what takes seconds.
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-libreswan.sh"
need_root
need jq openssl
need_libreswan

PSK=swordfish-swordfish
PPK=0123456789abcdef0123456789abcdef01234567
host us
host ls
link us eth0 10.9.0.1/24 ls eth0 10.9.0.2/24
addrs us lo 10.1.0.1/32
addrs ls lo 10.2.0.1/32
on ls ip addr add 10.9.0.3/24 dev eth0

# --- both sides

# algs PROPERTIES: policies of both, and both missius anew
algs() {
	on us missiu -i eth0 stop >/dev/null 2>&1
	on ls missiu -i eth0 stop >/dev/null 2>&1
	conf us >/dev/null <<-END
	{ laddr 10.1.0.0/24 raddr 10.2.0.0/24 } ipsec { $1 traddr 10.9.0.2 }
	END
	conf ls >/dev/null <<-END
	{ laddr 10.2.0.0/24 raddr 10.1.0.0/24 } ipsec
		{ $1 tladdr 10.9.0.2 traddr 10.9.0.1 }
	END
	suite us eth0 "$T/us.conf" --auto && suite ls eth0 "$T/ls.conf" --auto
}
GCM='encr_algs gcm keylength 16'

# theirs LINE...: libreswan's connection; LINES replace lines of the same key
theirs() {
	{
		printf '%s\n' authby=secret left=10.9.0.2 right=10.9.0.1 \
			leftsubnet=10.2.0.0/24 rightsubnet=10.1.0.0/24 \
			ike=aes_gcm128-sha2_256-dh31 esp=aes_gcm128 "$@"
	} | tac | awk -F= '!seen[$1]++' | ls_load ls \
		": PSK \"$PSK\"
: PPKS \"alice\" \"$PPK\"" >"$T/ls-load.log" 2>&1
}

# ours OPTION...: our ike, and nothing of before
ours() {
	local listen=10.9.0.1
	[ "${1:-}" != any ] || { shift && listen=; }
	# In this order: pluto dies of TCP connections that end under an SA.
	ls_forget ls
	[ ! -e "$T/us-ike.pid" ] || quit us ike
	on us loadConfig -i eth0 -f "$T/flush.conf" &&
		on ls loadConfig -i eth0 -f "$T/flush.conf" || return
	# Without an address: those of eth0, as they come and go.
	# shellcheck disable=SC2086
	ike_on us "$@" $listen
}
printf 'flush;\n' | conf flush >/dev/null

up() { # us|ls
	if [ "$1" = ls ]; then
		# "superseded": we were as fast, and ours stands.
		whack ls --initiate --name net >"$T/whack.log" ||
			grep superseded "$T/whack.log"
		return
	fi
	# It may not have heard of the policies yet.
	for _ in 1 2 3 4 5 6 7 8; do
		on us timeout 20 ike up 10.9.0.2 && return
		on us ike status --json | jq -e '.counters.failed // 0 == 0' \
			>/dev/null || return
		read -r -t 0.05 _ <>"$TICK"
	done
	return 1
}

passes() { # WHAT
	wait_for 5 same_children
	ls_esp ls eth0 >"$T/ls-esp.log" 2>&1
	is "$1" "$(replies "$(on us ping -c 2 -i 0.05 -W 2 -I 10.1.0.1 \
		10.2.0.1)")" 2/2
}
# The SA that we send on is among those that pluto has made.
same_children() {
	local spi
	spi=$(on us ike status --json | jq -r '[.ike[].children[].spi_out] | last')
	grep -q "${spi#0x}" "$T/ls-sa"
}
log() {
	log_of us ike
}


# meet WHAT OPTION...: each side initiates, with traffic
meet() {
	local who
	for who in us ls; do
		check "$1: our ike starts" ours "${@:2}" || return
		check "$1: $who initiates" up $who || return
		passes "$1: ping"
	done
}

# rekeyed WHAT: the SAs replaced by either side
rekeyed() {
	check "$1: they rekey the child" whack ls --rekey-ipsec --name net
	passes "$1: ping"
	check "$1: they rekey the IKE SA" whack ls --rekey-ike --name net
	check "$1: we rekey the child" on us timeout 10 ike rekey 10.9.0.2 child
	passes "$1: ping"
	check "$1: we rekey the IKE SA" on us timeout 10 ike rekey 10.9.0.2 ike
	check "$1: we rekey the child again" \
		on us timeout 10 ike rekey 10.9.0.2 child
	passes "$1: ping"
}

check "pluto starts" ls_start ls --listen-tcp

# --- ciphers and groups: name, theirs for IKE and ESP, ours, properties
CIPHERS="aes_gcm128-sha2_256 aes_gcm128 aes128gcm16-prfsha256 $GCM
aes128-sha2_256 aes128-sha2_256 aes128-sha256 encr_algs aes keylength 16 encr_auth_algs sha256
chacha20_poly1305-sha2_256 chacha20_poly1305 chacha20poly1305-prfsha256 encr_algs chacha20-poly1305"
GROUPS_ALL='dh31-x25519 dh14-modp2048 dh19-ecp256'

pair() { # THEIR_IKE THEIR_ESP OUR_IKE THEIR_GROUP OUR_GROUP
	local what="$1, $4"
	check "$what: pluto takes it" theirs "ike=$1-$4" "esp=$2"
	meet "$what" -p $PSK --ike-proposal "$3-$5"
	[ -z "${LIBRESWAN_ALL:-}" ] || rekeyed "$what"
}

matrix() {
	local i=0 j ike esp mine props g
	while read -r ike esp mine props; do
		check "$ike: missiu starts on both" algs "$props"
		j=0
		for g in $GROUPS_ALL; do
			# Each with one group, unless all are wanted.
			if [ -n "${LIBRESWAN_ALL:-}" ] || [ $j -eq $i ]; then
				pair "$ike" "$esp" "$mine" "${g%-*}" "${g#*-}"
			fi
			j=$((j + 1))
		done
		i=$((i + 1))
	done <<<"$CIPHERS"
}
matrix

# --- rekeying, and deletion by either side
check "missiu starts on both" algs "$GCM"
check "pluto takes the connection" theirs
check "our ike starts" ours -p $PSK
check "we initiate" up us
passes "ping"
rekeyed "rekeying"
check "they end it" whack ls --terminate --name net
we_have_none() {
	! on us ike status | grep -q ESTABLISHED
}
# Deleted by us, that is; what was initiated there is made again at once.
they_know() {
	log_of ls pluto | tail -n +"$1" | grep -q 'must remain up'
}
check "… and we know" wait_for 5 we_have_none
check "… they begin again" up ls
seen=$(log_of ls pluto | wc -l)
check "we end it" on us timeout 10 ike down 10.9.0.2
check "… and they know" wait_for 5 they_know "$seen"

# --- certificates
pki=$T/pki
mkdir "$pki"
# cert NAME GENPKEY-OPTION...: of the host NAME-KIND
cert() {
	local n=$1
	shift
	openssl genpkey -quiet "$@" >"$pki/$n.key" &&
		chmod 600 "$pki/$n.key" && openssl req -new -key "$pki/$n.key" \
		-subj "/O=Test/CN=$n" |
		openssl x509 -req -CA "$pki/ca.pem" -CAkey "$pki/ca.key" \
			-days 365 -extfile <(
				echo "subjectAltName=DNS:${n%-*}.example"
				echo keyUsage=digitalSignature
			) -out "$pki/$n.pem"
}
RSA='-algorithm RSA -pkeyopt rsa_keygen_bits:2048'
EC='-algorithm EC -pkeyopt ec_paramgen_curve'
make_pki() {
	local n d=sql:$T/ls-ls/nss
	# shellcheck disable=SC2086
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$pki/ca.key" \
		-days 3650 -subj /O=Test/CN=ca -out "$pki/ca.pem" \
		-addext keyUsage=critical,keyCertSign,cRLSign &&
		cert us-rsa $RSA && cert us-p256 $EC:P-256 &&
		cert us-p384 $EC:P-384 && cert ls-rsa $RSA &&
		cert ls-p256 $EC:P-256 && cert ls-p384 $EC:P-384 || return
	for n in rsa p256 p384; do
		openssl pkcs12 -export -inkey "$pki/ls-$n.key" -name ls-$n \
			-in "$pki/ls-$n.pem" -passout pass:x \
			-out "$pki/$n.p12" &&
			pk12util -i "$pki/$n.p12" -d "$d" -W x -K "" || return
	done
	certutil -A -n ca -t CT,, -d "$d" -i "$pki/ca.pem" &&
		whack ls --rereadcerts
}
check "certificates" make_pki

# certs OURS THEIRS AUTHBY SAYS [OPTION...]
certs() {
	local what="we $1, they $2"
	check "$what: pluto takes it" theirs "authby=$3" "leftcert=ls-$2" \
		leftid=@ls.example rightid=@us.example rightca=%same \
		leftsendcert=always
	meet "$what" --ike_cert "$pki/us-$1.pem" \
		--ike_keyblob "$pki/us-$1.key" --ike_ca_cert "$pki/ca.pem" \
		--id us.example --ike_peer_host ls.example "${@:5}"
	like "$what: by the signature that was meant" "$(log_of ls pluto)" \
		"authenticated peer '$4"
}
certs rsa rsa rsa-sha2 '2048-bit RSASSA-PSS with SHA2_256'
certs p256 p384 ecdsa-sha2 'P-256 ECDSA with SHA2_256'
if [ -n "${LIBRESWAN_ALL:-}" ]; then
	certs p384 p256 ecdsa-sha2 'P-384 ECDSA with SHA2_384'
	certs rsa rsa rsa-sha1 '2048-bit PKCS#1 1.5 RSA with SHA1' \
		--ike_rsa_sha1 --ike_no_rfc7427
fi

# --- PPK, fragments, no authentication
check "PPK: pluto takes it" theirs ppk=insist
meet "PPK" -p $PSK --ppk $PPK --ppk_id alice --ppk-required
check "fragments: pluto takes it" theirs fragmentation=force
meet "fragments" -p $PSK --fragment-size 256
check "NULL: pluto takes it" theirs authby=null leftid=%null rightid=%null
conf null >/dev/null <<<'peer n { raddr 10.9.0.2 auth null peer_auth null }'
meet "NULL" --config "$T/null.conf"

# --- selectors: who grants the first one only must let replies in (2.9)
check "narrowing: pluto takes it" theirs narrowing=yes
check "narrowing: our ike starts" ours -p $PSK
on us ping -c 1 -W 1 -I 10.1.0.1 10.2.0.1 >/dev/null
passes "narrowing: ping after a ping has asked for the SA"
like "narrowing: it has the packet's selector" "$(log)" \
	'ts_local="10.1.0.1\[icmp\]" ts_remote="10.2.0.1\[icmp\]"'

# --- MOBIKE (RFC 4555): pluto answers updates only to the new address; it dies
# of a new configuration after narrowing
again() {
	quit ls pluto
	ls_start ls --listen-tcp
}
check "pluto starts anew" again
check "MOBIKE: pluto takes it" theirs mobike=yes right=%any leftid=@ls.example \
	rightid=@us.example
check "MOBIKE: our ike starts" ours any -p $PSK --id us.example
check "MOBIKE: we initiate" up us
passes "MOBIKE: ping"
move() { # FROM TO
	on us ip addr del "$1/24" dev eth0 && on us ip addr add "$2/24" dev eth0
}
is_at() {
	on us ike status | grep -q "$1\[4500\] (us.example) === " &&
		log_of ls pluto | grep -q "MOBIKE update remote address.*-> $1:"
}
check "MOBIKE: our address changes" move 10.9.0.1 10.9.0.7
check "MOBIKE: both follow" wait_for 5 is_at 10.9.0.7
check "MOBIKE: we rekey the child there" \
	on us timeout 10 ike rekey 10.9.0.2 child
quit us ike
check "MOBIKE: back again" move 10.9.0.7 10.9.0.1

# --- what we say when it fails
check "another key: pluto takes it" theirs
check "another key: our ike starts" ours -p another-secret
check_not "another key: they initiate" up ls
like "… we explain" "$(log)" 'pre-shared keys differ \(peer is 10.9.0.2\)'
check "another ESP cipher: pluto takes it" theirs esp=aes256-sha2_256
check "another ESP cipher: our ike starts" ours -p $PSK
up ls >/dev/null 2>&1
like "… we explain" "$(log)" 'first difference: encryption \(peer aes256, we aes128gcm16\); add encr_algs aes keylength 32'
# --- over TCP (RFC 9329), IKE alone
check "TCP: pluto takes it" theirs enable-tcp=yes tcp-remoteport=4500
for who in us ls; do
	check "TCP: our ike starts" ours -p $PSK --tcp=always
	check "TCP: $who initiates" up $who
	check "TCP: we rekey the child" on us timeout 10 ike rekey 10.9.0.2 child
	like "TCP: so it is" "$(on us ike status)" 'over TCP'
done
if [ -n "${LIBRESWAN_ALL:-}" ]; then
	check "TCP: answers by UDP get lost" on us nft -f - <<-END
	table inet t { chain i { type filter hook input priority -300
		udp dport { 500, 4500 } drop; }; }
	END
	check "TCP: our ike starts" ours -p $PSK --tcp=fallback
	check "TCP: we fall back" up us
	on us nft delete table inet t
fi
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Revocation lists and OCSP responses by URL: ike-fetch gets them from a web
# server that tells the truth, changes its mind, and does its worst.
#
#	lo 10.1.0.1                                 lo 10.2.0.1
#	[ a ]--eth0 10.9.0.1 ------- 10.9.0.2 eth0--[ b ]
#	    http://127.0.0.1:8080 in each
#
# asan
. "$(dirname "$0")/../lib.sh"
need_root
need jq openssl python3

host a
host b
link a eth0 10.9.0.1/24 b eth0 10.9.0.2/24
addrs a lo 10.1.0.1/32
addrs b lo 10.2.0.1/32

# ---------------------------------------------------------- the authority ---
pki=$T/pki
www=$T/www
mkdir "$pki" "$www"
chmod 755 "$T" "$www"
: >"$pki/index"
echo 01 >"$pki/crlnumber"
cat >"$pki/ca.conf" <<END
[ca]
default_ca=x
[x]
database=$pki/index
crlnumber=$pki/crlnumber
default_md=sha256
certificate=$pki/ca.pem
private_key=$pki/ca.key
default_crl_days=30
END
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	-keyout "$pki/ca.key" -out "$pki/ca.pem" -days 30 -subj /CN=CA \
	-addext keyUsage=critical,keyCertSign,cRLSign 2>"$T/openssl.log"
for h in a b; do
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
		-keyout "$pki/$h.key" -subj /CN=$h 2>>"$T/openssl.log" |
		openssl x509 -req -CA "$pki/ca.pem" -CAkey "$pki/ca.key" \
			-set_serial "0x0$h" -days 30 -extfile <(
				echo "subjectAltName=DNS:$h.example"
			) -out "$pki/$h.pem" 2>>"$T/openssl.log"
	chmod 600 "$pki/$h.key"
done
# index: the responder of openssl ocsp knows whom this names
known() { # STATUS SERIAL CN
	printf '%s\t491231235959Z\t%s\t%s\tunknown\t/CN=%s\n' "$1" \
		"$([ "$1" = V ] || date -u +%y%m%d%H%M%SZ)" "$2" "$3"
}
list() { # a new list of what the index says
	openssl ca -config "$pki/ca.conf" -gencrl 2>>"$T/openssl.log" |
		openssl crl -outform DER -out "$www/new" &&
		mv "$www/new" "$www/list.crl"
}
{ known V 0A a && known V 0B b; } >"$pki/index"
list
cp "$www/list.crl" "$T/first.crl"
cat >"$www/answer" <<END
#!/bin/sh
exec openssl ocsp -index "$pki/index" -CA "$pki/ca.pem" -rsigner "$pki/ca.pem" \
	-rkey "$pki/ca.key" -reqin asked.der -respout /dev/stdout -ndays 1 2>>"$T/openssl.log"
END
chmod 755 "$www/answer"

for h in a b; do
	bg $h www python3 "$ROOT/tests/netns/fetch_server.py" 8080 "$www"
	wait_log 10 $h www serving
done

# ------------------------------------------------------------------ hosts ---
declare -A ADDR=([a]=10.9.0.1 [b]=10.9.0.2) NET=([a]=10.1.0.0/24 [b]=10.2.0.0/24)
write_conf() { # HOST OTHER WHAT...
	local h=$1 o=$2
	cat >"$T/$h.conf" <<END
peer $o {
	raddr ${ADDR[$o]} id $h.example peer_id $o.example
	cert $pki/$h.pem key $pki/$h.key ca $pki/ca.pem
	${@:3}
}
{ laddr ${NET[$h]} raddr ${NET[$o]} } ipsec { encr_algs gcm
	tladdr ${ADDR[$h]} traddr ${ADDR[$o]} peer $o }
END
}
write_conf a b 'crl_policy strict crl "http://127.0.0.1:8080/list.crl"'
write_conf b a crl_policy soft
for h in a b; do
	check "$h: missiu" on $h missiu -i eth0 -l "$T/$h-missiu.log" --auto start
	check "$h: policies" on $h loadConfig --no-ike -f "$T/$h.conf"
	check "$h: ike" ike_on $h --config "$T/$h.conf" ${ADDR[$h]}
done
revocation() { # HOST JQ: of ike status
	on "$1" ike status --json | jq -r ".revocation[0]$2"
}
reads() { # HOST JQ VALUE
	[ "$(revocation "$1" "$2")" = "$3" ]
}
loads() { # HOST: how often it has read its peers
	log_of "$1" ike | grep -c 'peers=1 from'
}
loaded() { # HOST N
	[ "$(loads "$1")" -gt "$2" ]
}
again() { # HOST: it reads its peers anew
	local n
	n=$(loads "$1")
	on "$1" kill -HUP "$(pid_of "$1" ike)"
	wait_for 10 loaded "$1" "$n"
}
reload() { # WHAT...: a with another statement
	write_conf a b "$@"
	again a
}
try() { # a tries to reach b anew
	on a ike down b >"$T/down.out" 2>&1
	on a timeout 20 ike up b
}

# ------------------------------------------------------------------- lists ---
check "the list comes" wait_for 10 reads a .number 1
like "status is for people too" "$(on a ike status)" \
	'"CN=CA", number 1, next update 20.* fetched [0-9]+ s ago'
fetchers=$(on a pgrep -x ike-fetch | wc -l)
is "two helpers: for lists, and for questions about peers" "$fetchers" 2
fetcher=$(on a pgrep -ox ike-fetch)
is "the helper is nobody" "$(on a awk '/^[UG]id/ { print $2, $3, $4, $5 }' \
	"/proc/$fetcher/status" | sort -u)" "65534 65534 65534 65534"
is "without capabilities, for ever" "$(on a awk \
	'/^CapEff|^NoNewPrivs/ { print $2 }' "/proc/$fetcher/status" | xargs)" \
	"0000000000000000 1"
is "and with no file but its socket" \
	"$(on a find "/proc/$fetcher/fd" -lname 'socket:*' | wc -l)" 1
check "strict is content" try
check "packets pass" on a ping -qc1 -W5 -I 10.1.0.1 10.2.0.1

{ known V 0A a && known R 0B b; } >"$pki/index"
list
again a
check "a newer list is taken when peers are loaded again" \
	wait_for 10 reads a .number 2
check_not "the revoked is refused" try
like "with a line that says so" "$(log_of a ike)" \
	'certificate of "CN=b" was revoked by "CN=CA"'

# ------------------------------------------------------ who does its worst ---
cp "$T/first.crl" "$www/list.crl"
again a
check "an older list is not taken back" wait_log 10 a ike \
	'list.crl failed: .* older than the one we have'
is "the newer one stays" "$(revocation a .number)" 2
check_not "and the revoked is refused" try

head -c 5000 /dev/urandom >"$www/garbage"
while read -r name why; do
	reload "crl_policy strict crl \"http://127.0.0.1:8080/$name\""
	check "$name: one line says why" wait_log 25 a ike \
		"fetching http://127.0.0.1:8080/$name failed: $why; next attempt"
	check "$name: ike answers meanwhile" on a ike status
done <<END
garbage found no revocation list, expected one in DER or PEM
endless more than 1048576 bytes
nothing the server says 404
elsewhere .*rotocol
END
check_not "strict refuses without a list" try
like "with a line that says so" "$(log_of a ike)" \
	'no revocation list of "CN=CA" says anything about "CN=b", and the policy is strict'

reload 'crl_policy soft crl "http://127.0.0.1:8080/slow"'
t0=${EPOCHREALTIME/./}
check "soft goes on without, while a slow server dribbles" try
is "at once" "$(((${EPOCHREALTIME/./} - t0) / 8000000))" 0
check "which is given up after ten seconds" wait_log 20 a ike \
	'slow failed: not complete after 10 s'

{ known V 0A a && known V 0B b; } >"$pki/index"
list
reload 'crl_policy strict crl "http://127.0.0.1:8080/moved"'
check "a redirect to the same scheme is followed" wait_for 10 reads a .number 3
check "strict is content again" try

on a kill -KILL "$(on a pgrep -ox ike-fetch)"
list
again a
check "a helper that was killed is noticed" wait_log 10 a ike 'moved failed: '
again a
check "and started again" wait_for 10 reads a .number 4

# -------------------------------------------------------------------- OCSP ---
write_conf b a 'crl_policy soft ocsp "http://127.0.0.1:8080/"'
again b
check "b has a response about itself" wait_log 10 b ike \
	'OCSP response of "CN=b" fetched'
reload crl_policy strict
check "strict is content with what b hands over" try
{ known V 0A a && known R 0B b; } >"$pki/index"
again b
check "b hears that it is revoked" wait_log 10 b ike \
	'our certificate "CN=b" is revoked'
check_not "and has nothing good to hand over" try

# ------------------------------------------- a asks about b's certificate ---
write_conf b a crl_policy off
again b
asks() { # POLICY URL: a reads its peers and tries
	reload "crl_policy $1 peer_ocsp \"http://127.0.0.1:8080/$2\""
	try
}
check_not "a asks, hears that b is revoked, and refuses" asks strict ''
like "with a line that says so" "$(log_of a ike)" \
	'"CN=b" was revoked by "CN=CA", as its OCSP responder says'
{ known V 0A a && known V 0B b; } >"$pki/index"
check "another responder is asked anew, and strict is content" asks strict 2
rm "$www/answer"
check "the answer is kept" try
check_not "strict refuses without an answer" asks strict 3
like "with the reason" "$(log_of a ike)" \
	'policy is strict: http://127.0.0.1:8080/3: '
check "soft goes on" asks soft 3

for h in a b; do
	on $h kill "$(pid_of $h ike)"
	check "$h: ike ends" wait_for 5 gone $h ike
	check_not "$h: and its helper with it" wait_for 1 on $h pgrep -x ike-fetch
done
finish

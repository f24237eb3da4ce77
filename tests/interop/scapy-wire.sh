#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A running missiu with manual keys, and scapy in place of a peer: scapy sends
# an echo request in ESP, the host answers, scapy opens the answer.
#
#	[ us: missiu ]--eth0 10.9.0.1, fd09::1 ------- eth0--[ peer: scapy ]
#	  lo 10.1.0.1, fd01::1                      10.9.0.2, fd09::2 (no kernel
#	                                            addresses: scapy is the host)
. "$(dirname "$0")/../lib.sh"
need_root
need tcpdump
"$PY" -c 'import scapy' 2>/dev/null || need "python3-scapy"

host us
host peer
link us eth0 10.9.0.1/24,fd09::1/64 peer eth0 ""
addrs us lo 10.1.0.1/32,fd01::1/128
on peer sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1
mac=$(on peer cat /sys/class/net/eth0/address)
for a in 10.9.0.2 fd09::2; do
	on us ip neigh replace $a lladdr "$mac" dev eth0 nud permanent
done
umac=$(on us cat /sys/class/net/eth0/address)

E=0x000102030405060708090a0b0c0d0e0f
A1=0x101112131415161718191a1b1c1d1e1f20212223
A2=0x101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f
check "missiu starts" on us missiu -i eth0 --auto -l "$T/us-missiu.log" start

while read -r name mode local remote props keys; do
	tun=
	case $mode in
	tunnel) tun="tladdr 10.9.0.1 traddr 10.9.0.2" ;;
	tunnel6) tun="tladdr fd09::1 traddr fd09::2" ;;
	esac
	src=10.9.0.1 dst=10.9.0.2
	case $mode in *6) src=fd09::1 dst=fd09::2 ;; esac
	conf us >/dev/null <<-END
	flush; spdflush;
	{ laddr $local raddr $remote } ipsec { ${props//,/ } $tun }
	add $src $dst esp 0x2002 -m ${mode%6} $keys;
	add $dst $src esp 0x2001 -m ${mode%6} $keys;
	END
	check "$name $mode: loads" on us loadConfig -f "$T/us.conf" || continue
	check "$name $mode: echo through both" on peer timeout 20 \
		"$PY" "$ROOT/tests/interop/scapy_echo.py" eth0 "$umac" \
		"$name" "$mode" "$local" "$remote" "$src" "$dst" "$keys"
done <<END
cbc-sha1 transport 10.9.0.1 10.9.0.2 encr_algs,aes,encr_auth_algs,sha1 -E aes-cbc $E -A hmac-sha1 $A1
cbc-sha1 tunnel 10.1.0.1 10.2.0.1 encr_algs,aes,encr_auth_algs,sha1 -E aes-cbc $E -A hmac-sha1 $A1
cbc-sha256 transport6 fd09::1 fd09::2 encr_algs,aes,encr_auth_algs,sha256 -E aes-cbc $E -A hmac-sha256 $A2
cbc-sha256 tunnel6 fd01::1 fd02::1 encr_algs,aes,encr_auth_algs,sha256 -E aes-cbc $E -A hmac-sha256 $A2
null-sha256 transport 10.9.0.1 10.9.0.2 encr_auth_algs,sha256 -A hmac-sha256 $A2
END

check "missiu stops" on us missiu -i eth0 stop
check "nothing is left" nothing_left us
finish

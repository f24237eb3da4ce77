#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# A running missiu with manual keys for AH, and scapy in place of a peer: scapy
# sends an echo request in AH, the host answers, scapy opens the answer.
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

A1=0x101112131415161718191a1b1c1d1e1f20212223
A2=0x101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f
A3=0x101112131415161718191a1b1c1d1e1f
check "missiu starts" on us missiu -i eth0 --auto -l "$T/us-missiu.log" start

while read -r name word hash key; do
	while read -r mode src dst local remote; do
		tun=
		[ "$mode" = transport ] || tun="tladdr $src traddr $dst"
		conf us >/dev/null <<-END
		flush; spdflush;
		{ laddr $local raddr $remote } ipsec { auth_algs $word $tun }
		add $src $dst ah 0x2002 -m $mode -A $hash $key;
		add $dst $src ah 0x2001 -m $mode -A $hash $key;
		END
		check "$name $mode $src: loads" \
			on us loadConfig -f "$T/us.conf" || continue
		check "$name $mode $src: echo through both" \
			on peer timeout 20 "$PY" \
			"$ROOT/tests/interop/scapy_ah_echo.py" eth0 "$umac" \
			"$name" "$mode" "$local" "$remote" "$src" "$dst" "$key"
	done <<-END
	transport 10.9.0.1 10.9.0.2 10.9.0.1 10.9.0.2
	transport fd09::1 fd09::2 fd09::1 fd09::2
	tunnel 10.9.0.1 10.9.0.2 10.1.0.1 10.2.0.1
	tunnel fd09::1 fd09::2 fd01::1 fd02::1
	tunnel 10.9.0.1 10.9.0.2 fd01::1 fd02::1
	END
done <<END
sha1 sha1 hmac-sha1 $A1
sha256 sha256 hmac-sha256 $A2
cmac aes-cmac aes-cmac $A3
END

check "missiu stops" on us missiu -i eth0 stop
check "nothing is left" nothing_left us
finish

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Virtual addresses with strongSwan: it gets one of our pool, we get one of its
# pool, IPv4 and IPv6, with traffic; coming back gets the same one; empty
# pools, and a side that assigns nothing.
#
#	lo 10.1.0.1, fd01::1                        lo 10.2.0.1, fd02::1
#	[ us ]--eth0 10.9.0.1 ------- 10.9.0.2 eth0--[ ss: strongSwan ]
#	   tap0                                      ipsec0
#
# asan
. "$(dirname "$0")/../lib.sh"
. "$(dirname "$0")/../lib-strongswan.sh"
need_root
need jq
need_strongswan

host us
host ss
link us eth0 10.9.0.1/24 ss eth0 10.9.0.2/24
addrs us lo 10.1.0.1/32,fd01::1/128
addrs ss lo 10.2.0.1/32,fd02::1/128
PSK='a shared secret'
# shellcheck disable=SC2034 # for ss_start
SS_CHARON='install_virtual_ip = yes'
check "strongSwan starts" ss_start ss

# ours POLICIES...: a suite with the peer statement of standard input
ours() {
	{
		cat
		printf '%s\n' "$@"
	} | conf us >/dev/null
	on us missiu -i eth0 -l "$T/us-missiu.log" --auto start \
		>"$T/us-missiu.out.log" 2>&1 &&
		on us loadConfig --no-ike -f "$T/us.conf" &&
		ike_on us --config "$T/us.conf" 10.9.0.1
}
end() {
	swan ss --terminate --ike home --timeout 2 >/dev/null 2>&1
	quit us ike
	check "missiu ends" on us missiu -i eth0 stop
	on us rm -f /run/ike.leases.eth0
}

# theirs CONNECTION-SETTINGS CHILD-SETTINGS [POOLS]: strongSwan's connection
theirs() {
	ss_load ss <<-END
	connections {
		home {
			local_addrs = 10.9.0.2
			remote_addrs = 10.9.0.1
			proposals = aes128gcm16-prfsha256-x25519
			$1
			local {
				auth = psk
				id = rw.example.org
			}
			remote {
				auth = psk
				id = gw.example.org
			}
			children {
				net {
					esp_proposals = aes128gcm16-x25519
					$2
				}
			}
		}
	}
	pools {
		${3:-}
	}
	secrets {
		ike-x {
			secret = $PSK
		}
	}
	END
}
ss_vips() { # the addresses that strongSwan has got
	swan ss --list-sas --raw |
		grep -oE 'local-vips=\[[^]]*\]' | tail -n1 | sed 's/.*\[//; s/\]//'
}
vip() { # FAMILY: the address on our TAP
	on us ip -o -"$1" addr show dev tap0 scope global |
		sed -nE 's/.* inet6? ([^ /]+).*/\1/p'
}
has_vip() {
	[ -n "$(vip 4)" ]
}
pings() { # WHAT HOST ARGUMENT...
	local what=$1 out
	shift
	out=$(on "$1" ping -c 3 -i 0.1 -W 3 "${@:2}")
	is "$what" "$(replies "$out")" 3/3 || note "$out"
}

# ------------------------------------------------------------ our pool ---
pool='pool 10.20.0.0/28 pool fd20::/112'
peer="peer road { id gw.example.org peer_id rw.example.org psk \"$PSK\""
both=('{ laddr 10.1.0.0/16 raddr 10.20.0.0/28 } ipsec { encr_algs gcm
	tladdr 10.9.0.1 peer road }'
	'{ laddr fd01::/64 raddr fd20::/112 } ipsec { encr_algs gcm
	tladdr 10.9.0.1 peer road }')
check "our gateway" ours "${both[@]}" <<<"$peer $pool dns 10.1.0.53
	split_dns corp.example subnet 10.1.0.0/16 }"
check "strongSwan is told to ask" theirs 'vips = 0.0.0.0, ::' \
	'remote_ts = 10.1.0.0/16'
check "it connects" swan ss --initiate --child net --timeout 10
first=$(ss_vips)
like "it has an IPv4 address of the pool" "$first" '10\.20\.0\.[0-9]+'
like "and an IPv6 address" "$first" 'fd20::'
v4=$(grep -oE '10\.20\.0\.[0-9]+' <<<"$first")
pings "it reaches us" ss -I "$v4" 10.1.0.1
pings "we reach it" us -I 10.1.0.1 "$v4"
check "it rekeys the child" swan ss --rekey --child net
check "it rekeys the IKE SA" swan ss --rekey --ike home
pings "it still reaches us" ss -I "$v4" 10.1.0.1
is "it has the same addresses" "$(ss_vips)" "$first"
check "we rekey both" on us ike rekey road
pings "we still reach it" us -I 10.1.0.1 "$v4"
check "it ends" swan ss --terminate --ike home --timeout 5
check "it comes back" swan ss --initiate --child net --timeout 10
is "it has its addresses again" "$(ss_vips)" "$first"
pings "it reaches us again" ss -I "$v4" 10.1.0.1
check "strongSwan asks for nothing" theirs '' 'remote_ts = 10.1.0.0/16'
swan ss --terminate --ike home --timeout 2 >/dev/null 2>&1
check_not "it gets no child" swan ss --initiate --child net --timeout 5
like "it hears why" "$(cat "$T/ss-charon.log")" 'FAILED_CP_REQUIRED'
check "strongSwan asks for another family" theirs 'vips = ::' \
	'remote_ts = fd01::/64'
swan ss --terminate --ike home --timeout 2 >/dev/null 2>&1
check "it connects with IPv6 alone" swan ss --initiate --child net --timeout 10
pings "it reaches us by IPv6" ss -I "$(ss_vips)" fd01::1
end
check "a gateway for IPv4 alone" ours "${both[0]}" \
	<<<"$peer pool 10.20.0.0/28 }"
check_not "no address, no child" swan ss --initiate --child net --timeout 5
like "it hears why" "$(cat "$T/ss-charon.log")" 'INTERNAL_ADDRESS_FAILURE'
end

# ----------------------------------------------------------- their pool ---
pools='p4 {
			addrs = 10.30.0.0/28
			dns = 10.2.0.53
			subnet = 10.2.0.0/16
		}
		p6 {
			addrs = fd30::/112
		}'
peer="peer home { raddr 10.9.0.2 id gw.example.org peer_id rw.example.org
	psk \"$PSK\""
go='{ raddr 10.2.0.0/16 } ipsec { encr_algs gcm traddr 10.9.0.2 peer home }'
check "strongSwan has pools" theirs 'pools = p4, p6' \
	'local_ts = 10.2.0.0/16, fd02::/64' "$pools"
check "we ask for both families" ours "$go" <<<"$peer request_address both }"
check "up" on us ike up home
check "we have an address" wait_for 10 has_vip
v4=$(vip 4) v6=$(vip 6)
like "of its pool" "$v4" '^10\.30\.0\.[0-9]+$'
like "and an IPv6 address" "$v6" '^fd30::'
like "a route to its network" "$(on us ip route)" \
	"^10\.2\.0\.0/(16|17) .*tap0 .*src $v4"
pings "we reach it" us 10.2.0.1
is "from that address" "$(on us ip -j route get 10.2.0.1 |
	jq -r '.[0].prefsrc')" "$v4"
pings "it reaches us" ss -I 10.2.0.1 "$v4"
check "we rekey both" on us ike rekey home
pings "we still reach it" us 10.2.0.1
check "it rekeys the IKE SA" swan ss --rekey --ike home
pings "we still reach it after that" us 10.2.0.1
is "the same address" "$(vip 4)" "$v4"
check "down" on us ike down home
is "nothing on the TAP" "$(vip 4)$(vip 6)" ""
check "up again" on us ike up home
check "we have an address again" wait_for 10 has_vip
is "it is the same" "$(vip 4) $(vip 6)" "$v4 $v6"
pings "we reach it again" us 10.2.0.1
end
check "strongSwan has no pool" theirs '' 'local_ts = 10.2.0.0/16'
check "we ask all the same" ours "$go" <<<"$peer request_address v4 }"
check_not "up fails" on us ike up home
check "we say what is missing" wait_log 10 us ike \
	'INTERNAL_ADDRESS_FAILURE|assigns no address'
is "nothing on the TAP" "$(vip 4)$(vip 6)" ""
end
check "nothing is left" nothing_left us
finish

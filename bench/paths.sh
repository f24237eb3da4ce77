# SPDX-License-Identifier: Apache-2.0
# The paths that are measured: a pair of hosts each, so that all can be up at
# once. The bare wires share one pair.
#
#	[ P-a ]--eth0 10.9.0.1 --------- 10.9.0.2 eth0--[ P-b ]
#	    lo 10.1.0.1   == tunnel mode ==   lo 10.2.0.1
#
# A path that can't be had is absent, with a reason, and the others go on.
#
# shellcheck shell=bash disable=SC2034
PSK=swordfish-swordfish
IKE_SUITE=aes128gcm16-prfsha256-ecp256

# Of each path: where it runs, the server's address and the client's (and a
# second pair for another tunnel of the same hosts), the program that carries it.
PATHS=()
declare -A CLIENT SERVER TO FROM TO2 FROM2 DAEMON ABSENT NOTE TITLE

# path NAME TITLE DAEMON BUILDER [ARGUMENT...]: a line of the report
path() {
	local name=$1 daemon=$3 why
	TITLE[$name]=$2
	wanted "$name" || return 0
	shift 3
	PATHS+=("$name")
	DAEMON[$name]=$daemon
	CLIENT[$name]=$name-a SERVER[$name]=$name-b
	TO[$name]=10.2.0.1 FROM[$name]=10.1.0.1
	why=
	"$@" "$name" && answers "$name" && return
	ABSENT[$name]=${why:-does not come up}
	echo "bench: $name: ${ABSENT[$name]}" >&2
	[ "$daemon" != missiu ] || BROKEN=1
}
BROKEN=

answers() { # NAME
	on "${CLIENT[$1]}" ping -q -c 3 -i 0.3 -W 5 -I "${FROM[$1]}" "${TO[$1]}" \
		>/dev/null
}

# Without arguments of the script all paths, else those named.
wanted() { # NAME
	[ ${#WANTED[@]} -eq 0 ] || [[ " ${WANTED[*]} " == *" $1 "* ]]
}

pair() { # NAME: its hosts, the wire and networks behind them
	host "$1-a"
	host "$1-b"
	link "$1-a" eth0 10.9.0.1/24 "$1-b" eth0 10.9.0.2/24
	addrs "$1-a" lo 10.1.0.1/32,10.1.1.1/32
	addrs "$1-b" lo 10.2.0.1/32,10.2.1.1/32
}

bare() { # [offload off] NAME
	local name=$1 plain=
	[ $# -eq 1 ] || name=$2 plain=$1
	pair "$name"
	TO[$name]=10.9.0.2 FROM[$name]=10.9.0.1
	[ -z "$plain" ] || {
		on "$name-a" "$PY" "$ROOT/tests/netns/no_offload.py" eth0
		on "$name-b" "$PY" "$ROOT/tests/netns/no_offload.py" eth0
	}
}

# Nothing but the kernel's interfaces: see relay.c.
relay() { # NAME
	local h n=1
	pair "$1"
	for h in "$1-a" "$1-b"; do
		bg "$h" relay "$RELAY" tun0 10.9.0.$n 10.9.0.$((3 - n))
		wait_log 5 "$h" relay ready || return
		on "$h" ip link set tun0 mtu 1400 up
		on "$h" ip route add 10.$((3 - n)).0.0/16 dev tun0 src 10.$n.0.1
		n=2
	done
}

# -------------------------------------------------------------------- ours ---

# ours START ENCAP POLICY-OF-A POLICY-OF-B NAME: START are the words to start
# with, ENCAP is udp or none
ours() {
	local start encap=$2 name=$5 i h p force=
	read -ra start <<<"$1"
	pair "$name"
	[ "$encap" != udp ] || force=--encap=udp
	for i in 1 2; do
		h=$name-a p=$3
		[ $i -eq 1 ] || h=$name-b p=$4
		on "$h" missiu -i eth0 -l "$T/$h-missiu.log" --auto "${start[@]}" \
			>"$T/$h-missiu.out.log" 2>&1 &&
			on "$h" loadConfig -f "$(conf "$h" <<<"$p")" \
				>"$T/$h-loadConfig.log" 2>&1 &&
			ike_on "$h" $force -p $PSK "10.9.0.$i" ||
			{ why="missiu or ike does not start" && return 1; }
	done
	answers "$name" && [ "$(encap_of "$name")" = "$encap" ] ||
		{ why="no SA with encapsulation $encap" && return 1; }
	NOTE[$name]="back end $(status_of "$name-a" .backend)"
}

status_of() { # HOST JQ-EXPRESSION
	on "$1" missiu status --json | jq -r "$2"
}

encap_of() { # NAME: what the last SA out uses
	status_of "$1-a" '[.sas[] | select(.dir == "out")][-1] |
		if .encap_dport then "udp" else "none" end'
}

net_policy() { # OUTER-LOCAL OUTER-REMOTE LOCAL-NET REMOTE-NET ALGORITHMS
	echo "{ laddr $3 raddr $4 } ipsec { $5 tladdr $1 traddr $2 }"
}

tunnel() { # START ENCAP ALGORITHMS NAME
	ours "$1" "$2" \
		"$(net_policy 10.9.0.1 10.9.0.2 10.1.0.0/24 10.2.0.0/24 "$3")" \
		"$(net_policy 10.9.0.2 10.9.0.1 10.2.0.0/24 10.1.0.0/24 "$3")" \
		"$4"
}

# Two tunnels of one missiu: 10.1.0.1 to 10.2.0.1, and 10.1.1.1 to 10.2.1.1.
two_tunnels() { # START ENCAP ALGORITHMS NAME
	local n a='' b=''
	TO2[$4]=10.2.1.1 FROM2[$4]=10.1.1.1
	for n in 0 1; do
		a+=$(net_policy 10.9.0.1 10.9.0.2 10.1.$n.0/24 10.2.$n.0/24 "$3")$'\n'
		b+=$(net_policy 10.9.0.2 10.9.0.1 10.2.$n.0/24 10.1.$n.0/24 "$3")$'\n'
	done
	ours "$1" "$2" "$a" "$b" "$4"
}

transport() { # START ALGORITHMS NAME
	TO[$3]=10.9.0.2 FROM[$3]=10.9.0.1
	ours "$1" none "{ raddr 10.9.0.2 } ipsec { $2 }" \
		"{ raddr 10.9.0.1 } ipsec { $2 }" "$3"
}

# SPDX-License-Identifier: Apache-2.0
# Other user-space tunnels over the same pair of hosts, as their packages come:
# no kernel offload for any (openvpn: no DCO; WireGuard: the Go program).
#
# shellcheck shell=bash disable=SC2034

installed() { # PROGRAM...
	local p
	for p in "$@"; do
		command -v "$p" >/dev/null ||
			{ why="$p is not installed" && return 1; }
	done
}

strongswan() { # ESP-PROPOSAL NAME
	installed swanctl charon-systemd || return
	pair "$2"
	ss_start "$2-a" && ss_start "$2-b" &&
		ss_load "$2-a" < <(ss_conn 10.9.0.1 10.9.0.2 \
			10.1.0.0/24 10.2.0.0/24 $IKE_SUITE "$1" $PSK) &&
		ss_load "$2-b" < <(ss_conn 10.9.0.2 10.9.0.1 \
			10.2.0.0/24 10.1.0.0/24 $IKE_SUITE "$1" $PSK) &&
		swan "$2-a" --initiate --child net --timeout 10 >/dev/null 2>&1
}

wireguard() { # NAME
	local h
	installed wireguard-go wg || return
	pair "$1"
	for h in a b; do
		(umask 077 && wg genkey >"$T/$1-$h.key")
		wg pubkey <"$T/$1-$h.key" >"$T/$1-$h.pub"
	done
	wireguard_end "$1" a 10.1.0.1 b 10.9.0.2 10.2.0.0/24 &&
		wireguard_end "$1" b 10.2.0.1 a 10.9.0.1 10.1.0.0/24
}

wireguard_end() { # NAME END LOCAL-ADDRESS PEER PEER-OUTER PEER-NET
	local h=$1-$2
	bg "$h" wireguard wireguard-go -f wg0
	wait_for 10 on "$h" wg show wg0 &&
		on "$h" wg set wg0 listen-port 51820 private-key "$T/$h.key" \
			peer "$(cat "$T/$1-$4.pub")" allowed-ips "$6" \
			endpoint "$5:51820" &&
		on "$h" ip link set wg0 up &&
		on "$h" ip route add "$6" dev wg0 src "$3"
}

# A self-signed certificate for each end; each knows the other's fingerprint.
openvpn_pair() { # NAME
	local h
	installed openvpn openssl || return
	pair "$1"
	for h in a b; do
		openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \
			-noenc -days 2 -subj "/CN=$h" -keyout "$T/$1-$h.key" \
			-out "$T/$1-$h.pem" 2>/dev/null &&
			openssl x509 -noout -fingerprint -sha256 \
				-in "$T/$1-$h.pem" | cut -d= -f2 \
				>"$T/$1-$h.print" || return
	done
	openvpn_end "$1" b a 10.9.0.1 10.2.0.1 10.1.0.1 --tls-server --dh none &&
		openvpn_end "$1" a b 10.9.0.2 10.1.0.1 10.2.0.1 --tls-client &&
		wait_log 20 "$1-a" openvpn 'Initialization Sequence Completed'
}

# The tunnel has the addresses itself: they move from lo.
openvpn_end() { # NAME END PEER PEER-OUTER LOCAL REMOTE OPTION...
	local h=$1-$2 peer=$1-$3 outer=$4 local=$5 remote=$6
	shift 6
	on "$h" ip addr del "$local/32" dev lo
	bg "$h" openvpn openvpn --dev tun0 --proto udp --port 1194 \
		--remote "$outer" --ifconfig "$local" "$remote" "$@" \
		--cert "$T/$h.pem" --key "$T/$h.key" \
		--peer-fingerprint "$(cat "$T/$peer.print")" \
		--data-ciphers AES-256-GCM --disable-dco
}

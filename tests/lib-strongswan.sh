# SPDX-License-Identifier: Apache-2.0
# strongSwan with its user-space ESP (kernel-libipsec) on a host of lib.sh.
# ESP is always in UDP 4500; its TUN is ipsec0. Own /run, own /etc/swanctl.
#
# shellcheck shell=bash disable=SC2016

SS_PLUGINS='random nonce openssl aes sha1 sha2 hmac kdf gcm chapoly pem pkcs1
	curve25519 kernel-libipsec kernel-netlink socket-default vici updown'

need_strongswan() {
	need swanctl charon-systemd
}

# ss_start HOST [PLUGIN OPTION...]: the daemon, with an empty configuration.
# Waits until it answers.
ss_start() {
	local h=$1 d=$T/$1-swan
	mkdir -p "$d/swanctl/conf.d"
	cat >"$d/strongswan.conf" <<-END
	charon-systemd {
		load = ${SS_PLUGINS//[$'\n\t']/ }
		install_virtual_ip = no
		retransmit_timeout = 1.0
		${SS_CHARON:-}
		plugins {
			kernel-libipsec {
				allow_peer_ts = yes
			}
			vici {
				socket = unix:///run/charon.vici
			}
		}
		journal {
			default = -1
		}
		filelog {
			out {
				path = $d/charon.log
				default = 1
				flush_line = yes
				${SS_LOG:-cfg = 1}
			}
		}
	}
	swanctl {
		plugins {
			vici {
				socket = unix:///run/charon.vici
			}
		}
	}
	END
	on "$h" mount --bind "$d/swanctl" /etc/swanctl || return
	bg "$h" swan env STRONGSWAN_CONF="$d/strongswan.conf" \
		/usr/sbin/charon-systemd
	ln -sf "$d/charon.log" "$T/$h-charon.log"
	wait_for 20 on "$h" test -S /run/charon.vici &&
		wait_for 20 swan "$h" --stats
}

# swan HOST ARGUMENT...: swanctl there
swan() {
	local h=$1
	shift
	on "$h" timeout 30 env STRONGSWAN_CONF="$T/$h-swan/strongswan.conf" \
		swanctl "$@"
}

# ss_load HOST: swanctl.conf from standard input
ss_load() {
	cat >"$T/$1-swan/swanctl/swanctl.conf"
	swan "$1" --load-all --noprompt >"$T/$1-load.log" 2>&1
}

# ss_conn LOCAL REMOTE LOCAL_TS REMOTE_TS IKE_PROPOSAL ESP_PROPOSAL PSK
# prints a swanctl.conf with one connection "net" and one child "net"
ss_conn() {
	cat <<-END
	connections {
		net {
			version = 2
			local_addrs = $1
			remote_addrs = $2
			proposals = $5
			local {
				auth = psk
				id = $1
			}
			remote {
				auth = psk
				id = $2
			}
			children {
				net {
					local_ts = $3
					remote_ts = $4
					esp_proposals = $6
					mode = tunnel
				}
			}
		}
	}
	secrets {
		ike-net {
			id-1 = $1
			id-2 = $2
			secret = $7
		}
	}
	END
}

ss_stop() {
	quit "$1" swan
}

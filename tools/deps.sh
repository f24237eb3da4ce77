#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# deps.sh [test|bench]: installs the Debian packages that are missing: those to
# build and run the demo, with "test" also the tools and peers of the tests, with
# "bench" also the other tunnels of make bench. Says nothing when all is there.
# Never starts a service.
set -u

BUILD=(
	build-essential pkg-config libssl-dev libevent-dev libmnl-dev
	libnftables-dev libjansson-dev libcap-ng-dev libseccomp-dev
	libcurl4-openssl-dev
	iproute2 iputils-ping net-tools procps tcpdump util-linux jq
)
# Optional at build time and only for this processor.
[ "$(dpkg --print-architecture 2>/dev/null)" != amd64 ] ||
	BUILD+=(libipsec-mb-dev)
TEST=(
	clang clang-format llvm libcmocka-dev shellcheck man-db git
	strongswan-swanctl charon-systemd libcharon-extra-plugins
	libstrongswan-extra-plugins libstrongswan-standard-plugins
	python3 python3-scapy python3-cryptography
	tshark iperf3 nftables
	libnss3-tools libldns3 libunbound8 libcurl3-nss libldap-2.5-0
	libaudit1 libevent-pthreads-2.1-7
)
# Its package conflicts with strongSwan's: unpacked, never installed.
LIBRESWAN=${LIBRESWAN:-/opt/libreswan}
BENCH=(wireguard-go wireguard-tools openvpn openssl)

if ! command -v apt-get >/dev/null; then
	echo "deps: this is no Debian system; install what doc/ and" \
		"tools/deps.sh name, then go on" >&2
	exit 0
fi

want=("${BUILD[@]}")
case ${1:-} in
"") ;;
test) want+=("${TEST[@]}") ;;
bench) want+=("${TEST[@]}" "${BENCH[@]}") ;;
*) echo "usage: tools/deps.sh [test|bench]" >&2 && exit 2 ;;
esac

installed() {
	dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' 2>/dev/null |
		awk '$1 == "ii" { print $2 }'
}
have=$(installed)
missing=()
for p in "${want[@]}"; do
	grep -qx -- "$p" <<<"$have" || missing+=("$p")
done
unpack=
[ -z "${1:-}" ] || [ -x "$LIBRESWAN/usr/libexec/ipsec/pluto" ] ||
	unpack=libreswan
[ ${#missing[@]} -gt 0 ] || [ -n "$unpack" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
	echo "deps: missing packages; as root:" >&2
	echo "  apt-get install --no-install-recommends ${missing[*]}" >&2
	[ -z "$unpack" ] ||
		echo "  apt-get download $unpack && dpkg -x $unpack*.deb $LIBRESWAN" >&2
	exit 1
fi

echo "deps: installing ${missing[*]} $unpack"
# Packages of daemons start them when installed; 101 means "not allowed".
POLICY=/usr/sbin/policy-rc.d
OURS=
if [ ! -e $POLICY ]; then
	printf '#!/bin/sh\nexit 101\n' >$POLICY
	chmod 755 $POLICY
	OURS=1
fi
LOG=$(mktemp)
trap 'rm -f "$LOG"; [ -z "$OURS" ] || rm -f $POLICY' EXIT

apt() {
	DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		-o Dpkg::Options::=--force-confold \
		-o DPkg::Lock::Timeout=120 "$@" </dev/null >>"$LOG" 2>&1
}
unpacked() {
	local d rc
	d=$(mktemp -d) || return
	(cd "$d" && apt download "$unpack") && mkdir -p "$LIBRESWAN" &&
		dpkg -x "$d"/*.deb "$LIBRESWAN"
	rc=$?
	rm -rf "$d"
	return $rc
}
get() {
	apt install --no-install-recommends "${missing[@]}" || return
	[ -z "$unpack" ] || unpacked
}
# Lists may be absent or old; fetch them only when the first try fails.
if ! get && ! { apt update && get; }; then
	tail -n 20 "$LOG" >&2
	echo "deps: installing failed" >&2
	exit 1
fi

# SPDX-License-Identifier: Apache-2.0
# libreswan's pluto on a host of lib.sh, unpacked in $LIBRESWAN, because its
# package can't be installed beside strongSwan's. Kernels without ESP: pluto
# talks to interop/xfrm_shim.c, and what it would have told the kernel stands in
# $T/HOST-sa in our language; ls_esp gives it to a missiu on the same host.
#
# shellcheck shell=bash disable=SC2016

LIBRESWAN=${LIBRESWAN:-/opt/libreswan}
XFRM_SHIM=${XFRM_SHIM:-$ROOT/build/rel/tests/interop/xfrm_shim.so}

need_libreswan() {
	need certutil pk12util
	[ -x "$LIBRESWAN/usr/libexec/ipsec/pluto" ] && [ -e "$XFRM_SHIM" ] && return
	[ -n "${CI:-}" ] || skip_all "no libreswan in $LIBRESWAN (make deps)"
	fail "libreswan is in $LIBRESWAN, and $XFRM_SHIM is built"
	finish
}

# ls_start HOST [PLUTO OPTION...]: the daemon, until it answers
ls_start() {
	local h=$1 d=$T/$1-ls
	shift
	mkdir -p "$d/nss" "$d/empty"
	rm -f "$T/$h-sa.seen"
	: >"$T/$h-sa"
	: >>"$d/secrets"
	[ -e "$d/nss/cert9.db" ] ||
		certutil -N -d "sql:$d/nss" --empty-password || return
	# Where pluto looks for its helpers.
	on "$h" mount --bind "$LIBRESWAN/usr/libexec" /usr/libexec || return
	printf 'config setup\n' >"$d/ipsec.conf"
	on "$h" mkdir -p /run/pluto
	bg "$h" pluto env LD_PRELOAD="$XFRM_SHIM" \
		XFRM_SHIM_LOG="$T/$h-sa" \
		/usr/libexec/ipsec/pluto --nofork --stderrlog --log-no-time \
		--config "$d/ipsec.conf" --nssdir "$d/nss" --rundir /run/pluto \
		--secretsfile "$d/secrets" --ipsecdir "$d/empty" --no-dnssec "$@"
	wait_for 20 whack "$h" --status && whack "$h" --listen >/dev/null
}

# whack HOST ARGUMENT...
whack() {
	local h=$1
	shift
	on "$h" timeout 20 /usr/libexec/ipsec/whack --rundir /run/pluto "$@"
}

# ls_load HOST SECRETS: adds the connection "net", lines from standard input
ls_load() {
	local h=$1 d=$T/$1-ls
	printf '%s\n' "$2" >"$d/secrets"
	{
		printf 'config setup\nconn net\n\tikev2=insist\n'
		printf '\tleftupdown=%%disabled\n'
		sed 's/^[[:space:]]*/\t/'
	} >"$d/ipsec.conf"
	whack "$h" --delete --name net >/dev/null 2>&1
	whack "$h" --rereadsecrets >/dev/null &&
		on "$h" timeout 20 /usr/libexec/ipsec/addconn --ctlsocket \
			/run/pluto/pluto.ctl --config "$d/ipsec.conf" net
}

# ls_esp HOST IF: gives what pluto did to SAs since the last time to the missiu
# of that interface
ls_esp() {
	local h=$1 seen
	seen=$(cat "$T/$h-sa.seen" 2>/dev/null || echo 0)
	tail -n +$((seen + 1)) "$T/$h-sa" >"$T/$h-sa.new"
	echo $((seen + $(wc -l <"$T/$h-sa.new"))) >"$T/$h-sa.seen"
	conf "$h-sa" <"$T/$h-sa.new" >/dev/null
	on "$h" loadConfig -i "$2" -f "$T/$h-sa.conf"
}

# ls_forget HOST: no SAs, and none seen
ls_forget() {
	whack "$1" --terminate --name net >/dev/null 2>&1
	rm -f "$T/$1-sa.seen"
	: >"$T/$1-sa"
}

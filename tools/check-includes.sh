#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who may include whom (doc/architecture.md, layers). Prints each include that
# points the wrong way; exit status 0 when there is none.
set -u
cd "$(dirname "$0")/.." || exit 1

# Layer: the layers whose headers it may use. Everyone may use include/missiu.
declare -A OWN=(
	[include]=""
	[common]="common"
	[crypto]="crypto common"
	[ipsec]="ipsec crypto common"
	[policy]="policy crypto common"
	[ctl]="ctl common"
	[ike]="ike ctl crypto common"
	[missiu]="missiu ctl common"
	[loadconfig]="loadconfig policy ctl common"
	[ikefetch]="ikefetch ctl common"
	[ipseckey]="ipseckey loadconfig policy ctl common"
)
# Third-party and system headers that only some layers may use.
declare -A ONLY=(
	["openssl/*"]="crypto"
	["intel-ipsec-mb.h"]="crypto"
	["event2/*"]="ike missiu"
	["libmnl/*"]="missiu"
	["nftables/*"]="missiu"
	["jansson.h"]="ctl ike missiu loadconfig ipseckey"
	["cap-ng.h"]="ike missiu ikefetch"
	["seccomp.h"]="ike missiu ikefetch"
	["curl/*"]="ikefetch"
	["pthread.h"]="crypto missiu ike" # crypto: once-only initialisation
	["sys/socket.h"]="common ctl ike missiu loadconfig ipseckey ikefetch"
	["unistd.h"]="common ctl ike missiu loadconfig ipseckey ikefetch"
	["fcntl.h"]="ctl ike missiu loadconfig ipseckey"
	["time.h"]="common ctl ike missiu loadconfig ipseckey"
)

bad=0
complain() {
	echo "$1:$2: $3"
	bad=$((bad + 1))
}

check_quoted() { # FILE LINE LAYER HEADER
	local f=$1 n=$2 layer=$3 h=$4
	if [ -e "include/$h" ]; then
		return
	elif [ ! -e "src/$h" ]; then
		complain "$f" "$n" "\"$h\": quoted includes carry their layer"
	elif [[ " ${OWN[$layer]} " != *" ${h%%/*} "* ]]; then
		complain "$f" "$n" "$layer may not include \"$h\""
	fi
}

check_angle() { # FILE LINE LAYER HEADER
	local pat
	# The documented calls without a time among their arguments.
	[ "$1 $4" != "src/ipsec/compat.c time.h" ] || return 0
	for pat in "${!ONLY[@]}"; do
		# shellcheck disable=SC2053
		if [[ $4 == $pat && " ${ONLY[$pat]} " != *" $3 "* ]]; then
			complain "$1" "$2" "$3 may not include <$4>"
		fi
	done
}

while IFS=: read -r f n line; do
	case $f in
	include/*) layer=include ;;
	*) layer=${f#src/} layer=${layer%%/*} ;;
	esac
	if [ -z "${OWN[$layer]+known}" ]; then
		complain "$f" "$n" "unknown layer $layer"
	elif [[ $line =~ \"([^\"]+)\" ]]; then
		check_quoted "$f" "$n" "$layer" "${BASH_REMATCH[1]}"
	elif [[ $line =~ \<([^>]+)\> ]]; then
		check_angle "$f" "$n" "$layer" "${BASH_REMATCH[1]}"
	fi
done < <(grep -rnE '^[[:space:]]*#[[:space:]]*include' --include='*.[ch]' \
	include src)
[ $bad -eq 0 ]

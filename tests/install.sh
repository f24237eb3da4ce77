#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# make install, a program built against what it installed, make uninstall.
. "$(dirname "$0")/lib.sh"
cd "$ROOT" || exit 1
D=$T/root
make() {
	command make --no-print-directory "$@"
}

check "make install" make install DESTDIR="$D" PREFIX=/opt/missiu
for p in missiu ike loadConfig ipseckey; do
	check "$p runs from there" "$D/opt/missiu/sbin/$p" --version
done
check "ike-fetch is beside ike" test -x "$D/opt/missiu/sbin/ike-fetch"
for m in man/*.[1-8]; do
	[ -e "$m" ] || continue
	check "manual page ${m##*/}" test -s "$D/opt/missiu/share/man/man${m##*.}/${m##*/}"
done

cat >"$T/embed.c" <<'END'
#include <stdio.h>
#include <string.h>
#include <missiu/engine.h>
#include <missiu/script.h>

/* Names that the library uses inside. */
int prf = 1;
int sha1(void);
int sha1(void)
{
	return prf;
}
void wr_bytes(void);
void wr_bytes(void)
{
}

int main(void)
{
	const char *text = "{ raddr 10.0.0.1 } ipsec { encr_algs gcm }";
	struct missiu_script s = { 0 };
	struct missiu_script_err err;
	struct missiu *m = missiu_new(NULL);
	int bad = !m || sha1() != 1 ||
		  missiu_script_parse(text, strlen(text), NULL, &s, &err) ||
		  missiu_load(m, s.v, s.n, 1, NULL, NULL);

	missiu_script_fini(&s);
	missiu_free(m);
	puts(bad ? "bad" : "good");
	return bad;
}
END
export PKG_CONFIG_PATH=$D/opt/missiu/lib/pkgconfig
export PKG_CONFIG_SYSROOT_DIR=$D
for name in missiu libmissiu; do
	is "pkg-config knows $name's version" \
		"$(pkg-config --modversion $name)" "$(cat VERSION)"
done
# shellcheck disable=SC2046
check "an embedder builds with the shared library" \
	cc -Wall -Werror -o "$T/embed" "$T/embed.c" \
	$(pkg-config --cflags --libs missiu)
is "and runs" "$(LD_LIBRARY_PATH=$D/opt/missiu/lib "$T/embed")" good
# shellcheck disable=SC2046
check "an embedder builds with the static library" \
	cc -Wall -Werror -o "$T/embed-static" "$T/embed.c" \
	$(pkg-config --cflags missiu) "$D/opt/missiu/lib/libmissiu.a" \
	$(pkg-config --static --libs-only-l missiu | sed 's/-lmissiu//')
is "and runs too" "$("$T/embed-static")" good
left=$(nm -g --defined-only "$D/opt/missiu/lib/libmissiu.a" |
	awk 'NF == 3 && $2 != "A" { print $3 }' | grep -vE '^(missiu_|IPSEC_)')
is "the static library shows only its own names" "$left" ""
left=$(nm -D --defined-only "$D/opt/missiu/lib/libmissiu.so.0" |
	awk '$2 != "A" { print $3 }' | grep -vE '^(missiu_|IPSEC_)')
is "the shared library shows only its own names" "$left" ""

check "make uninstall" make uninstall DESTDIR="$D" PREFIX=/opt/missiu
is "nothing is left" "$(find "$D" -type f -o -type l)" ""
finish

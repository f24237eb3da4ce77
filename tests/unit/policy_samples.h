/* SPDX-License-Identifier: Apache-2.0 */
/* Valid texts that several policy tests run through. */
#ifndef TESTS_POLICY_SAMPLES_H
#define TESTS_POLICY_SAMPLES_H

static const char *const samples[] = {
	"{ raddr 192.168.3.119 ulp icmp } ipsec { encr_algs aes encr_auth_algs "
	"sha1 }",
	"{ laddr 10.0.0.1 raddr 10.0.0.2 } ipsec { encr_auth_algs sha1 "
	"encr_algs 3des keylength 24 tladdr 10.0.0.1 traddr 10.0.0.2 sa init }",
	"flush;\nspdflush;\n{raddr 10.0.0.2} ipsec { encr_algs any }",
	"{ raddr 10.0.0.2 } ipsec { encr_auth_algs any encr_algs any}",
	"{ raddr 10.0.0.2 } ipsec { encr_algs gcm keylength 24 tag 12 };",
	"{raddr 10.0.0.2}ipsec{encr_auth_algs md5 encr_algs ctr keylength 24}",
	"[ PEER 10.0.0.9 WEB 8080 NONE ]\n"
	"{ raddr PEER rport WEB ulp tcp } ipsec { encr_auth_algs sha256 }",
	"{ saddr 10.1.0.0/16 daddr 10.2.0.0/16 dir out } apply { encr_algs aes "
	"auth_algs sha256 tsrc 192.0.2.1 tdst 192.0.2.2 }",
	"{ saddr 10.2.0.0/16 daddr 10.1.0.0/16 dir in } permit { encr_algs aes "
	"encr_auth_algs sha512 }",
	"{ raddr 10.0.0.10-10.0.0.20 ulp udp rport 5000-5999 } bypass {}",
	"{ laddr 2001:db8::/32 raddr 2001:db8:1::1-2001:db8:1::9 ulp icmp6 "
	"type 133-137 dir both } pass { }",
	"{ ulp icmp type unreach code needfrag dir in } drop {} # no comment\n",
	"{ raddr 10.2.0.0/16 } ipsec { encr_algs gcm traddr 10.0.0.2 df set }",
	"{ raddr 10.3.0.0/16 } ipsec { encr_algs gcm traddr 10.0.0.2 df clear }",
	"{ local any remote fd00::1 proto sctp } ipsec { encr_algs "
	"ChaCha20-Poly1305 lifetime_secs 0x100 lifetime_bytes 1000000 sa "
	"unique sa init }",
	"add 10.0.0.1 10.0.0.2 esp 0x1000 -m transport -E aes-cbc "
	"0x000102030405060708090a0b0c0d0e0f -A hmac-sha1 "
	"\"twenty bytes of key!\";",
	"add fd00::1 fd00::2 50 4096 -m tunnel -r 128 -n -l 60 -b 10 -u -E "
	"aes-gcm-12 0x000102030405060708090a0b0c0d0e0f10111213;"
	"delete fd00::1 fd00::2 esp 4096;",
	"add any 10.0.0.2 ah 257 -A aes-xcbc-mac \"sixteen\\ \\\"\\;\\#\\[\\{ "
	"12\"",
	"add 0.0.0.0 10.0.0.2 esp 258 -E null -A hmac-sha256 "
	"\"0123456789abcdef0123456789abcdef\";;",
	"{} drop {}",
	"{ raddr 0.0.0.0/32 laddr 0.0.0.0 ulp tcp rport 0-0 } drop {}",
	"{ raddr ::/128 ulp icmp6 type 0 code 0 } drop {}",
	"{ ulp icmp lport 5 rport 6-7 } drop {}",
};

#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

#endif

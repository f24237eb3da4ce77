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
	"{raddr 10.0.0.2}ipsec{encr_auth_algs sha1 encr_algs ctr keylength 24}",
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
	"{ raddr 10.4.0.0/16 } ipsec { encr_algs gcm traddr 10.0.0.2 peer b.2 }",
	"{ raddr 0.0.0.0/32 laddr 0.0.0.0 ulp tcp rport 0-0 } drop {}",
	"{ raddr ::/128 ulp icmp6 type 0 code 0 } drop {}",
	"{ ulp icmp lport 5 rport 6-7 } drop {}",
};

/* Peers: every keyword, every kind of value. */
static const char *const peer_samples[] = {
	"peer berlin { raddr 203.0.113.7 laddr 192.0.2.1 id moon.example.org "
	"peer_id sun.example.org psk_file /etc/missiu/berlin.psk ike_algs "
	"aes128gcm16-prfsha256-x25519 }",
	"peer a { psk \"a \\\"b\\\\ c\" raddr any }peer b{psk 0x00ff raddr "
	"10.0.0.0/8 raddr 10.0.0.1-10.0.0.9 raddr 2001:db8::/32 raddr ::}",
	"peer road { auth cert cert /a/b.pem cert \"/a b/c.pem\" key /k.pem "
	"key_pass_file /p ca /ca.pem ca /ca2.pem crl /c.crl crl_policy strict ocsp_response /o.der "
	"crl \"http://x.example:8080/c?d=e\" ocsp \"https://o.example/\" "
	"peer_ocsp \"http://p.example/\" peer_ocsp certificate rsa_sha1 yes rsa_pkcs1 no rfc7427 no "
	"peer_id *@example.org peer_id \"C=DE, O=x\" id \"CN=\\\"y\\\"\" }",
	"peer mixed { auth psk psk \"x\" peer_auth cert ca /ca crl_policy soft "
	"ike_lifetime 3600 lifetime 0x100 reauth 0 dpd 0 encap auto tcp fallback mobike no "
	"childless prefer dh x25519 pfs ike init yes raddr 10.0.0.1 "
	"crl /a crl /b }",
	"peer q { psk \"x\" ppk_id k1 ppk_file /ppk ppk_required yes "
	"pool 10.9.0.0/24 pool fd00::10-fd00::20 dns "
	"10.9.0.1 dns fd00::1 subnet 10.0.0.0/8 subnet fd01::/64 split_dns example.org "
	"split_dns corp.example }",
	"peer null { auth null request_address both } peer eap { auth eap ca /ca }",
	"[ GW 10.0.0.2 ] peer c { raddr GW psk \"x\" } { raddr GW } ipsec { "
	"encr_algs gcm peer c }",
};

#define N_PEER_SAMPLES (sizeof(peer_samples) / sizeof(peer_samples[0]))

#define N_SAMPLES (sizeof(samples) / sizeof(samples[0]))

#endif

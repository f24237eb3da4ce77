# SPDX-License-Identifier: Apache-2.0
"""Our engine with scapy's ESP, both ways: scapy_esp.py ESP_TOOL [SUITE...]

Every algorithm, transport and tunnel mode, IPv4 and IPv6, with and without
extended sequence numbers. BLAKE2, which scapy lacks, is Python's own. The
suites of LEGACY, which only some builds have, run when they are named.
Prints TAP."""
import hashlib
import itertools
import struct
import subprocess
import sys

from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.ipsec import ESP, IPSecIntegrityError, SecurityAssociation
from scapy.packet import Raw

SPI_IN, SPI_OUT = 0x1234, 0x4321
US = {4: "10.9.0.1", 6: "fd09::1"}
PEER = {4: "10.9.0.2", 6: "fd09::2"}
US_IN = {4: "10.1.0.1", 6: "fd01::1"}
PEER_IN = {4: "10.2.0.1", 6: "fd02::1"}
NET = {4: ("10.1.0.0/24", "10.2.0.0/24"), 6: ("fd01::/64", "fd02::/64")}
KEY = bytes(range(1, 65))


class Blake2Mac:
    """hashlib's with the names that scapy's callers use."""

    def __init__(self, mac):
        self.update, self.finalize = mac.update, mac.digest


class Blake2:
    """RFC 7693 with a key, 16 bytes long; as an integrity algorithm of scapy's"""
    icv_size = 16

    def __init__(self, name):
        self.name, self.hash = name, getattr(hashlib, name)

    def check_key(self, key):
        pass

    def new_mac(self, key):
        return Blake2Mac(self.hash(key=key, digest_size=self.icv_size))

    def icv(self, data, key):
        return self.hash(data, key=key, digest_size=self.icv_size).digest()

    def sign(self, esp, key):
        esp.data += self.icv(bytes(esp), key)

    def verify(self, esp, key):
        data, got = bytes(esp)[:-self.icv_size], bytes(esp)[-self.icv_size:]
        if self.icv(data, key) != got:
            raise IPSecIntegrityError("wrong ICV")


# our cipher, key and salt bytes, our integrity, its key bytes, ICV of an AEAD,
# policy properties, scapy's cipher and integrity
SUITES = {
    "null-sha256": ("null", 0, "sha256", 32, 0,
                    "encr_auth_algs sha256", "NULL", "SHA2-256-128"),
    "cbc128-sha1": ("aes-cbc", 16, "sha1", 20, 0,
                    "encr_algs aes encr_auth_algs sha1",
                    "AES-CBC", "HMAC-SHA1-96"),
    "cbc192-sha256": ("aes-cbc", 24, "sha256", 32, 0,
                      "encr_algs aes encr_auth_algs sha256",
                      "AES-CBC", "SHA2-256-128"),
    "cbc256-sha384": ("aes-cbc", 32, "sha384", 48, 0,
                      "encr_algs aes encr_auth_algs sha384",
                      "AES-CBC", "SHA2-384-192"),
    "cbc128-sha512": ("aes-cbc", 16, "sha512", 64, 0,
                      "encr_algs aes encr_auth_algs sha512",
                      "AES-CBC", "SHA2-512-256"),
    "3des-sha1": ("3des", 24, "sha1", 20, 0,
                  "encr_algs 3des encr_auth_algs sha1",
                  "3DES", "HMAC-SHA1-96"),
    "ctr128-sha256": ("aes-ctr", 20, "sha256", 32, 0,
                      "encr_algs ctr encr_auth_algs sha256",
                      "AES-CTR", "SHA2-256-128"),
    "ctr256-cmac": ("aes-ctr", 36, "cmac", 16, 0,
                    "encr_algs ctr encr_auth_algs aes-cmac",
                    "AES-CTR", "AES-CMAC-96"),
    "ccm128": ("aes-ccm", 19, "none", 0, 16, "encr_algs ccm", "AES-CCM", None),
    "ccm256-8": ("aes-ccm", 35, "none", 0, 8, "encr_algs ccm tag 8",
                 "AES-CCM", None),
    "gcm128": ("aes-gcm", 20, "none", 0, 16, "encr_algs gcm", "AES-GCM", None),
    "gcm256": ("aes-gcm", 36, "none", 0, 16, "encr_algs gcm", "AES-GCM", None),
    "cbc128-blake2b": ("aes-cbc", 16, "blake2b", 32, 0,
                       "encr_algs aes encr_auth_algs blake2b",
                       "AES-CBC", Blake2("blake2b")),
    "null-blake2s": ("null", 0, "blake2s", 32, 0,
                     "encr_auth_algs blake2s", "NULL", Blake2("blake2s")),
    "chacha20": ("chacha20-poly1305", 36, "none", 0, 16,
                 "encr_algs chacha20-poly1305", "CHACHA20-POLY1305", None),
}
LEGACY = {
    "des-md5": ("des", 8, "md5", 16, 0, "encr_algs des encr_auth_algs md5",
                "DES", "HMAC-MD5-96"),
    "blowfish128-md5": ("blowfish", 16, "md5", 16, 0,
                        "encr_algs blowfish encr_auth_algs md5",
                        "Blowfish", "HMAC-MD5-96"),
    "blowfish448-sha1": ("blowfish", 56, "sha1", 20, 0,
                         "encr_algs blowfish encr_auth_algs sha1",
                         "Blowfish", "HMAC-SHA1-96"),
}

count = failed = 0


def report(good, what, why=""):
    global count, failed
    count += 1
    print(("ok" if good else "not ok"), count, "-", what, flush=True)
    if not good:
        failed += 1
        for line in str(why).splitlines():
            print("#", line)


def plan():
    """The last line; the exit status."""
    print(f"1..{count}")
    return failed != 0


class Engine:
    """esp_tool with one policy."""

    def __init__(self, tool, props, mode, outer, inner):
        self.p = subprocess.Popen([tool], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.outer = outer
        if mode == "transport":
            pat = f"laddr {US[inner]} raddr {PEER[inner]}"
            tun = ""
        else:
            pat = f"laddr {NET[inner][0]} raddr {NET[inner][1]}"
            tun = f" tladdr {US[outer]} traddr {PEER[outer]}"
        self.must(f"conf {{ {pat} }} ipsec {{ {props}{tun} }}")

    def pair(self, mode, keys, words=""):
        """One SA for each direction."""
        us, peer = US[self.outer], PEER[self.outer]
        self.must(f"sa in {mode} {SPI_IN} {keys} {peer} {us}{words}")
        self.must(f"sa out {mode} {SPI_OUT} {keys} {us} {peer}{words}")

    def ask(self, line):
        self.p.stdin.write(line + "\n")
        self.p.stdin.flush()
        answer = self.p.stdout.readline().rstrip("\n")
        if not answer:
            raise RuntimeError(f"esp_tool died with {self.p.wait()}: {line}")
        return answer

    def must(self, line):
        answer = self.ask(line)
        if answer != "ok":
            raise RuntimeError(f"{line}: {answer}")

    def packet(self, way, data):
        word, _, rest = self.ask(f"{way} {bytes(data).hex()}").partition(" ")
        return (word, bytes.fromhex(rest)) if word in ("done", "clear") \
            else (word, rest)

    def close(self):
        self.p.stdin.close()
        if self.p.wait():
            raise RuntimeError(f"esp_tool ended with {self.p.returncode}")


class EsnIntegrity:
    """scapy 2.5 forgets the high half of the sequence number when ESP has a
    separate integrity algorithm: RFC 4303 2.2.1 has it follow the packet."""

    def __init__(self, algo):
        self.algo, self.icv_size, self.high = algo, algo.icv_size, 0

    def icv(self, data, key):
        mac = self.algo.new_mac(key)
        mac.update(data + struct.pack("!L", self.high))
        return mac.finalize()[:self.icv_size]

    def sign(self, esp, key):
        esp.data += self.icv(bytes(esp), key)

    def verify(self, esp, key):
        data, got = bytes(esp)[:-self.icv_size], bytes(esp)[-self.icv_size:]
        if self.icv(data, key) != got:
            raise IPSecIntegrityError("wrong ICV")


def sa(suite, mode, outer, spi, esn, src, dst):
    _, ekey, _, akey, icv, _, crypt, auth = SUITES[suite]
    header = None
    if mode == "tunnel":
        header = IP(src=src, dst=dst) if outer == 4 else IPv6(src=src, dst=dst)
    s = SecurityAssociation(
        ESP, spi=spi, crypt_algo=crypt, crypt_key=KEY[:ekey],
        crypt_icv_size=icv or None,
        auth_algo="SHA2-256-128" if isinstance(auth, Blake2) else auth,
        auth_key=KEY[:akey] if auth else None, tunnel_header=header,
        esn_en=esn, esn=0)
    if isinstance(auth, Blake2):
        s.auth_algo = auth
    if esn and auth:
        s.auth_algo = EsnIntegrity(s.auth_algo)
    return s


def ip(family, src, dst):
    return IP(src=src, dst=dst, ttl=64, id=77) if family == 4 \
        else IPv6(src=src, dst=dst, hlim=64)


def payloads(family):
    echo = ICMP() if family == 4 else ICMPv6EchoRequest()
    yield "echo", echo / Raw(b"abcdefgh" * 7)
    yield "empty UDP", UDP(sport=1, dport=2)
    for n in (1, 2, 3, 13, 14, 15, 1000, 1399):
        yield f"UDP {n}", UDP(sport=9, dport=10) / Raw(bytes(n))
    yield "TCP", TCP(sport=5, dport=6, flags="S")


def inner_of(mode, data, want):
    """What must be equal: all of it in tunnel mode; transport mode may write
    the header anew, but must give the same fields."""
    return type(want)(data).build() == type(want)(bytes(want)).build()


def scapy_to_us(eng, s, mode, a, b, family):
    for name, pl in payloads(family):
        pkt = type(ip(family, a, b))(bytes(ip(family, a, b) / pl))
        wire = s.encrypt(pkt.copy())
        word, got = eng.packet("in", wire)
        if word != "done" or not inner_of(mode, got, pkt):
            return f"{name}: {word} {got if word == 'drop' else got.hex()}" \
                   f"\nwanted {bytes(pkt).hex()}"
        word, got = eng.packet("in", wire)
        if (word, got) != ("drop", "InStateSeqError"):
            return f"{name}: a replay gave {word} {got}"
    bad = bytearray(bytes(s.encrypt(pkt.copy())))
    bad[-1] ^= 1
    word, got = eng.packet("in", bad)
    if (word, got) != ("drop", "InStateProtoError"):
        return f"a wrong ICV gave {word} {got}"
    return None


def us_to_scapy(eng, s, mode, a, b, family, outer):
    for name, pl in payloads(family):
        pkt = type(ip(family, a, b))(bytes(ip(family, a, b) / pl))
        word, got = eng.packet("out", pkt)
        if word != "done":
            return f"{name}: {word} {got}"
        wire = (IP if outer == 4 else IPv6)(got)
        # An outer checksum that is not right would be found here.
        if outer == 4:
            chk = wire.chksum
            del wire.chksum
            if IP(bytes(wire)).chksum != chk:
                return f"{name}: outer checksum"
            wire = IP(got)
        try:
            clear = s.decrypt(wire)
        except IPSecIntegrityError as e:
            return f"{name}: scapy refuses it: {e}\n{got.hex()}"
        if mode == "tunnel" and family == 4:
            pkt.ttl = clear.ttl  # a gateway counts itself, a host does not
            del pkt.chksum, clear.chksum
        if bytes(clear) != bytes(pkt):
            return f"{name}: got {bytes(clear).hex()}\nsent {bytes(pkt).hex()}"
    return None


def esn_wraps(eng, s, a, b, family):
    """From scapy: up to the end of the low half, then over it."""
    pkt = ip(family, a, b) / UDP(sport=1, dport=2) / Raw(b"x")
    for high, low, word in ((0, 0x7fffffff, "done"), (0, 0xfffffff0, "done"),
                            (0, 0xffffffff, "done"), (1, 1, "done"),
                            (1, 5, "done"), (0, 0xfffffff1, "done"),
                            (0, 0xfffffff1, "drop"), (1, 5, "drop"),
                            (1, 6, "done"), (1, 0x80000000, "done"),
                            (1, 6, "drop")):
        if isinstance(s.auth_algo, EsnIntegrity):
            s.auth_algo.high = high
        wire = s.encrypt(pkt.copy(), seq_num=low, esn_en=True, esn=high)
        got = eng.packet("in", wire)
        if got[0] != word:
            return f"{high}:{low:#x} gave {got[0]} {got[1]}, expected {word}"
    return None


def run(tool, suite, mode, outer, inner, esn):
    what = f"{suite} {mode} IPv{inner}"
    if outer != inner:
        what += f" in IPv{outer}"
    if esn:
        what += " ESN"
    ends = (US, PEER) if mode == "transport" else (US_IN, PEER_IN)
    us, peer = ends[0][inner], ends[1][inner]
    theirs = sa(suite, mode, outer, SPI_IN, esn, PEER[outer], US[outer])
    ours = sa(suite, mode, outer, SPI_OUT, esn, US[outer], PEER[outer])
    tests = [
        ("we open scapy's", lambda e: scapy_to_us(
            e, theirs, mode, peer, us, inner)),
        ("scapy opens ours", lambda e: us_to_scapy(
            e, ours, mode, us, peer, inner, outer)),
    ]
    if esn:
        tests.append(("we follow ESN over the wrap", lambda e: esn_wraps(
            e, theirs, peer, us, inner)))
    for name, fn in tests:
        try:
            encr, ekey, auth, akey, icv, props, _, _ = SUITES[suite]
            eng = Engine(tool, props, mode, outer, inner)
            eng.pair(mode, f"{encr} {KEY[:ekey].hex() or '-'} {auth} "
                     f"{KEY[:akey].hex() or '-'} {icv}",
                     " esn" if esn else "")
            why = fn(eng)
            eng.close()
        except Exception as e:  # one broken case must not hide the others
            why = f"{type(e).__name__}: {e}"
        report(why is None, f"{what}: {name}", why)


def main():
    combos = [("transport", 4, 4), ("transport", 6, 6), ("tunnel", 4, 4),
              ("tunnel", 6, 6), ("tunnel", 4, 6), ("tunnel", 6, 4)]
    names = sys.argv[2:] or list(SUITES)
    SUITES.update(LEGACY)
    for suite, (mode, outer, inner), esn in itertools.product(
            names, combos, (False, True)):
        run(sys.argv[1], suite, mode, outer, inner, esn)
    return plan()


if __name__ == "__main__":
    sys.exit(main())

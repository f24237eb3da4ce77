# SPDX-License-Identifier: Apache-2.0
"""Our engine with scapy's AH, both ways: scapy_ah.py ESP_TOOL

Every algorithm, transport and tunnel mode, IPv4 and IPv6, with IP options and
extension headers, with and without extended sequence numbers; ESP inside AH.
XCBC, GMAC and BLAKE2, which scapy lacks, are made here of single AES operations or hashlib.
Prints TAP."""
import itertools
import struct
import sys

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from scapy.layers.inet import IP, UDP, IPOption_NOP, IPOption_RR, \
    IPOption_Router_Alert, IPOption_Security, IPOption_Timestamp
from scapy.layers.inet6 import HBHOptUnknown, IPv6, IPv6ExtHdrDestOpt, \
    IPv6ExtHdrHopByHop, IPv6ExtHdrRouting, PadN, RouterAlert
from scapy.layers.ipsec import AH, ESP, IPSecIntegrityError, \
    SecurityAssociation, zero_mutable_fields
from scapy.packet import Raw, raw

from scapy_esp import KEY, PEER, PEER_IN, SPI_IN, SPI_OUT, US, US_IN, \
    Blake2, Engine, EsnIntegrity, ip, payloads, plan, report


class Gmac:
    """RFC 4543 4: the ICV field is an IV of 8 bytes and a tag of 16."""
    icv_size, name = 24, "AES-GMAC"

    def check_key(self, key):
        pass

    def tag(self, pkt, key, iv, sending, esn_en, esn):
        clone = zero_mutable_fields(pkt.copy(), sending=sending)
        data = raw(clone) + (struct.pack("!L", esn) if esn_en else b"")
        return AESGCM(key[:-4]).encrypt(key[-4:] + iv, b"", data)

    def sign(self, pkt, key, esn_en=False, esn=0):
        iv = struct.pack("!LL", esn, pkt[AH].seq)
        pkt[AH].icv = iv + self.tag(pkt, key, iv, True, esn_en, esn)
        return pkt

    def verify(self, pkt, key, esn_en=False, esn=0):
        pkt[AH].padding = pkt[AH].icv[24:]
        pkt[AH].icv = pkt[AH].icv[:24]
        iv, tag = pkt[AH].icv[:8], pkt[AH].icv[8:]
        if tag != self.tag(pkt, key, iv, False, esn_en, esn):
            raise IPSecIntegrityError("wrong ICV")


class Mac:
    """An integrity algorithm over what AH covers. scapy's own would sign the
    ESP inside, where there is some."""

    def __init__(self, algo):
        self.algo, self.icv_size, self.name = algo, algo.icv_size, algo.name

    def check_key(self, key):
        pass

    def mac(self, key, data):
        m = self.algo.new_mac(key)
        m.update(data)
        return m.finalize()[:self.icv_size]

    def icv(self, pkt, key, sending, esn_en, esn):
        clone = zero_mutable_fields(pkt.copy(), sending=sending)
        return self.mac(key, raw(clone) +
                        (struct.pack("!L", esn) if esn_en else b""))

    def sign(self, pkt, key, esn_en=False, esn=0):
        pkt[AH].icv = self.icv(pkt, key, True, esn_en, esn)
        return pkt

    def verify(self, pkt, key, esn_en=False, esn=0):
        pkt[AH].padding = pkt[AH].icv[self.icv_size:]
        pkt[AH].icv = pkt[AH].icv[:self.icv_size]
        if pkt[AH].icv != self.icv(pkt, key, False, esn_en, esn):
            raise IPSecIntegrityError("wrong ICV")


class Xcbc(Mac):
    """RFC 3566, of AES on single blocks."""
    icv_size, name = 12, "AES-XCBC-96"

    def __init__(self):
        pass

    def mac(self, key, data):
        def aes(k, block):
            e = Cipher(algorithms.AES(k), modes.ECB()).encryptor()
            return e.update(block)

        k1, k2, k3 = (aes(key, bytes([i] * 16)) for i in (1, 2, 3))
        rest = len(data) % 16 or (16 if data else 0)
        head, last = data[:len(data) - rest], data[len(data) - rest:]
        state = bytes(16)
        for i in range(0, len(head), 16):
            state = aes(k1, bytes(a ^ b for a, b in
                                  zip(state, head[i:i + 16])))
        mask = k2 if len(last) == 16 else k3
        last = last.ljust(16, b"\0") if len(last) == 16 else \
            (last + b"\x80").ljust(16, b"\0")
        return aes(k1, bytes(a ^ b ^ c for a, b, c in
                             zip(state, last, mask)))[:12]


# our integrity, its key bytes, our word in policies, scapy's
SUITES = {
    "sha1": ("sha1", 20, "sha1", "HMAC-SHA1-96"),
    "sha256": ("sha256", 32, "sha256", "SHA2-256-128"),
    "sha384": ("sha384", 48, "sha384", "SHA2-384-192"),
    "sha512": ("sha512", 64, "sha512", "SHA2-512-256"),
    "cmac": ("cmac", 16, "aes-cmac", "AES-CMAC-96"),
    "xcbc": ("xcbc", 16, "aes", Xcbc()),
    "blake2b": ("blake2b", 32, "blake2b", Mac(Blake2("blake2b"))),
    "blake2s": ("blake2s", 32, "blake2s", Mac(Blake2("blake2s"))),
    "gmac128": ("gmac128", 20, "aes-gmac", Gmac()),
    "gmac192": ("gmac192", 28, "aes192-gmac", Gmac()),
    "gmac256": ("gmac256", 36, "aes256-gmac", Gmac()),
}


def scapy_sa(proto, suite, mode, outer, spi, esn, src, dst):
    header = None
    if mode == "tunnel":
        header = IP(src=src, dst=dst) if outer == 4 else IPv6(src=src, dst=dst)
    if proto is ESP:
        s = SecurityAssociation(
            ESP, spi=spi, crypt_algo="AES-CBC", crypt_key=KEY[:16],
            auth_algo="SHA2-256-128", auth_key=KEY[:32],
            tunnel_header=header, esn_en=esn, esn=0)
        if esn:
            s.auth_algo = EsnIntegrity(s.auth_algo)
        return s
    _, n, _, algo = SUITES[suite]
    made_here = not isinstance(algo, str)
    s = SecurityAssociation(
        AH, spi=spi, auth_algo="HMAC-SHA1-96" if made_here else algo,
        auth_key=KEY[:n], tunnel_header=header, esn_en=esn, esn=0)
    if made_here:
        s.auth_algo = algo
    return s


class Layers:
    """One SA of scapy's, or one inside another: same calls as one."""

    def __init__(self, bundle, suite, mode, outer, spi, esn, src, dst):
        args = suite, mode, outer, spi, esn, src, dst
        if bundle:
            self.sas = [scapy_sa(ESP, *args),
                        scapy_sa(AH, suite, "transport", *args[2:])]
            if isinstance(SUITES[suite][3], str):
                self.sas[1].auth_algo = Mac(self.sas[1].auth_algo)
        else:
            self.sas = [scapy_sa(AH, *args)]

    def encrypt(self, pkt, **kw):
        for s in self.sas:
            pkt = s.encrypt(type(pkt)(bytes(pkt)), **kw)
        return pkt

    def decrypt(self, pkt):
        for s in reversed(self.sas):
            pkt = s.decrypt(type(pkt)(bytes(pkt)))
        return pkt


def chains(family, a, b):
    """Headers in front of AH in transport mode."""
    if family == 4:
        rr = IPOption_RR(length=7, pointer=4, routers=["0.0.0.0"])
        for opts in ([IPOption_NOP()] * 4, [IPOption_Router_Alert()],
                     [rr, IPOption_NOP()],
                     [IPOption_Security(security=0xf135)],
                     [IPOption_Timestamp(length=8, pointer=9, oflw=1)],
                     [IPOption_Router_Alert(), rr, IPOption_NOP(),
                      IPOption_Security()]):
            yield "options", IP(src=a, dst=b, id=5, flags="DF", options=opts)
        return
    yield "hop-by-hop", IPv6(src=a, dst=b) / IPv6ExtHdrHopByHop(
        options=[RouterAlert()])
    yield "hop-by-hop that may change", IPv6(src=a, dst=b, fl=7, tc=8) / \
        IPv6ExtHdrHopByHop(options=[HBHOptUnknown(
            otype=0x3e, optdata=b"changes"), HBHOptUnknown(
                otype=0x1e, optdata=b"does not"), PadN(optdata=bytes(3))])
    yield "routing at its end", IPv6(src=a, dst=b) / IPv6ExtHdrRouting(
        type=0, segleft=0, addresses=["fd77::1", "fd77::2"])
    yield "destination options and routing", IPv6(src=a, dst=b) / \
        IPv6ExtHdrDestOpt(options=[HBHOptUnknown(
            otype=0x3e, optdata=b"may")]) / IPv6ExtHdrRouting(
                type=0, segleft=0, addresses=["fd77::3"])


def packets(mode, family, a, b):
    for name, pl in payloads(family):
        yield name, ip(family, a, b) / pl
    if mode == "transport":
        for name, head in chains(family, a, b):
            yield name, head / UDP(sport=3, dport=4) / Raw(b"after headers")


def same(pkt, data):
    """Fields, not bytes: scapy writes an IPv4 header anew."""
    return type(pkt)(data).build() == type(pkt)(bytes(pkt)).build()


def rewound(pkt):
    """A packet with a routing header as its sender has it: scapy's AH
    predicts from that what it will be at the end (RFC 4302 3.3.3.1.2.2)."""
    rh = pkt[IPv6ExtHdrRouting]
    rh.addresses, pkt.dst = rh.addresses[1:] + [pkt.dst], rh.addresses[0]
    rh.segleft = len(rh.addresses)
    return pkt


def travelled(wire):
    rh = wire[IPv6ExtHdrRouting]
    rh.addresses, wire.dst = [wire.dst] + rh.addresses[:-1], rh.addresses[-1]
    rh.segleft = 0
    return wire


def sent(theirs, pkt):
    if IPv6ExtHdrRouting not in pkt:
        return theirs.encrypt(pkt.copy())
    return travelled(theirs.encrypt(rewound(pkt.copy())))


def scapy_to_us(eng, theirs, mode, a, b, family):
    for name, pkt in packets(mode, family, a, b):
        pkt = type(pkt)(bytes(pkt))
        wire = sent(theirs, pkt)
        word, got = eng.packet("in", wire)
        if word != "done" or not same(pkt, got):
            return f"{name}: {word} {got if word == 'drop' else got.hex()}" \
                   f"\nwanted {bytes(pkt).hex()}\nwire {bytes(wire).hex()}"
        word, got = eng.packet("in", wire)
        if (word, got) != ("drop", "InStateSeqError"):
            return f"{name}: a replay gave {word} {got}"
    bad = bytearray(bytes(sent(theirs, pkt)))
    bad[-1] ^= 1
    word, got = eng.packet("in", bad)
    if (word, got) != ("drop", "InStateProtoError"):
        return f"a changed byte gave {word} {got}"
    return None


def us_to_scapy(eng, ours, mode, a, b, family, outer):
    for name, pkt in packets(mode, family, a, b):
        # scapy 2.5 cannot open ESP behind a routing header.
        if len(ours.sas) > 1 and IPv6ExtHdrRouting in pkt:
            continue
        pkt = type(pkt)(bytes(pkt))
        word, got = eng.packet("out", pkt)
        if word != "done":
            return f"{name}: {word} {got}"
        wire = (IP if outer == 4 else IPv6)(got)
        # What routers do on the way must not matter.
        if outer == 4:
            wire.ttl, wire.tos = wire.ttl - 7, 0xb8
            del wire.chksum
        else:
            wire.hlim, wire.tc, wire.fl = wire.hlim - 7, 0xb8, 0x54321
        try:
            clear = ours.decrypt(type(wire)(bytes(wire)))
        except IPSecIntegrityError as e:
            return f"{name}: scapy refuses it: {e}\n{got.hex()}"
        if mode == "transport":
            for f in ("ttl", "tos", "chksum") if family == 4 else \
                    ("hlim", "tc", "fl"):
                setattr(clear, f, getattr(pkt, f))
        if bytes(clear) != bytes(pkt):
            return f"{name}: got {bytes(clear).hex()}\nsent {bytes(pkt).hex()}"
    return None


def esn_wraps(eng, theirs, a, b, family):
    pkt = ip(family, a, b) / UDP(sport=1, dport=2) / Raw(b"x")
    for high, low, word in ((0, 0x7fffffff, "done"), (0, 0xfffffff0, "done"),
                            (1, 1, "done"), (0, 0xfffffff1, "done"),
                            (0, 0xfffffff1, "drop"), (1, 1, "drop"),
                            (1, 0x80000000, "done")):
        wire = theirs.encrypt(pkt.copy(), seq_num=low, esn_en=True, esn=high)
        got = eng.packet("in", wire)
        if got[0] != word:
            return f"{high}:{low:#x} gave {got[0]} {got[1]}, expected {word}"
    return None


def engine(tool, bundle, suite, mode, outer, inner, esn):
    auth, n, word, _ = SUITES[suite]
    e = " esn" if esn else ""
    props = f"auth_algs {word}"
    if bundle:
        props += " encr_algs aes encr_auth_algs sha256"
    eng = Engine(tool, props, mode, outer, inner)
    eng.pair("transport" if bundle else mode,
             f"null - {auth} {KEY[:n].hex()} 0", e + " ah")
    if bundle:
        eng.pair(mode, f"aes-cbc {KEY[:16].hex()} sha256 {KEY[:32].hex()} 0",
                 e)
    return eng


def run(tool, bundle, suite, mode, outer, inner, esn):
    what = f"{'ESP in AH ' if bundle else ''}{suite} {mode} IPv{inner}"
    if outer != inner:
        what += f" in IPv{outer}"
    if esn:
        what += " ESN"
    ends = (US, PEER) if mode == "transport" else (US_IN, PEER_IN)
    us, peer = ends[0][inner], ends[1][inner]
    make = bundle, suite, mode, outer
    theirs = Layers(*make, SPI_IN, esn, PEER[outer], US[outer])
    ours = Layers(*make, SPI_OUT, esn, US[outer], PEER[outer])
    tests = [
        ("we open scapy's", lambda e: scapy_to_us(
            e, theirs, mode, peer, us, inner)),
        ("scapy opens ours", lambda e: us_to_scapy(
            e, ours, mode, us, peer, inner, outer)),
    ]
    if esn and not bundle:
        tests.append(("we follow ESN over the wrap", lambda e: esn_wraps(
            e, theirs, peer, us, inner)))
    for name, fn in tests:
        try:
            eng = engine(tool, bundle, suite, mode, outer, inner, esn)
            why = fn(eng)
            eng.close()
        except Exception as e:  # one broken case must not hide the others
            why = f"{type(e).__name__}: {e}"
        report(why is None, f"{what}: {name}", why)


def main():
    combos = [("transport", 4, 4), ("transport", 6, 6), ("tunnel", 4, 4),
              ("tunnel", 6, 6), ("tunnel", 4, 6), ("tunnel", 6, 4)]
    for suite, (mode, outer, inner), esn in itertools.product(
            SUITES, combos, (False, True)):
        run(sys.argv[1], False, suite, mode, outer, inner, esn)
    for suite, (mode, outer, inner) in itertools.product(
            ("sha256", "gmac128"), combos):
        run(sys.argv[1], True, suite, mode, outer, inner, False)
    return plan()


sys.exit(main())

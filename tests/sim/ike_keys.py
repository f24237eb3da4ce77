#!/ usr / bin / env python3
#SPDX - License - Identifier : Apache - 2.0
"""Expected values of tests/unit/ike_keys_test.c, computed with Python's hmac
from the formulas of RFC 7296 2.13 to 2.18, RFC 9370 and RFC 8784: independent of our code, but not
published vectors."""
import hashlib
import hmac


def prf(h, key, data):
    return hmac.new(key, data, h).digest()


def prf_plus(h, key, seed, n):
    out, t, i = b"", b"", 1
    while len(out) < n:
        t = prf(h, key, t + seed + bytes([i]))
        out += t
        i += 1
    return out[:n]


NI, NR = bytes(range(32)), bytes(range(64, 96))
G_IR = bytes(i * 7 & 255 for i in range(32))
SPIS = bytes.fromhex("0102030405060708" "1112131415161718")


def ike(h, seed, prf_len, encr, integ):
    n = 3 * prf_len + 2 * encr + 2 * integ
    return prf_plus(h, seed, NI + NR + SPIS, n)


s256, s384 = hashlib.sha256, hashlib.sha384
keys = ike(s256, prf(s256, NI + NR, G_IR), 32, 16, 32)
sk_d, sk_pi = keys[:32], keys[-64:-32]
print("aes128-sha256", keys.hex())
print("aes256gcm16-prfsha384",
      ike(s384, prf(s384, NI + NR, G_IR), 48, 36, 0).hex())
print("rekeyed to aes256gcm16-prfsha384",
      ike(s384, prf(s256, sk_d, G_IR + NI + NR), 48, 36, 0).hex())
print("child", prf_plus(s256, sk_d, NI + NR, 72).hex())
print("child with PFS", prf_plus(s256, sk_d, G_IR + NI + NR, 72).hex())
#RFC 9370 2.2.4 : two additional key exchanges; RFC 8784 3 : a PPK.
MORE = bytes(range(200, 232)) + bytes(range(100, 148))
print("rekeyed to aes256gcm16-prfsha384, RFC 9370",
      ike(s384, prf(s256, sk_d, G_IR + NI + NR + MORE), 48, 36, 0).hex())
print("child with PFS, RFC 9370",
      prf_plus(s256, sk_d, G_IR + NI + NR + MORE, 72).hex())
PPK = b"a post-quantum pre-shared key of 40 byte"
sk_pr = keys[-32:]
print("SK_d, SK_pi, SK_pr with a PPK",
      b"".join(prf_plus(s256, PPK, k, 32) for k in (sk_d, sk_pi, sk_pr)).hex())
padded = prf(s256, b"a shared secret", b"Key Pad for IKEv2")
ident = bytes.fromhex("02000000") + b"a.example"
print("AUTH", prf(s256, padded, b"the first message as sent" + NR +
                  prf(s256, sk_pi, ident)).hex())

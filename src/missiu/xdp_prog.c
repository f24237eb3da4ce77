/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/xdp_prog.h"

#include <errno.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/diag.h"
#include "missiu/err.h"

#define N_OF(a) (sizeof(a) / sizeof((a)[0]))

/* Fields of the frame. */
#define AT_TYPE	  (2 * ETH_ALEN)
#define AT_IP	  ETH_HLEN
#define AT_FRAG4  (AT_IP + 6)
#define AT_PROTO4 (AT_IP + 9)
#define AT_DST4	  (AT_IP + 16)
#define AT_NEXT6  (AT_IP + 6)
#define AT_DST6	  (AT_IP + 24)
/* As far as any of it lies; ESP and AH make shorter frames of nothing. */
#define AT_END (AT_IP + 40)

/* More fragments, or an offset (RFC 791 3.1). */
#define FRAG_MASK 0x3fff

/* As loads from a frame see it; htons() is no constant everywhere. */
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NET16(x) __builtin_bswap16(x)
#define NET32(x) __builtin_bswap32(x)
#else
#define NET16(x) (x)
#define NET32(x) (x)
#endif

/* Golden ratio: the upper bits of the product are well mixed. */
#define HASH_MUL   0x9e3779b1u
#define HASH_SHIFT 24

_Static_assert(XDP_SLOTS == 1u << (32 - HASH_SHIFT), "the hash names a slot");

/* r6 context, r2 frame, r5 table, r4 its slot, r7 to r9 and r3 address */
enum { R0, R1, R2, R3, R4, R5, R6, R7, R8, R9 };

/* Jumps name a label; link() makes offsets of them. */
enum label { NEXT, V6, LOOK, TAKE, PASS, N_LABELS };

struct line {
	enum label at; /* what other lines call this one; NEXT: nothing */
	enum label to; /* where it jumps; NEXT: does not */
	struct bpf_insn i;
};

#define INSN(c, d, s, o, k)                                                    \
	{                                                                      \
		.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o),       \
		.imm = (int32_t)(k)                                            \
	}
#define LOAD(size, d, s, o) INSN(BPF_LDX | BPF_MEM | (size), d, s, o, 0)
#define MOVE(d, s)	    INSN(BPF_ALU64 | BPF_MOV | BPF_X, d, s, 0, 0)
#define SET(d, k)	    INSN(BPF_ALU64 | BPF_MOV | BPF_K, d, 0, 0, k)
#define ALU(op, d, k)	    INSN(BPF_ALU64 | (op) | BPF_K, d, 0, 0, k)
#define ALU32(op, d, k)	    INSN(BPF_ALU | (op) | BPF_K, d, 0, 0, k)
#define ALU32R(op, d, s)    INSN(BPF_ALU | (op) | BPF_X, d, s, 0, 0)
#define ADDR(d, s)	    INSN(BPF_ALU64 | BPF_ADD | BPF_X, d, s, 0, 0)
#define JUMP(op, d, k)	    INSN(BPF_JMP | (op) | BPF_K, d, 0, 0, k)
#define JUMPR(op, d, s)	    INSN(BPF_JMP | (op) | BPF_X, d, s, 0, 0)
#define GOTO()		    INSN(BPF_JMP | BPF_JA, 0, 0, 0, 0)
#define CALL(f)		    INSN(BPF_JMP | BPF_CALL, 0, 0, 0, f)
#define EXIT()		    INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* A wide constant takes two; the kernel puts an address for a descriptor. */
#define WIDE(d, kind) INSN(BPF_LD | BPF_IMM | BPF_DW, d, kind, 0, 0)
#define WIDE2()	      INSN(0, 0, 0, 0, 0)

static const struct line program[] = {
	{ NEXT, NEXT, MOVE(R6, R1) },
	{ NEXT, NEXT, LOAD(BPF_W, R2, R6, offsetof(struct xdp_md, data)) },
	{ NEXT, NEXT, LOAD(BPF_W, R3, R6, offsetof(struct xdp_md, data_end)) },
	{ NEXT, NEXT, MOVE(R4, R2) },
	{ NEXT, NEXT, ALU(BPF_ADD, R4, AT_END) },
	{ NEXT, PASS, JUMPR(BPF_JGT, R4, R3) },
	{ NEXT, NEXT, MOVE(R4, R2) },
	{ NEXT, NEXT, ALU(BPF_ADD, R4, XDP_FRAME_MAX) },
	{ NEXT, PASS, JUMPR(BPF_JLT, R4, R3) },

	/* for this interface's address only: no groups, no other host's */
	{ NEXT, NEXT, WIDE(R5, BPF_PSEUDO_MAP_VALUE) },
	{ NEXT, NEXT, WIDE2() },
	{ NEXT, NEXT, LOAD(BPF_W, R0, R2, 0) },
	{ NEXT, NEXT, LOAD(BPF_W, R1, R5, 0) },
	{ NEXT, PASS, JUMPR(BPF_JNE, R0, R1) },
	{ NEXT, NEXT, LOAD(BPF_H, R0, R2, 4) },
	{ NEXT, NEXT, LOAD(BPF_H, R1, R5, 4) },
	{ NEXT, PASS, JUMPR(BPF_JNE, R0, R1) },

	/* tags are of another type: VLANs pass */
	{ NEXT, NEXT, LOAD(BPF_H, R0, R2, AT_TYPE) },
	{ NEXT, V6, JUMP(BPF_JEQ, R0, NET16(ETHERTYPE_IPV6)) },
	{ NEXT, PASS, JUMP(BPF_JNE, R0, NET16(ETHERTYPE_IP)) },

	/* IPv4: whole packets */
	{ NEXT, NEXT, LOAD(BPF_H, R0, R2, AT_FRAG4) },
	{ NEXT, PASS, JUMP(BPF_JSET, R0, NET16(FRAG_MASK)) },
	{ NEXT, NEXT, SET(R7, 0) },
	{ NEXT, NEXT, SET(R8, 0) },
	{ NEXT, NEXT, ALU32(BPF_MOV, R9, NET32(0xffff)) },
	{ NEXT, NEXT, LOAD(BPF_W, R3, R2, AT_DST4) },
	{ NEXT, NEXT, LOAD(BPF_B, R0, R2, AT_PROTO4) },
	{ NEXT, LOOK, GOTO() },

	/* IPv6: fragments have a header in between and pass */
	{ V6, NEXT, LOAD(BPF_W, R7, R2, AT_DST6) },
	{ NEXT, NEXT, LOAD(BPF_W, R8, R2, AT_DST6 + 4) },
	{ NEXT, NEXT, LOAD(BPF_W, R9, R2, AT_DST6 + 8) },
	{ NEXT, NEXT, LOAD(BPF_W, R3, R2, AT_DST6 + 12) },
	{ NEXT, NEXT, LOAD(BPF_B, R0, R2, AT_NEXT6) },

	{ LOOK, TAKE, JUMP(BPF_JEQ, R0, IPPROTO_ESP) },
	{ NEXT, PASS, JUMP(BPF_JNE, R0, IPPROTO_AH) },

	/* an address of ours? The same sum as in slot_of() */
	{ TAKE, NEXT, ALU32R(BPF_MOV, R4, R7) },
	{ NEXT, NEXT, ALU32R(BPF_XOR, R4, R8) },
	{ NEXT, NEXT, ALU32R(BPF_XOR, R4, R9) },
	{ NEXT, NEXT, ALU32R(BPF_XOR, R4, R3) },
	{ NEXT, NEXT, ALU32(BPF_MUL, R4, HASH_MUL) },
	{ NEXT, NEXT, ALU32(BPF_RSH, R4, HASH_SHIFT) },
	{ NEXT, NEXT, ALU(BPF_LSH, R4, 4) },
	{ NEXT, NEXT, ADDR(R4, R5) },
	{ NEXT, NEXT, LOAD(BPF_W, R0, R4, offsetof(struct xdp_table, addr)) },
	{ NEXT, PASS, JUMPR(BPF_JNE, R0, R7) },
	{ NEXT, NEXT,
	  LOAD(BPF_W, R0, R4, offsetof(struct xdp_table, addr) + 4) },
	{ NEXT, PASS, JUMPR(BPF_JNE, R0, R8) },
	{ NEXT, NEXT,
	  LOAD(BPF_W, R0, R4, offsetof(struct xdp_table, addr) + 8) },
	{ NEXT, PASS, JUMPR(BPF_JNE, R0, R9) },
	{ NEXT, NEXT,
	  LOAD(BPF_W, R0, R4, offsetof(struct xdp_table, addr) + 12) },
	{ NEXT, PASS, JUMPR(BPF_JNE, R0, R3) },

	{ NEXT, NEXT, WIDE(R1, BPF_PSEUDO_MAP_FD) },
	{ NEXT, NEXT, WIDE2() },
	{ NEXT, NEXT,
	  LOAD(BPF_W, R2, R6, offsetof(struct xdp_md, rx_queue_index)) },
	{ NEXT, NEXT, SET(R3, 0) }, /* the verdict of a miss goes here */
	{ NEXT, NEXT, CALL(BPF_FUNC_redirect_map) },
	{ NEXT, NEXT, EXIT() },

	{ PASS, NEXT, SET(R0, XDP_PASS) },
	{ NEXT, NEXT, EXIT() },
};

static uint32_t slot_of(const uint32_t a[4])
{
	return (a[0] ^ a[1] ^ a[2] ^ a[3]) * HASH_MUL >> HASH_SHIFT;
}

/* The program with offsets, descriptors and the verdict in their places. */
static void link_lines(const struct xdp_prog *p, uint32_t miss,
		       struct bpf_insn out[N_OF(program)])
{
	size_t where[N_LABELS] = { 0 };

	for (size_t i = 0; i < N_OF(program); i++)
		where[program[i].at] = i;
	for (size_t i = 0; i < N_OF(program); i++) {
		out[i] = program[i].i;
		if (program[i].to != NEXT)
			out[i].off = (int16_t)(where[program[i].to] - i - 1);
		if (out[i].src_reg == BPF_PSEUDO_MAP_VALUE &&
		    out[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			out[i].imm = p->memory;
		if (out[i].src_reg == BPF_PSEUDO_MAP_FD &&
		    out[i].code == (BPF_LD | BPF_IMM | BPF_DW))
			out[i].imm = p->sockets;
		if (out[i].code == (BPF_JMP | BPF_CALL))
			out[i - 1].imm = (int32_t)miss;
	}
}

static int bpf(enum bpf_cmd cmd, union bpf_attr *a)
{
	return (int)syscall(SYS_bpf, cmd, a, sizeof(*a));
}

static int failed(const char *what, struct missiu_diag *diag)
{
	if (errno == EPERM || errno == EACCES)
		return diag_set(
			diag, MISSIU_EPERM,
			"%s needs CAP_BPF and CAP_NET_ADMIN: run missiu "
			"as root, or without --outer",
			what);
	return diag_set(diag, MISSIU_EIO, "%s: %s", what, strerror(errno));
}

static uint64_t address_of(const void *p)
{
	return (uintptr_t)p;
}

static int make_map(enum bpf_map_type type, uint32_t value, uint32_t n,
		    uint32_t flags)
{
	union bpf_attr a = { .map_type = type,
			     .key_size = sizeof(uint32_t),
			     .value_size = value,
			     .max_entries = n,
			     .map_flags = flags };

	return bpf(BPF_MAP_CREATE, &a);
}

static size_t table_len(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);

	return (sizeof(struct xdp_table) + page - 1) & ~(page - 1);
}

static int make_table(struct xdp_prog *p, struct missiu_diag *diag)
{
	void *at;

	p->memory = make_map(BPF_MAP_TYPE_ARRAY, sizeof(struct xdp_table), 1,
			     BPF_F_MMAPABLE);
	if (p->memory < 0)
		return failed("a BPF map", diag);
	at = mmap(NULL, table_len(), PROT_READ | PROT_WRITE, MAP_SHARED,
		  p->memory, 0);
	if (at == MAP_FAILED)
		return failed("mapping a BPF map", diag);
	p->table = at;
	return 0;
}

int xdp_prog_load(struct xdp_prog *p, unsigned queues, uint32_t miss,
		  struct missiu_diag *diag)
{
	struct bpf_insn lines[N_OF(program)];
	union bpf_attr a = { .prog_type = BPF_PROG_TYPE_XDP,
			     .insns = address_of(lines),
			     .insn_cnt = N_OF(lines),
			     /* uses no function that asks for another */
			     .license = address_of("Apache-2.0"),
			     .prog_name = "missiu" };
	int err;

	*p = XDP_PROG_NONE;
	err = make_table(p, diag);
	if (err)
		return err;
	p->sockets = make_map(BPF_MAP_TYPE_XSKMAP, sizeof(uint32_t), queues, 0);
	if (p->sockets < 0)
		return failed("a map of AF_XDP sockets", diag);
	link_lines(p, miss, lines);
	p->prog = bpf(BPF_PROG_LOAD, &a);
	if (p->prog < 0)
		return failed("loading the XDP program", diag);
	return 0;
}

int xdp_prog_attach(struct xdp_prog *p, const char *iface, unsigned index,
		    bool native, struct missiu_diag *diag)
{
	union bpf_attr a = { .link_create = {
				     .prog_fd = (uint32_t)p->prog,
				     .target_ifindex = index,
				     .attach_type = BPF_XDP,
				     .flags = native ? XDP_FLAGS_DRV_MODE :
						       XDP_FLAGS_SKB_MODE } };

	p->link = bpf(BPF_LINK_CREATE, &a);
	if (p->link >= 0)
		return 0;
	switch (errno) {
	case EBUSY:
	case EEXIST:
		return diag_set(diag, MISSIU_EBUSY,
				"%s has an XDP program already ('ip link show "
				"dev %s'): run missiu without --outer",
				iface, iface);
	case EOPNOTSUPP:
		return diag_set(diag, MISSIU_EIO,
				"the driver of %s has no XDP: run missiu with "
				"'--outer xdp'",
				iface);
	case ERANGE:
	case EINVAL:
	case ENOSPC:
		return diag_set(diag, MISSIU_EIO,
				"%s takes no XDP program with its MTU, queues "
				"and features as they are (of a veth's other "
				"end, too): run missiu without --outer",
				iface);
	default:
		return failed("an XDP program on the interface", diag);
	}
}

bool xdp_prog_socket(struct xdp_prog *p, unsigned queue, int fd)
{
	union bpf_attr a = { .map_fd = (uint32_t)p->sockets,
			     .key = address_of(&queue),
			     .value = address_of(&fd) };

	return !bpf(BPF_MAP_UPDATE_ELEM, &a);
}

void xdp_prog_close(struct xdp_prog *p)
{
	const int fds[] = { p->link, p->prog, p->sockets, p->memory };

	if (p->table)
		munmap(p->table, table_len());
	for (size_t i = 0; i < N_OF(fds); i++)
		if (fds[i] >= 0)
			close(fds[i]);
	*p = XDP_PROG_NONE;
}

void xdp_table_own(struct xdp_table *t, const uint8_t mac[6])
{
	memcpy(t->mac, mac, sizeof(t->mac));
}

void xdp_table_add(struct xdp_table *t, const uint8_t *packet)
{
	uint32_t a[4] = { 0, 0, NET32(0xffff), 0 };
	uint32_t *slot;

	if (packet[0] >> 4 == 4)
		memcpy(&a[3], packet + 12, 4);
	else
		memcpy(a, packet + 8, sizeof(a));
	slot = t->addr[slot_of(a)];
	if (memcmp(slot, a, sizeof(a)) != 0)
		memcpy(slot, a, sizeof(a));
}

void xdp_table_clear(struct xdp_table *t)
{
	memset(t->addr, 0, sizeof(t->addr));
}

/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two IKE peers and a link under the input's control: each byte is a deed,
 * (low three bits) and its argument. Whatever was done to them, on a clean
 * link they find together again.
 */
#include <stdlib.h>

#include "../tests/sim/sim.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void act(struct sim *s, uint8_t deed, uint8_t arg)
{
	const int node = arg & 1;
	struct sim_pkt *p = next_packet(s);
	const struct missiu_sa *sa = sim_find_sa(s, node, MISSIU_OUT);

	if (deed == 0)
		sim_run(s, 10u * arg * arg * SIM_MS);
	else if (deed == 1)
		sim_acquire(s, node, &s->node[node].pol[0], NULL,
			    node ? "192.0.2.1" : "192.0.2.2");
	else if (deed == 2 && p)
		p->delivered = true; /* lost */
	else if (deed == 3 && p)
		p->b[(size_t)arg * 7 % p->len] ^= (uint8_t)(1 << (arg & 7));
	else if (deed == 4 && s->n_pkt) /* an old one again */
		s->pkt[arg * 13u % s->n_pkt].delivered = false;
	else if (deed == 5 && sa)
		sim_event(s, node, MISSIU_EV_SOFT, sa);
	else if (deed == 6 && p)
		p->at += arg * 100 * SIM_MS; /* late */
	else if (deed == 7 && arg == 31)
		ike_shutdown(s->node[node].ike, s->now);
	else
		sim_step(s, s->now + 1 * SIM_S);
	sim_drain(s, 0);
	sim_drain(s, 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim *s = sim_new(2);

	sim_policy(s, 0, 1);
	sim_policy(s, 1, 0);
	if (size && data[0] & 0x80) /* everything in fragments */
		s->node[0].conf.fragment_size = s->node[1].conf.fragment_size =
			200;
	if (size && data[0] & 0x40) /* IKE SAs are rekeyed, too */
		s->node[0].conf.ike_life_s = s->node[1].conf.ike_life_s = 60;
	sim_start(s);
	for (size_t i = 0; i < size && i < 200; i++)
		act(s, data[i] & 7, data[i] >> 3);
	sim_run(s, 1000 * SIM_S);
	act(s, 1, 0);
	sim_run(s, 5 * SIM_S);
	if (!sim_established(s, 0) || !sim_established(s, 1) ||
	    s->node[0].n_sa < 2) {
		sim_dump(s);
		abort();
	}
	sim_free(s);
	return 0;
}

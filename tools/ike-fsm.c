/* SPDX-License-Identifier: Apache-2.0 */
/* Prints doc/ike-fsm.md from the rows of src/ike/rules.def; see ike-fsm.sh. */
#include <stdio.h>
#include <string.h>

struct row {
	const char *from, *exchange, *direction, *tasks, *need, *may, *handler,
		*next, *why;
};

static const struct row rows[] = {
#define RULE(...) RULE_(__VA_ARGS__)
#define RULE_(state, exchange, dir, tasks, need, may, handler, next, rfc)      \
	{ #state, #exchange, #dir, #tasks, #need, #may, #handler, #next, rfc },
#define STEP(from, to, cause)                                                  \
	{ #from, NULL, NULL, NULL, NULL, NULL, NULL, "S(" #to ")", cause },
#include "ike/rules.def"
};

#define N_ROWS (sizeof(rows) / sizeof(rows[0]))

/* "P(SA) | P(KE)" as "SA KE": the words without their wrapping. */
static void words(const char *s, char *out, size_t cap)
{
	size_t n = 0;

	for (; *s && n + 1 < cap; s++) {
		if ((*s == 'P' || *s == 'S') && s[1] == '(')
			s++;
		else if (*s == ' ' || *s == ')' || (*s == '0' && !s[1]))
			continue;
		else if (*s == '|')
			out[n++] = ' ';
		else
			out[n++] = *s;
	}
	out[n] = '\0';
}

static void picture(void)
{
	char next[128], *save;

	printf("```mermaid\nstateDiagram-v2\n");
	for (size_t i = 0; i < N_ROWS; i++) {
		const struct row *r = &rows[i];

		words(r->next, next, sizeof(next));
		for (char *to = strtok_r(next, " ", &save); to;
		     to = strtok_r(NULL, " ", &save)) {
			if (!strcmp(to, r->from))
				continue;
			printf("    %s --> %s: %s%s\n", r->from, to,
			       r->exchange ? r->exchange : r->why,
			       !r->exchange		    ? "" :
			       !strcmp(r->direction, "REQ") ? " request" :
							      " response");
		}
	}
	printf("```\n\n");
}

static void table(void)
{
	char tasks[128], need[128], may[128], next[128];

	printf("| state | message | for our | must have | may have | handler "
	       "| next | RFC 7296 |\n|---|---|---|---|---|---|---|---|\n");
	for (size_t i = 0; i < N_ROWS; i++) {
		const struct row *r = &rows[i];

		if (!r->exchange)
			continue;
		words(strcmp(r->tasks, "ANY_TASK") ? r->tasks : "", tasks,
		      sizeof(tasks));
		words(r->need, need, sizeof(need));
		words(r->may, may, sizeof(may));
		words(r->next, next, sizeof(next));
		printf("| %s | %s %s | %s | %s | %s | `%s` | %s | %s |\n",
		       r->from, r->exchange,
		       strcmp(r->direction, "REQ") ? "response" : "request",
		       tasks, need, may, r->handler, next, r->why);
	}
	printf("\n| state | next | when |\n|---|---|---|\n");
	for (size_t i = 0; i < N_ROWS; i++) {
		words(rows[i].next, next, sizeof(next));
		if (!rows[i].exchange)
			printf("| %s | %s | %s |\n", rows[i].from, next,
			       rows[i].why);
	}
}

int main(void)
{
	printf("# The IKEv2 state machine\n\n"
	       "Made by `tools/ike-fsm.sh` from `src/ike/rules.def`, the table "
	       "that the daemon itself runs on.\nDo not edit.\n\n"
	       "A message that fits no row is not handled. Unprotected ones are "
	       "dropped and counted;\na request that passed its ICV is answered "
	       "with INVALID_SYNTAX and ends the SA (RFC 7296 2.21.3),\nexcept "
	       "before IKE_AUTH is over, where it is dropped. CLOSED answers "
	       "duplicates of the\nlast request only; DEAD is freed at the end "
	       "of the call.\n\n## Picture\n\n");
	picture();
	printf("## Rows\n\n");
	table();
	return 0;
}

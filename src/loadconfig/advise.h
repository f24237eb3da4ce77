/* SPDX-License-Identifier: Apache-2.0 */
/* What is right as the language goes and all the same not what one wants. */
#ifndef LOADCONFIG_ADVISE_H
#define LOADCONFIG_ADVISE_H

#include <stdio.h>

#include "missiu/script.h"

/**
 * advise() - warn of policies that no negotiation can serve
 * @name: of the text, for the place of each
 * @s:    a script; where it has keys of the kind that a policy needs, nothing
 *        is said of it
 * @to:   where one line goes for each; a few, then how many more
 */
void advise(const char *name, const struct missiu_script *s, FILE *to);

#endif

/* SPDX-License-Identifier: Apache-2.0 */
#include "missiu/err.h"

#include "missiu/drop.h"

const char *missiu_strerror(int err)
{
	switch (err) {
	case 0:
		return "success";
#define X(name, value, text)                                                   \
	case value:                                                            \
		return text;
		MISSIU_ERRORS(X)
#undef X
	default:
		return "unknown error";
	}
}

const char *missiu_drop_name(enum missiu_drop why)
{
	static const char *const names[] = { "None",
#define X(id, name, text) name,
					     MISSIU_DROPS(X)
#undef X
	};

	return why < MISSIU_DROP_MAX ? names[why] : "Unknown";
}

const char *missiu_drop_text(enum missiu_drop why)
{
	static const char *const texts[] = { "not dropped",
#define X(id, name, text) text,
					     MISSIU_DROPS(X)
#undef X
	};

	return why < MISSIU_DROP_MAX ? texts[why] : "unknown reason";
}

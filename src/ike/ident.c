/* SPDX-License-Identifier: Apache-2.0 */
#include "ike/ident.h"

#include <stdlib.h>
#include <string.h>

#include "ike/wire.h"

struct ike_name {
	size_t refs;
	uint8_t data[];
};

static bool is_long(const struct ike_id *id)
{
	return id->len > sizeof(id->data);
}

const uint8_t *ike_id_bytes(const struct ike_id *id)
{
	return is_long(id) ? id->name->data : id->data;
}

int ike_id_make(struct ike_id *out, uint8_t type, const void *p, size_t len)
{
	struct ike_id id = { .type = type, .len = (uint16_t)len };

	if (len > (type == IKE_ID_DER_DN ? IKE_ID_MAX : sizeof(id.data)))
		return MISSIU_EFULL;
	if (is_long(&id)) {
		id.name = malloc(sizeof(*id.name) + len);
		if (!id.name)
			return MISSIU_ENOMEM;
		id.name->refs = 1;
		memcpy(id.name->data, p, len);
	} else if (len) {
		memcpy(id.data, p, len);
	}
	*out = id;
	return 0;
}

struct ike_id ike_id_hold(const struct ike_id *id)
{
	if (is_long(id))
		id->name->refs++;
	return *id;
}

void ike_id_assign(struct ike_id *dst, const struct ike_id *src)
{
	const struct ike_id id = ike_id_hold(src);

	ike_id_drop(dst);
	*dst = id;
}

void ike_id_drop(struct ike_id *id)
{
	if (is_long(id) && !--id->name->refs)
		free(id->name);
	*id = (struct ike_id){ .type = IKE_ID_NONE };
}

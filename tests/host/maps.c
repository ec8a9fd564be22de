/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "maps.h"

#include <stdlib.h>
#include <string.h>

#include "base/kernel.h"

struct host_map {
	void *map;                 /* the address of its declaration: its name */
	enum host_map_kind kind;
	u32 key_bytes, value_bytes, entries;
	u32 used;                  /* of a hash */
	u8 **keys;                 /* of a hash */
	u8 **values;
};

enum { MAPS_MAX = 32 };
static struct host_map maps[MAPS_MAX];
static u32 map_count;

static struct host_map *find_map(void *map)
{
	for (u32 i = 0; i < map_count; i++)
		if (maps[i].map == map)
			return &maps[i];
	abort(); /* a map that the host does not know */
}

void host_map_create(void *map, enum host_map_kind kind, u32 key_bytes, u32 value_bytes,
		     u32 entries)
{
	struct host_map *m = &maps[map_count++];

	if (map_count > MAPS_MAX)
		abort();
	*m = (struct host_map){ map, kind, key_bytes, value_bytes, entries, 0, NULL, NULL };
	m->values = calloc(entries, sizeof(*m->values));
	m->keys = calloc(entries, sizeof(*m->keys));
	for (u32 i = 0; kind == HOST_ARRAY && i < entries; i++)
		m->values[i] = calloc(1, value_bytes);
}

void host_maps_destroy(void)
{
	for (u32 i = 0; i < map_count; i++) {
		for (u32 k = 0; k < maps[i].entries; k++) {
			free(maps[i].values[k]);
			free(maps[i].keys[k]);
		}
		free(maps[i].values);
		free(maps[i].keys);
	}
	map_count = 0;
}

/* An LPM trie's keys begin with the number of bits that count. */
static bool prefix_matches(const u8 *prefix, const u8 *key, u32 key_bytes)
{
	u32 bits;

	memcpy(&bits, prefix, sizeof(bits));
	for (u32 i = 0; i < bits && i / 8 < key_bytes - 4; i++)
		if ((prefix[4 + i / 8] ^ key[4 + i / 8]) & 0x80 >> i % 8)
			return false;
	return true;
}

static u8 *find_value(const struct host_map *m, const void *key)
{
	for (u32 i = 0; i < m->used; i++) {
		if (m->kind == HOST_PREFIXES ? prefix_matches(m->keys[i], key, m->key_bytes)
					     : !memcmp(m->keys[i], key, m->key_bytes))
			return m->values[i];
	}
	return NULL;
}

void *bpf_map_lookup_elem(void *map, const void *key)
{
	struct host_map *m = find_map(map);
	u32 index;

	if (m->kind != HOST_ARRAY)
		return find_value(m, key);
	memcpy(&index, key, sizeof(index));
	return index < m->entries ? m->values[index] : NULL;
}

void host_map_update(void *map, const void *key, const void *value)
{
	struct host_map *m = find_map(map);
	u8 *there = find_value(m, key);

	if (m->kind == HOST_ARRAY || (!there && m->used == m->entries))
		abort();
	if (!there) {
		m->keys[m->used] = malloc(m->key_bytes);
		memcpy(m->keys[m->used], key, m->key_bytes);
		there = m->values[m->used++] = malloc(m->value_bytes);
	}
	memcpy(there, value, m->value_bytes);
}

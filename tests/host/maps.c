/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "maps.h"

#include <errno.h>
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

/* The index of the entry that @key finds, or m->used. */
static u32 find_entry(const struct host_map *m, const void *key)
{
	u32 i;

	for (i = 0; i < m->used; i++) {
		if (m->kind == HOST_PREFIXES ? prefix_matches(m->keys[i], key, m->key_bytes)
					     : !memcmp(m->keys[i], key, m->key_bytes))
			break;
	}
	return i;
}

static u8 *find_value(const struct host_map *m, const void *key)
{
	u32 at = find_entry(m, key);

	return at < m->used ? m->values[at] : NULL;
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

long bpf_map_update_elem(void *map, const void *key, const void *value, u64 flags)
{
	(void)flags;
	host_map_update(map, key, value);
	return 0;
}

long bpf_map_delete_elem(void *map, const void *key)
{
	struct host_map *m = find_map(map);
	u32 at = find_entry(m, key);

	if (at == m->used)
		return -ENOENT;
	free(m->keys[at]);
	free(m->values[at]);
	m->used--;
	m->keys[at] = m->keys[m->used];
	m->values[at] = m->values[m->used];
	m->keys[m->used] = m->values[m->used] = NULL;
	return 0;
}

/* Backwards: a step may delete what it is shown. */
void host_for_each(void *map, long (*step)(void *, const void *, void *, void *), void *context)
{
	struct host_map *m = find_map(map);

	for (u32 left = m->used; left > 0; left--)
		if (step(map, m->keys[left - 1], m->values[left - 1], context))
			return;
}

void *bpf_sk_storage_get(void *map, const void *sk, void *initial, u64 flags)
{
	struct host_map *m = find_map(map);
	u8 *value = find_value(m, &sk);

	(void)initial;
	if (!value && flags) {
		u8 *zeros = calloc(1, m->value_bytes);

		host_map_update(map, &sk, zeros);
		free(zeros);
		value = find_value(m, &sk);
	}
	return value;
}

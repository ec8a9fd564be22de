/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cache/fill.h"
#include "serve/hooks.h"
#include "tap/tap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "maps.h"
#include "packet.h"
#include "serve.h"
#include "task.h"

static u64 now_jiffies = 1ULL << 32, now_ns = 1ULL << 40;

u64 bpf_jiffies64(void)
{
	return now_jiffies;
}

u64 bpf_ktime_get_ns(void)
{
	return now_ns;
}

u32 bpf_get_prandom_u32(void)
{
	static u32 state = 1;

	return state = state * 1664525 + 1013904223;
}

long bpf_ringbuf_output(void *map, const void *data, u64 bytes, u64 flags)
{
	static u8 sink[sizeof(struct bmc_miss)];

	(void)map, (void)flags;
	if (bytes != sizeof(sink))
		abort();
	memcpy(sink, data, bytes); /* every byte of it can be read */
	return 0;
}

long bpf_copy_from_user(void *to, u32 bytes, const void *from)
{
	memcpy(to, from, bytes);
	return 0;
}

long host_loop(u32 times, long (*step)(u32, void *), void *context)
{
	u32 i;

	for (i = 0; i < times; i++)
		if (step(i, context))
			return i + 1;
	return i;
}

/* The configuration is constant to its readers; libbpf changes it before the
 * load, we do here.
 */
static void set_config(struct bmc_config value)
{
	const unsigned long page = sysconf(_SC_PAGESIZE);
	unsigned long start = (unsigned long)&config & ~(page - 1);
	unsigned long end = ((unsigned long)(&config + 1) + page - 1) & ~(page - 1);

	if (mprotect((void *)start, end - start, PROT_READ | PROT_WRITE))
		abort();
	hide_bounds(start); /* a store to a constant is one that the *compiler* may leave out */
	memcpy((u8 *)start + ((unsigned long)&config & (page - 1)), &value, sizeof(value));
}

static void create_maps(u32 buckets, u32 slabs)
{
	host_maps_destroy();
	HOST_MAP_CREATE(bmc_state, HOST_ARRAY, 1);
	HOST_MAP_CREATE(bmc_stats, HOST_ARRAY, 1);
	HOST_MAP_CREATE(bmc_sources, HOST_HASH, 16);
	HOST_MAP_CREATE(bmc_clients, HOST_PREFIXES, 16);
	HOST_MAP_CREATE(bmc_locals, HOST_HASH, 16);
	HOST_MAP_CREATE(bmc_interfaces, HOST_HASH, 16);
	HOST_MAP_CREATE(bmc_buckets, HOST_ARRAY, buckets);
	HOST_MAP_CREATE(bmc_chunks, HOST_ARRAY, slabs / BMC_CHUNK_SLABS + 1);
	HOST_MAP_CREATE(bmc_slab_words, HOST_ARRAY, slabs);
	HOST_MAP_CREATE(bmc_class_slabs, HOST_ARRAY, BMC_CLASSES * slabs);
	HOST_MAP_CREATE(bmc_classes, HOST_ARRAY, BMC_CLASSES);
	HOST_MAP_CREATE(bmc_serving, HOST_ARRAY, 1);
	HOST_MAP_CREATE(bmc_admissions, HOST_ARRAY, ADMIT_REMEMBERED);
	HOST_MAP_CREATE(bmc_miss_counts, HOST_ARRAY, REPORT_SETS);
	HOST_MAP_CREATE(bmc_tap, HOST_ARRAY, 1);
	HOST_MAP_CREATE(bmc_unsynced, HOST_HASH, 64);
	HOST_MAP_CREATE(bmc_readers, HOST_HASH, 64);
	host_map_create(&bmc_conns, HOST_HASH, sizeof(void *), sizeof(struct conn), 64);
}

static u32 test_flags;

void host_break(uint32_t flags)
{
	test_flags = flags;
}

static bool serves_tcp;

void host_serve_tcp(bool serves)
{
	serves_tcp = serves;
}

void host_set_time(uint64_t ns)
{
	now_ns = ns;
}

void host_load(uint32_t buckets, uint32_t slabs, uint64_t hash_seed)
{
	set_config((struct bmc_config){
		.hash_seed = hash_seed,
		.test_flags = test_flags,
		.serves_tcp = serves_tcp,
		.buckets = buckets,
		.slabs = slabs,
		.port = 11211,
		.hz = 250,
	});
	create_maps(buckets, slabs);
	*host_state() = (struct bmc_state){
		.epoch = 1, .heartbeat = now_jiffies, .admission_gen = 1, .report_after = 1,
		.incarnation = 1, .tgid = HOST_TASK,
	};
}

static void rules_changed(void)
{
	host_state()->admission_gen++;
}

void host_listen_on(const uint8_t address[16])
{
	const u32 one = 1;

	host_map_update(&bmc_locals, address, &one);
	rules_changed();
}

void host_admit_client(const uint8_t address[16], uint32_t prefix_bits)
{
	struct bmc_client client = { .prefix_bits = prefix_bits };
	const u32 one = 1;

	memcpy(client.address.bytes, address, sizeof(client.address.bytes));
	host_map_update(&bmc_clients, &client, &one);
	rules_changed();
}

void host_serve_vlan(uint32_t vlan, const uint8_t mac[6])
{
	struct bmc_link link = { .ifindex = 1, .vlan = vlan };
	struct bmc_interface interface = { .flags = 0 };

	memcpy(interface.mac, mac, sizeof(interface.mac));
	host_map_update(&bmc_interfaces, &link, &interface);
	rules_changed();
}

void host_set_mtu(uint32_t bytes)
{
	host_packet_mtu(bytes);
}

void host_lease(struct bmc_lease *lease)
{
	bmc_lease(lease);
}

void host_fill(struct bmc_fill *fill)
{
	bmc_fill(fill);
}

struct bmc_state *host_state(void)
{
	return state_get();
}

const struct bmc_stats *host_stats(void)
{
	return stats_get();
}

const struct bmc_bucket *host_bucket(uint32_t index)
{
	return bucket_get(index);
}

uint32_t host_blocks_in_use(void)
{
	u32 in_use = 0, counted = 0;

	for (u32 slab = 0; slab < config.slabs; slab++) {
		const u64 *word = bpf_map_lookup_elem(&bmc_slab_words, &slab);

		for (u32 class = 0; class < BMC_CLASSES; class++)
			if (slab_word_is(*word, class))
				in_use += class_blocks(class) -
					  __builtin_popcountll(*word & SLAB_FREE_MASK);
	}
	for (u32 class = 0; class < BMC_CLASSES; class++)
		counted += class_get(class)->used_blocks;
	return in_use == counted ? in_use : ~0u;
}

const struct bmc_block *host_cached(uint64_t hash)
{
	const struct bmc_bucket *bucket = host_bucket(hash_bucket(hash, config.buckets));
	const struct bmc_state *state = host_state();

	for (u32 i = 0; i < BMC_SLOTS && !state->stopped; i++) {
		const struct bmc_block *block = slot_block(bucket->slots[i]);

		if (bucket->slots[i] && slot_tag(bucket->slots[i]) == hash_tag(hash) &&
		    block->epoch == state->epoch)
			return block;
	}
	return NULL;
}

bool host_was_answered(const uint8_t address[16])
{
	return bpf_map_lookup_elem(&bmc_sources, address) != NULL;
}

bool host_conn_look(struct host_socket *socket, struct host_conn *view)
{
	const struct conn *c = bpf_sk_storage_get(&bmc_conns, socket, NULL, 0);

	if (!c)
		return false;
	*view = (struct host_conn){
		.phase = c->phase, .protocol = c->protocol, .lost = c->lost,
		.is_handed_off = c->is_handed_off, .is_staged = c->staged.is_held,
		.batch_mode = c->batch.mode, .commands = c->batch.commands,
		.opens = c->opens.count, .data_left = c->data_left,
		.carried_bytes = c->carried_bytes,
	};
	memcpy(view->buckets, c->opens.buckets, sizeof(view->buckets));
	memcpy(view->carried, c->carried, c->carried_bytes);
	return true;
}

void host_conn_forget(struct host_socket *socket)
{
	bpf_map_delete_elem(&bmc_conns, &socket);
}

int host_run(enum host_hook hook, uint8_t *frame, uint32_t *bytes, uint32_t room, bool is_partial)
{
	struct xdp_md xdp = { .ingress_ifindex = 1 };
	struct __sk_buff skb = { .ifindex = 1, .len = *bytes };
	int verdict;

	xdp.data = skb.data = host_packet_put(frame, *bytes, is_partial);
	xdp.data_end = skb.data_end = host_packet_end();
	verdict = hook == HOST_XDP ? bmc_xdp(&xdp) : bmc_tc(&skb);
	*bytes = host_packet_take(frame, room);
	return verdict;
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "task.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/btf.h"

enum { NR_READ = 0, NR_SENDMSG = 46, SYN_RECV = 3, ESTABLISHED = 1, PORT = 11211 };

/* The programs' view of a socket begins with struct sock. */
struct host_socket {
	struct sock sk;
	struct tcp_sock tcp;
	u64 cookie;
};

/* tap/tap.h */
int bmc_recv(u64 *ctx);
int bmc_send(u64 *ctx);
int bmc_sk_state(u64 *ctx);
int bmc_sk_release(struct bpf_sock *sk);

static struct pt_regs registers;
static void (*on_unlock)(const void *, void *);
static void *on_unlock_context;

void host_on_unlock(void (*callback)(const void *lock, void *context), void *context)
{
	on_unlock = callback;
	on_unlock_context = context;
}

void host_unlocked(const void *lock)
{
	if (on_unlock)
		on_unlock(lock, on_unlock_context);
}

/* ---- helpers ------------------------------------------------------------ */

long bpf_probe_read_user(void *to, u32 bytes, const void *from)
{
	memcpy(to, from, bytes);
	return 0;
}

long bpf_probe_read_kernel(void *to, u32 bytes, const void *from)
{
	memcpy(to, from, bytes);
	return 0;
}

u64 bpf_get_current_pid_tgid(void)
{
	return (u64)HOST_TASK << 32 | HOST_TASK;
}

void *bpf_get_current_task_btf(void)
{
	return NULL;
}

long bpf_task_pt_regs(void *task)
{
	(void)task;
	return (long)&registers;
}

u64 bpf_get_socket_cookie(void *sk)
{
	return ((struct host_socket *)sk)->cookie;
}

struct tcp_sock *bpf_skc_to_tcp_sock(void *sk)
{
	return &((struct host_socket *)sk)->tcp;
}

/* ---- what memcached does ------------------------------------------------ */

struct host_socket *host_socket_open(void)
{
	static u64 cookies;
	struct host_socket *socket = calloc(1, sizeof(*socket));
	u64 ctx[3] = { (u64)socket, SYN_RECV, ESTABLISHED };

	socket->sk.__sk_common.skc_family = AF_INET;
	socket->sk.__sk_common.skc_num = PORT;
	socket->sk.sk_protocol = IPPROTO_OF_TCP;
	socket->cookie = ++cookies;
	bmc_sk_state(ctx);
	return socket;
}

void host_socket_release(struct host_socket *socket)
{
	bmc_sk_release((struct bpf_sock *)socket);
	host_conn_forget(socket);
	free(socket);
}

void host_socket_read(struct host_socket *socket, const void *data, uint32_t bytes, uint64_t asked)
{
	u64 ctx[3] = { (u64)socket, bytes, 0 };
	u8 *memory = malloc(bytes ? bytes : 1); /* no byte more than was received */

	memcpy(memory, data, bytes);
	registers = (struct pt_regs){ .orig_ax = NR_READ, .si = (u64)memory, .dx = asked };
	socket->tcp.copied_seq += bytes;
	bmc_recv(ctx);
	free(memory);
}

void host_socket_sent(struct host_socket *socket, const struct iovec *pieces, uint32_t count,
		      uint32_t bytes)
{
	struct msghdr message = { .msg_iov = (struct iovec *)pieces, .msg_iovlen = count };
	u64 ctx[2] = { (u64)socket, bytes };

	registers = (struct pt_regs){ .orig_ax = NR_SENDMSG, .si = (u64)&message };
	bmc_send(ctx);
}

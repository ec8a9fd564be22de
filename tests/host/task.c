/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "task.h"

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/btf.h"

enum {
	NR_READ = 0, NR_WRITE = 1, NR_PREAD = 17, NR_READV = 19, NR_RECVFROM = 45, NR_SENDMSG = 46, NR_RECVMSG = 47,
};
enum { SYN_RECV = 3, ESTABLISHED = 1, PORT = 11211 };

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
int bmc_exit(u64 *ctx);
int bmc_fork(u64 *ctx);

static struct pt_regs registers;
static u32 thread_now = HOST_TASK;
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
	return (u64)HOST_TASK << 32 | thread_now;
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

static struct host_socket *socket_of(u16 protocol)
{
	static u64 cookies;
	struct host_socket *socket = calloc(1, sizeof(*socket));

	socket->sk.__sk_common.skc_family = AF_INET;
	socket->sk.__sk_common.skc_num = PORT;
	socket->sk.sk_protocol = protocol;
	socket->cookie = ++cookies;
	return socket;
}

struct host_socket *host_socket_open(void)
{
	return host_socket_open_on(PORT);
}

struct host_socket *host_socket_open_on(uint16_t port)
{
	struct host_socket *socket = socket_of(IPPROTO_OF_TCP);
	u64 ctx[3] = { (u64)socket, SYN_RECV, ESTABLISHED };

	socket->sk.__sk_common.skc_num = port;
	bmc_sk_state(ctx);
	return socket;
}

struct host_socket *host_socket_older(void)
{
	return socket_of(IPPROTO_OF_TCP);
}

struct host_socket *host_socket_datagrams(void)
{
	return socket_of(IPPROTO_OF_UDP);
}

void host_socket_release(struct host_socket *socket)
{
	bmc_sk_release((struct bpf_sock *)socket);
	host_conn_forget(socket);
	free(socket);
}

void host_socket_read(struct host_socket *socket, const void *data, uint32_t bytes, uint64_t asked)
{
	host_socket_received(socket, HOST_READ, data, bytes, asked, 0);
}

void host_socket_received(struct host_socket *socket, enum host_call call, const void *data,
			  int bytes, uint64_t asked, int flags)
{
	static const u32 numbers[] = { NR_READ, NR_READV, NR_RECVFROM, NR_RECVMSG, NR_PREAD };
	u64 ctx[3] = { (u64)socket, (u64)bytes, (u64)flags };
	u8 *memory = malloc(bytes > 0 ? bytes : 1); /* no byte more than was received */
	struct iovec piece = { memory, asked };
	struct msghdr message = { .msg_iov = &piece, .msg_iovlen = 1 };

	registers = (struct pt_regs){ .orig_ax = numbers[call], .si = (u64)memory, .dx = asked };
	if (call == HOST_READV) {
		registers.si = (u64)&piece;
		registers.dx = 1;
	} else if (call == HOST_RECVMSG) {
		registers.si = (u64)&message;
	}
	if (bytes > 0) {
		memcpy(memory, data, bytes);
		socket->tcp.copied_seq += bytes;
	}
	bmc_recv(ctx);
	free(memory);
}

void host_socket_skip(struct host_socket *socket, uint32_t bytes)
{
	socket->tcp.copied_seq += bytes;
}

void host_socket_shut(struct host_socket *socket)
{
	socket->sk.sk_shutdown |= 1;
	socket->tcp.copied_seq++;
}

void host_run_as(uint32_t thread)
{
	thread_now = thread;
}

static void task_exits(u32 thread, u32 process, u32 others)
{
	struct signal_struct signal = { .live = { (int)others } };
	struct task_struct task = { .pid = (int)thread, .tgid = (int)process, .signal = &signal };
	u64 ctx[3] = { (u64)&task };

	bmc_exit(ctx);
}

void host_thread_exits(uint32_t thread, uint32_t others)
{
	task_exits(thread, HOST_TASK, others);
}

void host_stranger_exits(void)
{
	task_exits(HOST_TASK + 1000, HOST_TASK + 1000, 0);
}

void host_forks(uint32_t process, uint32_t child)
{
	struct task_struct from = { .pid = (int)process, .tgid = (int)process };
	struct task_struct to = { .pid = (int)child, .tgid = (int)child };
	u64 ctx[2] = { (u64)&from, (u64)&to };

	bmc_fork(ctx);
}

void host_socket_sent_to(struct host_socket *socket, const void *name, uint32_t name_bytes,
			 const void *data, uint32_t bytes)
{
	struct iovec piece = { (void *)data, bytes };
	struct msghdr message = { .msg_name = (void *)name, .msg_namelen = name_bytes,
				  .msg_iov = &piece, .msg_iovlen = 1 };
	u64 ctx[2] = { (u64)socket, bytes };

	registers = (struct pt_regs){ .orig_ax = NR_SENDMSG, .si = (u64)&message };
	bmc_send(ctx);
}

void host_socket_sent(struct host_socket *socket, const struct iovec *pieces, uint32_t count,
		      uint32_t bytes)
{
	struct msghdr message = { .msg_iov = (struct iovec *)pieces, .msg_iovlen = count };
	u64 ctx[2] = { (u64)socket, bytes };

	registers = (struct pt_regs){ .orig_ax = NR_SENDMSG, .si = (u64)&message };
	bmc_send(ctx);
}

void host_socket_wrote(struct host_socket *socket, const void *data, uint32_t bytes)
{
	u64 ctx[2] = { (u64)socket, bytes };

	registers = (struct pt_regs){ .orig_ax = NR_WRITE, .si = (u64)data, .dx = bytes };
	bmc_send(ctx);
}

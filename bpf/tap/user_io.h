/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_TAP_USER_IO_H
#define BMC_TAP_USER_IO_H

/* Where the bytes of the current system call lie in user memory: the only
 * place that knows system call numbers and registers. A task of another word
 * size, io_uring and everything else that is not listed is USER_OTHER.
 */

#include "base/btf.h"
#include "base/portable.h"

enum user_call {
	USER_OTHER,
	USER_READ,                 /* read(2), readv(2) */
	USER_RECEIVE,              /* recvfrom(2), recvmsg(2) */
	USER_SEND,
};

/* x86-64. */
enum {
	NR_read = 0, NR_write = 1, NR_readv = 19, NR_writev = 20, NR_sendto = 44,
	NR_recvfrom = 45, NR_sendmsg = 46, NR_recvmsg = 47,
};
#define SYSCALL_NR(regs) ((u64)(regs)->orig_ax)
#define SYSCALL_ARG2(regs) ((u64)(regs)->si)
#define SYSCALL_ARG3(regs) ((u64)(regs)->dx)

/* As user space lays them out (struct iovec, struct msghdr). */
struct user_iovec {
	u64 base;
	u64 bytes;
};

struct user_message {
	u64 name;
	u32 name_bytes;
	u32 pad;
	u64 iovecs;
	u64 iovec_count;
};

/* One piece of memory, or a list of pieces. */
struct user_memory {
	u64 address;
	u64 bytes;                 /* of the piece at @address, if there is no list */
	u64 iovecs;                /* address of the list, or 0 */
	u64 iovec_count;
	u64 name;                  /* of the peer, or 0 */
	u32 name_bytes;
	u32 call;                  /* enum user_call */
};

static __always_inline struct pt_regs *user_registers(void)
{
	return (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
}

static __always_inline bool user_message_read(struct user_memory *memory, u64 address)
{
	struct user_message message;

	if (bpf_probe_read_user(&message, sizeof(message), (const void *)address))
		return false;
	memory->iovecs = message.iovecs;
	memory->iovec_count = message.iovec_count;
	memory->name = message.name;
	memory->name_bytes = message.name_bytes;
	return true;
}

/* What the current call has received into: one piece, or USER_OTHER. */
static __always_inline void user_received(struct user_memory *memory)
{
	struct pt_regs *regs = user_registers();
	u64 nr = SYSCALL_NR(regs), address = SYSCALL_ARG2(regs), bytes = SYSCALL_ARG3(regs);
	struct user_iovec piece;

	*memory = (struct user_memory){ .address = address, .bytes = bytes };
	if (nr == NR_read || nr == NR_recvfrom) {
		memory->call = nr == NR_read ? USER_READ : USER_RECEIVE;
		return;
	}
	if (nr == NR_readv) {
		memory->iovecs = address;
		memory->iovec_count = bytes;
	} else if (nr != NR_recvmsg || !user_message_read(memory, address)) {
		return;
	}
	if (memory->iovec_count != 1 ||
	    bpf_probe_read_user(&piece, sizeof(piece), (const void *)memory->iovecs))
		return;
	memory->address = piece.base;
	memory->bytes = piece.bytes;
	memory->call = nr == NR_readv ? USER_READ : USER_RECEIVE;
}

/* What the current call has sent from. */
static __always_inline void user_sent(struct user_memory *memory)
{
	struct pt_regs *regs = user_registers();
	u64 nr = SYSCALL_NR(regs), address = SYSCALL_ARG2(regs), bytes = SYSCALL_ARG3(regs);

	*memory = (struct user_memory){ .address = address, .bytes = bytes };
	if (nr == NR_sendmsg) {
		if (user_message_read(memory, address))
			memory->call = USER_SEND;
	} else if (nr == NR_writev) {
		memory->iovecs = address;
		memory->iovec_count = bytes;
		memory->call = USER_SEND;
	} else if (nr == NR_write || nr == NR_sendto) {
		memory->call = USER_SEND;
	}
}

/* Whether the current call had one piece of so many bytes to send: nothing was
 * cut off.
 */
static __always_inline bool user_sent_whole(u32 bytes)
{
	struct user_memory memory;
	struct user_iovec piece;

	user_sent(&memory);
	if (memory.call != USER_SEND)
		return false;
	if (!memory.iovecs)
		return memory.bytes == bytes;
	return memory.iovec_count == 1 &&
	       !bpf_probe_read_user(&piece, sizeof(piece), (const void *)memory.iovecs) &&
	       piece.bytes == bytes;
}

#endif /* BMC_TAP_USER_IO_H */

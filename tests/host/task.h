/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#ifndef BMC_HOST_TASK_H
#define BMC_HOST_TASK_H

/* memcached as the tap sees it: a task that is in a system call on a socket. The tap's programs are the ones of bpf/tap/, to the letter; the memory
 * of the task is this process's own, so that AddressSanitizer sees a look at
 * bytes that the call has not brought.
 */

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif

enum { HOST_TASK = 4711, HOST_OPENS_MAX = 64, HOST_CARRIED_MAX = 512 };

struct host_socket;

/* A connection is established; it ends with its release. */
struct host_socket *host_socket_open(void);
struct host_socket *host_socket_open_on(uint16_t port);

/* One that was there before the tap; a UDP socket. */
struct host_socket *host_socket_older(void);
struct host_socket *host_socket_datagrams(void);
void host_socket_release(struct host_socket *socket);

/* read(2) has returned @bytes of the @asked ones. */
void host_socket_read(struct host_socket *socket, const void *data, uint32_t bytes, uint64_t asked);

/* The same by another call, and with MSG_* flags; @bytes: an error if negative. */
enum host_call { HOST_READ, HOST_READV, HOST_RECVFROM, HOST_RECVMSG, HOST_PREAD };
void host_socket_received(struct host_socket *socket, enum host_call call, const void *data,
			  int bytes, uint64_t asked, int flags);

/* The kernel hands out bytes of a stream that the tap is not shown. */
void host_socket_skip(struct host_socket *socket, uint32_t bytes);

/* The peer has closed its side; the FIN is counted with the next bytes. */
void host_socket_shut(struct host_socket *socket);

/* Which of memcached's threads makes the calls from now on. */
void host_run_as(uint32_t thread);

/* One of its threads exits, when @others are left; the only one of another process does. */
void host_thread_exits(uint32_t thread, uint32_t others);
void host_stranger_exits(void);

/* The process, or one that has nothing to do with it, starts a thread or a process. */
void host_forks(uint32_t process, uint32_t child);

/* sendmsg(2) has taken @bytes for the socket address @name. */
void host_socket_sent_to(struct host_socket *socket, const void *name, uint32_t name_bytes,
			 const void *data, uint32_t bytes);

/* Whether the address was answered over UDP (I10). */
bool host_was_answered(const uint8_t address[16]);

/* sendmsg(2) has taken the first @bytes of the pieces. */
void host_socket_sent(struct host_socket *socket, const struct iovec *pieces, uint32_t count,
		      uint32_t bytes);

/* write(2) has taken them. */
void host_socket_wrote(struct host_socket *socket, const void *data, uint32_t bytes);

/* What the tap knows of a connection (struct conn of tap/conn.h). */
struct host_conn {
	uint32_t phase;            /* enum phase */
	uint32_t protocol;         /* enum protocol */
	uint32_t lost;             /* enum bmc_desync */
	uint32_t is_handed_off;
	uint32_t is_staged;
	uint32_t batch_mode;       /* enum batch_mode */
	uint32_t commands;         /* of the batch */
	uint32_t opens;            /* of @buckets */
	uint32_t data_left;
	uint32_t carried_bytes;
	uint32_t buckets[HOST_OPENS_MAX];
	uint8_t carried[HOST_CARRIED_MAX];
};

/* False: nothing. */
bool host_conn_look(struct host_socket *socket, struct host_conn *view);
void host_conn_forget(struct host_socket *socket);

/* Calls back whenever a bucket's lock is let go. */
void host_on_unlock(void (*callback)(const void *lock, void *context), void *context);

#ifdef __cplusplus
}
#endif

#endif /* BMC_HOST_TASK_H */

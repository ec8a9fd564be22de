// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//
// Preloaded into memcached: some replies leave in two sends, as they do when the
// socket's buffer has room for a part only. sendmsg(2) may always send less.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

// How much of a reply goes out first: as much as another reply is long.
static size_t first_part(const struct iovec *piece)
{
  if (piece->iov_len == 12 && !memcmp(piece->iov_base, "NOT_STORED\r\n", 12))
    return 8; // STORED
  if (piece->iov_len == 11 && !memcmp(piece->iov_base, "NOT_FOUND\r\n", 11))
    return 9; // DELETED
  return 0;
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags)
{
  ssize_t (*next)(int, const struct msghdr *, int) = dlsym(RTLD_NEXT, "sendmsg");
  struct msghdr cut = *message;
  struct iovec piece;

  if (message->msg_name || message->msg_iovlen != 1 || !first_part(message->msg_iov))
    return next(fd, message, flags);
  piece = message->msg_iov[0];
  piece.iov_len = first_part(&piece);
  cut.msg_iov = &piece;
  return next(fd, &cut, flags);
}

/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cache/fill.h"
#include "cache/move.h"
#include "serve/hooks.h"
#include "tap/tap.h"
#include "tcp/egress.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

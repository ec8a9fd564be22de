/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#include "cache/fill.h"
#include "serve/hooks.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

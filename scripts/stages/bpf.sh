#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
#
# The BPF programs in the running kernel, on packets of ours (BPF_PROG_TEST_RUN).
source "$(dirname "$0")/../lib/stage.sh"

run_gtest "$BMC_BUILD/bmc_bpf_tests"
finish

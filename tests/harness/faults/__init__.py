# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""Everything that can go wrong around a cache, while clients hammer it and their history is checked."""

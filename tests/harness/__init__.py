# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
"""What the end-to-end tests stand on: namespaces, memcached, bmc, clients, packets.

Nothing here asserts about BMC; the tests do. Everything that is made is undone
when its owner is closed, and what a killed run left behind is swept by the next.
"""

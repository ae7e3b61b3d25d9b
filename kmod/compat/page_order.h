/* SPDX-License-Identifier: GPL-2.0 */
/*
 * page_order.h - the highest order of the page allocator.
 */
#ifndef SMCG_COMPAT_PAGE_ORDER_H
#define SMCG_COMPAT_PAGE_ORDER_H

#include <linux/mmzone.h>

/* MAX_ORDER was one more, and lost its name in 6.8. */
#ifdef MAX_PAGE_ORDER
#define SMCG_MAX_PAGE_ORDER MAX_PAGE_ORDER
#else
#define SMCG_MAX_PAGE_ORDER (MAX_ORDER - 1)
#endif

#endif

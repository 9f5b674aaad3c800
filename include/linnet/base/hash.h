/* hash.h - uthash with tables that abort when memory is out. uthash alone would end the
 * process without a word. Include this instead of <uthash.h>. */
#pragma once

#include "linnet/base/xalloc.h"

#define uthash_malloc(size) xmalloc(size)
#include <uthash.h>

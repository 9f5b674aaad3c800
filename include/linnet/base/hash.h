/* hash.h - uthash that allocates with xmalloc. With malloc, uthash calls exit(-1) without
 * a message when memory is out. Include this header, never <uthash.h>. */
#pragma once

#include "linnet/base/xalloc.h"

#define uthash_malloc(size) xmalloc(size)
#include <uthash.h>

/* emoji.h - what may be a reaction. */
#pragma once

#include <stdbool.h>

/* Longest emoji, in bytes of UTF-8. */
#define EMOJI_MAX_BYTES 32

/* True if text is exactly one emoji: a sequence of the set RGI_Emoji (UTS 51
 * section 1.4.5) of up to EMOJI_MAX_BYTES. */
bool emoji_is_one(const char *text);

#include "linnet/base/random_text.h"

#include <errno.h>
#include <sys/random.h>

int
random_text(char *text, size_t len)
{
	static const char alphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
	size_t count = 0;
	unsigned char byte;

	while (count < len) {
		if (getrandom(&byte, 1, 0) != 1)
			return -errno;
		/* 252 is a multiple of 36, so each character is equally likely. */
		if (byte < 252)
			text[count++] = alphabet[byte % 36];
	}
	text[count] = '\0';
	return 0;
}

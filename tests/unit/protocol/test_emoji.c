/* What may be a reaction. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "linnet/protocol/emoji.h"

#define ZWJ "\u200d"
#define VS16 "\ufe0f"

static void
test_one_emoji_of_any_kind_is_one(void **state)
{
	static const char *const emoji[] = {
		"\U0001f44d", "\U0001f44d\U0001f3fd", "\u2764" VS16, "\u2705",
		"1" VS16 "\u20e3", "\U0001f1e8\U0001f1f3",
		"\U0001f468" ZWJ "\U0001f469" ZWJ "\U0001f467" ZWJ "\U0001f466",
		"\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(emoji) / sizeof(emoji[0]); i++)
		assert_true(emoji_is_one(emoji[i]));
}

static void
test_anything_else_is_none(void **state)
{
	static const char *const others[] = {
		"",
		" ",
		"a",
		"1",
		"#",
		"ok",
		":+1:",
		"\n",
		"\U0001f44d\U0001f44d", /* two */
		"\U0001f44d ",
		" \U0001f44d", /* a blank */
		"\u2764",
		"\u00a9", /* text, without VS16 */
		VS16,
		ZWJ,
		"\U0001f3fd" ZWJ,       /* parts */
		"\U0001f1e8",           /* half a flag */
		"\U0001f1fd\U0001f1fd", /* the flag of no country */
		"\U0001f44d" ZWJ "\U0001f44d",
		"\u4f60",
		"\xff",
		"\U0001f44d\xf0",
		/* longer than 32 bytes */
		"\U0001f469\U0001f3fb" ZWJ "\u2764" VS16 ZWJ "\U0001f48b" ZWJ
		"\U0001f469\U0001f3ff",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(emoji_is_one(others[i]));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_emoji_of_any_kind_is_one),
		cmocka_unit_test(test_anything_else_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

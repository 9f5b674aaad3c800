/* Who has said something. The hashes are stored, so they must never change. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "chat/author.h"
#include "linnet/auth/tokens.h"

/* A speaker that has shown nothing, and its person. */
struct speaker {
	struct person person;
	struct session session;
	struct permissions permissions;
	struct input input;
};

static void
speaker_init(struct speaker *speaker)
{
	memset(speaker, 0, sizeof(*speaker));
	speaker->session.permissions = &speaker->permissions;
	speaker->session.person = &speaker->person;
	speaker->session.is_owner = true;
	speaker->input.speaker = &speaker->session;
}

/* text is what is hashed; NULL: there is no author. */
static void
check_author(const struct input *input, const char *text)
{
	unsigned char got[STORE_AUTHOR_BYTES], expected[STORE_AUTHOR_BYTES];

	if (!text) {
		assert_null(author_of(input, got));
		return;
	}
	hex_hash_raw(expected, text, strlen(text));
	assert_ptr_equal(author_of(input, got), got);
	assert_memory_equal(got, expected, sizeof(got));
}

static void
test_a_speaker_is_known_by_the_first_that_it_has_shown(void **state)
{
	static char token[] = "00112233445566778899aabbccddeeff", name[] = "ann",
		    subject[] = "1", ci[] = "ci";
	struct person_proof proof = { .token = token };
	struct speaker speaker;

	(void)state;
	speaker_init(&speaker);
	check_author(&speaker.input, NULL);
	speaker.person.proof = &proof;
	check_author(&speaker.input, "person\n00112233445566778899aabbccddeeff");
	speaker.permissions.token = ci;
	check_author(&speaker.input, "token\nci");
	speaker.permissions.name = name;
	check_author(&speaker.input, "jwt\nann\n");
	speaker.permissions.subject = subject;
	check_author(&speaker.input, "jwt\nann\n1");
}

static void
test_a_session_that_only_shares_a_name_is_not_its_person(void **state)
{
	static char token[] = "00112233445566778899aabbccddeeff";
	struct person_proof proof = { .token = token };
	struct speaker speaker;

	(void)state;
	speaker_init(&speaker);
	speaker.person.proof = &proof;
	speaker.session.is_owner = false;
	check_author(&speaker.input, NULL);
}

static void
test_a_program_is_known_by_its_token(void **state)
{
	const struct token token = { .name = "ci", .is_admin = true };
	struct chat_caller caller = { .name = "push" };
	struct chat_pending call = { .caller = &caller };
	struct asker asker = { .call = &call };
	struct input input = { .asker = &asker };

	(void)state;
	check_author(&input, NULL);
	assert_false(author_is_admin(&input));
	caller.token = &token;
	check_author(&input, "token\nci");
	assert_true(author_is_admin(&input));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_speaker_is_known_by_the_first_that_it_has_shown),
		cmocka_unit_test(
			test_a_session_that_only_shares_a_name_is_not_its_person),
		cmocka_unit_test(test_a_program_is_known_by_its_token),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "linnet/protocol/name_set.h"

static struct name_entry *
find(const struct name_set *set, const char *name, const struct name_entry *except)
{
	struct name_forms forms;

	assert_true(name_forms_write(&forms, name));
	return name_set_find(set, &forms, except);
}

static void
test_a_name_is_found_by_those_that_collide_with_it(void **state)
{
	struct name_set set = { 0 };
	struct name_entry ann;

	(void)state;
	name_set_add(&set, &ann, "ann");
	assert_ptr_equal(find(&set, "ANN", NULL), &ann);
	assert_ptr_equal(find(&set, "аnn", NULL), &ann);
	assert_null(find(&set, "anm", NULL));
	assert_null(find(&set, "аnn", &ann));
	name_set_remove(&set, &ann);
	assert_null(find(&set, "ann", NULL));
}

/* "arn" and "am" have one skeleton, and may be there together. */
static void
test_names_with_one_skeleton_are_found_one_by_one(void **state)
{
	struct name_set set = { 0 };
	struct name_entry arn, am, cyrillic;

	(void)state;
	name_set_add(&set, &arn, "arn");
	name_set_add(&set, &am, "am");
	assert_ptr_equal(find(&set, "arn", NULL), &arn);
	assert_null(find(&set, "am", &am));
	assert_ptr_equal(find(&set, "аrn", &am), &arn);
	assert_ptr_equal(find(&set, "аrn", &arn), &am);
	/* Bans may collide. */
	name_set_add(&set, &cyrillic, "аrn");
	assert_ptr_equal(find(&set, "am", &am), &cyrillic);
	name_set_remove(&set, &arn);
	name_set_remove(&set, &am);
	assert_ptr_equal(find(&set, "arn", NULL), &cyrillic);
	name_set_remove(&set, &cyrillic);
	assert_null(find(&set, "arn", NULL));
}

static void
test_a_name_with_the_same_folded_form_comes_first(void **state)
{
	struct name_set set = { 0 };
	struct name_entry arn, am;
	struct name_forms forms;

	(void)state;
	name_set_add(&set, &arn, "ａrn");
	name_set_add(&set, &am, "аm");
	assert_ptr_equal(find(&set, "arn", NULL), &arn);
	assert_true(name_forms_write(&forms, "ARN"));
	assert_ptr_equal(name_set_find_same(&set, &forms), &arn);
	assert_true(name_forms_write(&forms, "am"));
	assert_null(name_set_find_same(&set, &forms));
	name_set_remove(&set, &am);
	name_set_remove(&set, &arn);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_is_found_by_those_that_collide_with_it),
		cmocka_unit_test(test_names_with_one_skeleton_are_found_one_by_one),
		cmocka_unit_test(test_a_name_with_the_same_folded_form_comes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}

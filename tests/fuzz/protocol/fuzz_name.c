/* fuzz_name.c - each line of the data is a name. Its forms do not depend on its case, and
 * a valid name has them. */
#include <string.h>

#include "../fuzz.h"
#include "linnet/protocol/name_forms.h"

static void
check_name(const char *name)
{
	struct name_forms forms, of_folded;
	char folded[NAME_MAX_BYTES + 1];
	bool has_forms = name_forms_write(&forms, name);

	name_room_fault(name, NAME_MAX_BYTES);
	if (name_fault(name, NAME_MAX_BYTES))
		return;
	require(has_forms, "a valid name has no forms");
	name_fold(folded, name);
	require(name_forms_write(&of_folded, folded) &&
			name_forms_collide(&forms, &of_folded),
		"a name does not collide with itself in lower case");
	require(!strpbrk(name, "\n\r\x1b"), "a name has a control character");
	require(!strstr(name, ": "), "a name looks like a line");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = strndup((const char *)data, size), *line, *rest = text;

	while ((line = strsep(&rest, "\n")))
		check_name(line);
	free(text);
	return 0;
}

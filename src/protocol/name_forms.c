#include "linnet/protocol/name_forms.h"

#include <stdlib.h>
#include <string.h>
#include <unicode/unorm2.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>

#include "linnet/base/hex.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"

/* NFKC_Casefold makes at most 18 units of 3 bytes; a skeleton is about as long. */
#define FORM_UNITS 4096

#define DIGITS 10

/* UTF-16, as ICU has it. */
struct form_text {
	UChar units[FORM_UNITS];
	int32_t len;
};

static const char *const reserved[] = { "guest", "linnet", "server", "system" };

/* ICU's data is missing, or memory is out. */
static _Noreturn void
form_fail(UErrorCode error)
{
	log_error("icu_failed", log_str("error", u_errorName(error)));
	abort();
}

/* ICU's tables, opened at the first use and kept. */
static const UNormalizer2 *
form_normalizer(void)
{
	UErrorCode error = U_ZERO_ERROR;
	const UNormalizer2 *normalizer = unorm2_getNFKCCasefoldInstance(&error);

	if (U_FAILURE(error))
		form_fail(error);
	return normalizer;
}

static const USpoofChecker *
form_checker(void)
{
	static USpoofChecker *checker;
	UErrorCode error = U_ZERO_ERROR;

	if (!checker)
		checker = uspoof_open(&error);
	if (U_FAILURE(error))
		form_fail(error);
	return checker;
}

static bool
form_read(struct form_text *out, const char *utf8)
{
	UErrorCode error = U_ZERO_ERROR;

	u_strFromUTF8(out->units, FORM_UNITS, &out->len, utf8, -1, &error);
	return U_SUCCESS(error);
}

static bool
form_fold(struct form_text *out, const struct form_text *text)
{
	UErrorCode error = U_ZERO_ERROR;

	out->len = unorm2_normalize(form_normalizer(), text->units, text->len, out->units,
		FORM_UNITS, &error);
	return U_SUCCESS(error);
}

/* The skeleton, folded. */
static bool
form_skeleton(struct form_text *out, const struct form_text *text)
{
	UErrorCode error = U_ZERO_ERROR;
	struct form_text skeleton;

	skeleton.len = uspoof_getSkeleton(form_checker(), 0, text->units, text->len,
		skeleton.units, FORM_UNITS, &error);
	return U_SUCCESS(error) && form_fold(out, &skeleton);
}

static bool
form_make(struct form_text *out, enum name_form form, const struct form_text *text)
{
	struct form_text folded;

	switch (form) {
	case NAME_FOLDED:
		return form_fold(out, text);
	case NAME_WRITTEN:
		return form_skeleton(out, text);
	default:
		return form_fold(&folded, text) && form_skeleton(out, &folded);
	}
}

static bool
form_is_ascii(const char *name)
{
	for (; *name; name++)
		if ((unsigned char)*name >= 0x80)
			return false;
	return true;
}

bool
name_forms_write(struct name_forms *forms, const char *name)
{
	char digest[HEX_SHA256_BYTES + 1];
	struct form_text text, made;
	int form;

	memset(forms, 0, sizeof(*forms));
	if (!form_read(&text, name))
		return false;
	for (form = 0; form < NAME_FORMS; form++) {
		if (!form_make(&made, form, &text))
			return false;
		hex_sha256(digest, made.units, (size_t)made.len * sizeof(made.units[0]));
		memcpy(forms->digests[form], digest, NAME_DIGEST_BYTES);
	}
	forms->is_ascii = form_is_ascii(name);
	return true;
}

static bool
form_is_same(const struct name_forms *a, const struct name_forms *b, enum name_form form)
{
	return !strcmp(a->digests[form], b->digests[form]);
}

bool
name_forms_collide(const struct name_forms *a, const struct name_forms *b)
{
	return form_is_same(a, b, NAME_FOLDED) ||
	       ((!a->is_ascii || !b->is_ascii) &&
		       (form_is_same(a, b, NAME_WRITTEN) ||
			       form_is_same(a, b, NAME_CASELESS)));
}

/* True if text is form of guest-N. Skeletons are made letter by letter, so that of N has
 * only the skeletons of digits. */
static bool
form_is_guest(const struct form_text *text, enum name_form form)
{
	static struct form_text prefixes[NAME_FORMS];
	static UChar digits[NAME_FORMS][DIGITS + 1];
	struct form_text *prefix = &prefixes[form];
	int i;

	if (!prefix->len) {
		struct form_text one, made = { .len = 0 };

		form_read(&one, "guest-");
		form_make(prefix, form, &one);
		for (i = 0, one.len = 1; i < DIGITS; i++) {
			one.units[0] = (UChar)('0' + i);
			form_make(&made, form, &one);
			digits[form][i] = made.units[0];
		}
	}
	if (text->len <= prefix->len ||
		u_memcmp(text->units, prefix->units, prefix->len) != 0)
		return false;
	for (i = prefix->len; i < text->len; i++)
		if (!u_strchr(digits[form], text->units[i]))
			return false;
	return true;
}

static bool
form_is_like_guest(const char *name)
{
	int form, forms = form_is_ascii(name) ? NAME_WRITTEN : NAME_FORMS;
	struct form_text text, made;

	if (!form_read(&text, name))
		return false;
	for (form = 0; form < forms; form++)
		if (form_make(&made, form, &text) && form_is_guest(&made, form))
			return true;
	return false;
}

bool
name_is_reserved(const char *name)
{
	static struct name_forms words[ARRAY_SIZE(reserved)];
	struct name_forms forms;
	size_t i;

	if (!name_forms_write(&forms, name))
		return false;
	for (i = 0; i < ARRAY_SIZE(reserved); i++) {
		if (!*words[i].digests[0])
			name_forms_write(&words[i], reserved[i]);
		if (name_forms_collide(&forms, &words[i]))
			return true;
	}
	return form_is_like_guest(name);
}

bool
name_looks_like(uint32_t code, char ascii)
{
	struct form_text text, made;

	if (code < 0x80)
		return code == (uint32_t)ascii;
	text.len = 0;
	U16_APPEND_UNSAFE(text.units, text.len, code);
	return form_make(&made, NAME_CASELESS, &text) && made.len == 1 &&
	       made.units[0] == (UChar)ascii;
}

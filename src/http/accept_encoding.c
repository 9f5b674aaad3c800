#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "linnet/base/util.h"
#include "linnet/http/parser.h"

/* Weight of each coding in thousandths; -1: not named. */
struct weights {
	int gzip;
	int identity;
	int any; /* of codings that are not named */
};

static const char *
accept_encoding_skip_blanks(const char *text)
{
	return text + strspn(text, " \t");
}

/* RFC 9110 section 12.4.2: 0 to 1 with up to three decimals. Moves *at past it. Returns
 * thousandths, or -1. */
static int
accept_encoding_read_weight(const char **at)
{
	const char *c = *at;
	int weight, unit = 100;

	if (*c != '0' && *c != '1')
		return -1;
	weight = (*c++ - '0') * 1000;
	if (*c == '.')
		for (c++; unit && isdigit((unsigned char)*c); unit /= 10)
			weight += (*c++ - '0') * unit;
	*at = c;
	return weight <= 1000 ? weight : -1;
}

/* If a coding is named twice, the lower weight is used. */
static void
accept_encoding_note_weight(
	struct weights *weights, const char *name, size_t len, int weight)
{
	/* RFC 9110 section 8.4.1.3: "x-gzip" is an alias. */
	static const char *const names[] = { "gzip", "x-gzip", "identity", "*" };
	int *const slots[] = { &weights->gzip, &weights->gzip, &weights->identity,
		&weights->any };
	size_t i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (len == strlen(names[i]) && !strncasecmp(name, names[i], len) &&
			(*slots[i] < 0 || weight < *slots[i]))
			*slots[i] = weight;
}

/* Read one member of the list and move *at past it. Returns false if it is invalid. */
static bool
accept_encoding_read_member(const char **at, struct weights *weights)
{
	const char *name = *at;
	size_t len = strcspn(name, " \t,;");
	const char *c = accept_encoding_skip_blanks(name + len);
	int weight = 1000;

	if (*c == ';') {
		c = accept_encoding_skip_blanks(c + 1);
		if (strncasecmp(c, "q=", 2) != 0)
			return false;
		c += 2;
		weight = accept_encoding_read_weight(&c);
		c = accept_encoding_skip_blanks(c);
	}
	if (len == 0 || weight < 0 || (*c && *c != ','))
		return false;
	accept_encoding_note_weight(weights, name, len, weight);
	*at = c;
	return true;
}

static bool
accept_encoding_read_list(const char *list, struct weights *weights)
{
	for (;;) {
		list += strspn(list, ", \t");
		if (!*list)
			return true;
		if (!accept_encoding_read_member(&list, weights))
			return false;
	}
}

bool
http_head_accepts_gzip(const struct http_head *head)
{
	struct weights weights = { -1, -1, -1 };
	const struct http_field *field = NULL;
	int gzip;

	while ((field = http_head_next(head, "accept-encoding", field)))
		if (!accept_encoding_read_list(field->value, &weights))
			return false;
	gzip = weights.gzip >= 0 ? weights.gzip : weights.any;
	return gzip > 0 && gzip >= weights.identity;
}

#include "http/date.h"

#include "linnet/base/util.h"

void
http_date_write(time_t time, char out[HTTP_DATE_BYTES])
{
	struct tm tm;

	strftime(out, HTTP_DATE_BYTES, "%a, %d %b %Y %H:%M:%S GMT", gmtime_r(&time, &tm));
}

/* A year that seems to be more than 50 years ahead is one of the past. */
static void
date_set_century(struct tm *date, time_t now)
{
	struct tm today;

	gmtime_r(&now, &today);
	date->tm_year = today.tm_year / 100 * 100 + date->tm_year % 100;
	if (date->tm_year > today.tm_year + 50)
		date->tm_year -= 100;
}

bool
http_date_read(const char *text, time_t now, time_t *time)
{
	static const struct {
		const char *form;
		bool is_short; /* the year has two digits */
	} forms[] = {
		{ "%a, %d %b %Y %H:%M:%S GMT", false },
		{ "%A, %d-%b-%y %H:%M:%S GMT", true },
		{ "%a %b %e %H:%M:%S %Y", false },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(forms); i++) {
		struct tm date = { 0 };
		const char *end = strptime(text, forms[i].form, &date);

		if (!end || *end)
			continue;
		if (forms[i].is_short)
			date_set_century(&date, now);
		*time = timegm(&date);
		return true;
	}
	return false;
}

/* date.h - the dates of headers (RFC 9110 section 5.6.7). */
#pragma once

#include <stdbool.h>
#include <time.h>

/* Length of a date with its terminating 0. */
#define HTTP_DATE_BYTES 30

/* Write time as a date. */
void http_date_write(time_t time, char out[HTTP_DATE_BYTES]);

/* Read a date in one of the three forms that clients may send. now decides the century of
 * a year with two digits. Returns false if text is no date. */
bool http_date_read(const char *text, time_t now, time_t *time);

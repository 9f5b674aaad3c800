/* static.h - answers requests for the files of the static page. */
#pragma once

#include "linnet/http/http.h"
#include "linnet/http/static/gzip_cache.h"
#include "linnet/http/static/static_file.h"

struct page_door {
	const struct page *page;
	struct page_gzip gzip;
};

/* Set up the door; borrows page. */
void page_door_init(struct page_door *door, const struct page *page);

/* Free what the door keeps. One that is all zero keeps nothing. */
void page_door_fini(struct page_door *door);

/* Its routes: every path that no other table has. */
struct http_routes page_door_routes(struct page_door *door);

/* static.h - serves the files of the static page. */
#pragma once

#include "linnet/http/http.h"
#include "linnet/http/static/gzip_cache.h"
#include "linnet/http/static/static_file.h"
#include "linnet/http/static/static_index.h"

struct static_door {
	const struct static_root *page;
	struct gzip_cache gzip;
	struct static_index index;
};

/* Set up the door; borrows page. */
void static_door_init(struct static_door *door, const struct static_root *page);

/* Free the door's memory. All zero is fine. */
void static_door_fini(struct static_door *door);

/* The route for every path that no other table has. "/v/TAG/PATH" is the file at PATH; if
 * TAG is the page's version, browsers may keep it for ever. */
struct http_routes static_door_routes(struct static_door *door);

/* page_door.h - answers requests for the files of the static page. */
#pragma once

#include "linnet/http.h"
#include "linnet/page.h"

/* Its routes: every path that no other table has. Borrows page. */
struct http_routes page_door_routes(struct page *page);

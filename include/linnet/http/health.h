/* health.h - tells whoever watches the daemon that it lives, and takes requests. */
#pragma once

#include "linnet/http/http.h"

/* Its routes: /healthz and /readyz. */
struct http_routes health_routes(void);

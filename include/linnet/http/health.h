/* health.h - health checks: the daemon runs, and accepts requests. */
#pragma once

#include "linnet/http/http.h"

/* The routes /healthz and /readyz. */
struct http_routes health_routes(void);

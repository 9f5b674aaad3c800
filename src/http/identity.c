#include "http/identity.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "http/forwarded.h"
#include "linnet/base/log.h"
#include "linnet/base/util.h"
#include "linnet/protocol/name.h"

#define HTTPS_PORT 443

/* Headers that only proxies add. */
static const char *const marks[] = { "forwarded", "via", "x-real-ip", "x-client-ip",
	"x-cluster-client-ip", "x-original-forwarded-for", "true-client-ip",
	"cf-connecting-ip", "fastly-client-ip", "x-envoy-external-address" };

/* Every header that begins so, too. */
static const char mark_prefix[] = "x-forwarded-";

/* Returns the name of a header that says that the request was forwarded, or NULL. */
static const char *
identity_find_mark(const struct http_head *head)
{
	for (size_t i = 0; i < head->field_count; i++)
		if (!strncmp(head->fields[i].name, mark_prefix, sizeof(mark_prefix) - 1))
			return head->fields[i].name;
	for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
		if (http_head_value(head, marks[i]))
			return marks[i];
	return NULL;
}

/* True if host is a name of this machine itself. A page whose own name points here (DNS
 * rebinding), and a proxy that passes the name on, send another name. */
static bool
identity_is_local_host(const char *host)
{
	size_t len = !strncmp(host, "127.", 4)            ? strspn(host, "0123456789.")
		     : !strncmp(host, "[::1]", 5)         ? 5
		     : !strncasecmp(host, "localhost", 9) ? 9
							  : 0;

	return len && (!host[len] || host[len] == ':');
}

/* Why a request from a loopback address may be another machine's, or NULL. is_vouched: a
 * trusted proxy has named its client, so only the host counts. */
static const char *
identity_doubt(const struct http_head *head, bool is_vouched)
{
	if (!identity_is_local_host(head->host))
		return "host";
	if (is_vouched)
		return NULL;
	/* The default of nginx. Programs of today speak HTTP/1.1. */
	if (head->is_http_1_0)
		return "http_1_0";
	return identity_find_mark(head) ? "header" : NULL;
}

static const char *
identity_printable(const char *value)
{
	return name_is_line(value) ? value : "?";
}

/* The port in a Host header. */
static unsigned long
identity_port_of(const char *host, unsigned long preset)
{
	const char *port = strrchr(host, ':');

	/* A colon in brackets is part of an IPv6 address. */
	return port && !strchr(port, ']') ? strtoul(port + 1, NULL, 10) : preset;
}

/* True if host is what this machine itself calls its HTTPS port when it uses the public
 * name. A proxy that passes encrypted bytes on has the public port itself. */
static bool
identity_is_own_port(const struct http_request *request)
{
	return *request->http->door->config->http.tls_certificate &&
	       request->conn->port == identity_port_of(request->head->host, HTTPS_PORT);
}

/* True if the host shows that a proxy has forwarded the request. */
static bool
identity_is_host_of_proxy(const struct http_request *request)
{
	return !request->conn->is_unix && !identity_is_local_host(request->head->host) &&
	       !identity_is_own_port(request);
}

/* Tell the operator once that a proxy is not listed. On loopback its connections have no
 * limits; on a UNIX socket they have those of one address. */
static void
identity_warn_of_proxy(const struct http_request *request)
{
	struct http_door *door = request->http->door;
	const struct conn *conn = request->conn;
	const char *mark = identity_find_mark(request->head);

	if (door->has_warned_of_proxy || (!mark && !identity_is_host_of_proxy(request)))
		return;
	door->has_warned_of_proxy = true;
	log_warn("proxy_not_trusted",
		log_str("peer", conn->is_unix ? "unix" : conn->peer),
		log_str("host", identity_printable(request->head->host)),
		log_str("header", mark ? mark : ""),
		log_str("hint", conn->is_unix
					? "add \"unix\" to http.trusted_proxies: all its "
					  "clients share the limits of one address"
					: "if a proxy on this machine sent this, add it "
					  "to http.trusted_proxies: its clients have no "
					  "limits per address"));
}

void
http_warn_not_local(const struct http_request *request)
{
	struct http_door *door = request->http->door;
	const char *mark = request->head ? identity_find_mark(request->head) : NULL;

	if (!request->not_local || door->has_warned_not_local)
		return;
	door->has_warned_not_local = true;
	log_warn("not_local", log_str("peer", request->conn->peer),
		log_str("why", request->not_local),
		log_str("host",
			request->head ? identity_printable(request->head->host) : ""),
		log_str("header", mark ? mark : ""),
		log_str("hint", "to count as local, a request must ask for localhost by "
				"HTTP/1.1 and bypass all proxies; others need a token"));
}

int
identity_find(struct http_request *request)
{
	const struct http_head *head = request->head;
	struct conn *conn = request->conn;
	struct in6_addr client = in6addr_any;
	bool is_proxy = conn_is_proxy(conn);
	int found = -ENOENT, set = 0;

	conn_unset_client(conn);
	if (is_proxy)
		found = forwarded_find_client(
			conn->table->proxies, head, &conn->address, &client);
	else if (conn->is_loopback || conn->is_unix)
		identity_warn_of_proxy(request);
	/* A proxy that forwards for somebody it does not name forwards for a stranger. */
	if (found != -ENOENT || (is_proxy && identity_find_mark(head)))
		set = conn_set_client(conn, &client);
	if (set < 0)
		return set;
	request->not_local = conn->is_loopback ? identity_doubt(head, found == 0) : NULL;
	request->is_local = conn->is_loopback && !request->not_local;
	return 0;
}

bool
identity_is_https(const struct http_request *request)
{
	const char *proto = http_head_value(request->head, "x-forwarded-proto");

	return *request->http->door->config->http.tls_certificate ||
	       (proto && !strcasecmp(proto, "https") && conn_is_proxy(request->conn));
}

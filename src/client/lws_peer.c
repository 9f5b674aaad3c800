#include "client/lws_peer.h"

#include <ctype.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/buffer.h"
#include "linnet/base/util.h"

#define PROTOCOL "linnet"

#define RX_BYTES 16384

/* libwebsockets cuts a longer request line. */
#define TARGET_BYTES 1900

/* The server is asked for a sign of life after so many seconds of silence, and given up
 * when none has come. */
static const lws_retry_bo_t heartbeat = {
	.secs_since_valid_ping = 30,
	.secs_since_valid_hangup = 40,
};

/* OpenSSL has checked a certificate of the server. Returns nonzero to refuse it. */
static int
lws_peer_judge_certificate(struct lws_peer *peer, X509_STORE_CTX *check, size_t is_valid)
{
	if (!is_valid && peer)
		peer->certificate_fault =
			X509_verify_cert_error_string(X509_STORE_CTX_get_error(check));
	return !is_valid;
}

static int
lws_peer_on_lws(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in,
	size_t len)
{
	struct lws_peer *peer = wsi ? lws_get_opaque_user_data(wsi) : NULL;
	int r;

	if (reason == LWS_CALLBACK_OPENSSL_PERFORM_SERVER_CERT_VERIFICATION)
		return lws_peer_judge_certificate(peer, user, len);
	if (!peer)
		return 0;
	peer->wsi = wsi;
	r = peer->on_event(peer, reason, in, len);
	if (reason == LWS_CALLBACK_CLIENT_CONNECTION_ERROR ||
		reason == LWS_CALLBACK_WSI_DESTROY)
		peer->is_over = true;
	if (reason == LWS_CALLBACK_WSI_DESTROY)
		peer->wsi = NULL;
	return r;
}

const struct lws_protocols *
lws_peer_protocols(void)
{
	static const struct lws_protocols rows[] = {
		{
			.name = PROTOCOL,
			.callback = lws_peer_on_lws,
			.rx_buffer_size = RX_BYTES,
		},
		{ 0 },
	};

	return rows;
}

void
lws_peer_connect(struct lws_peer *peer, const struct client *client, const char *method,
	const char *path)
{
	const struct url *url = &client->url;
	struct buffer target = { 0 };
	struct lws_client_connect_info info = {
		.context = runner_lws(client->runner),
		.address = url->address,
		.port = url->port,
		.ssl_connection = url->is_tls ? LCCSCF_USE_SSL : 0,
		.host = url->authority,
		.method = method,
		.local_protocol_name = PROTOCOL,
		.ietf_version_or_minus_one = -1,
		.alpn = "http/1.1",
		.opaque_user_data = peer,
		.retry_and_idle_policy = &heartbeat,
	};

	buffer_printf(&target, "%s%s", url->prefix, path);
	info.path = target.bytes;
	if (target.len > TARGET_BYTES || !lws_client_connect_via_info(&info))
		peer->is_over = true;
	buffer_clear(&target);
}

int
lws_peer_add_header(
	struct lws_peer *peer, void *in, size_t len, const char *name, const char *value)
{
	unsigned char **at = in, *end = *at + len;

	return lws_add_http_header_by_name(peer->wsi, (const unsigned char *)name,
		       (const unsigned char *)value, (int)strlen(value), at, end)
		       ? -1
		       : 0;
}

int
lws_peer_add_token(
	struct lws_peer *peer, const struct client *client, void *in, size_t len)
{
	struct buffer value = { 0 };
	int r;

	if (!client->token)
		return 0;
	buffer_printf(&value, "Bearer %s", client->token);
	r = lws_peer_add_header(peer, in, len, "Authorization:", value.bytes);
	buffer_clear(&value);
	return r;
}

int
lws_peer_read_status(struct lws_peer *peer, int *retry_after_s)
{
	char text[16];
	int len = lws_hdr_copy(peer->wsi, text, sizeof(text), WSI_TOKEN_HTTP_RETRY_AFTER);

	*retry_after_s = len > 0 && len < 7 && isdigit((unsigned char)*text)
				 ? (int)strtol(text, NULL, 10)
				 : -1;
	return (int)lws_http_client_http_response(peer->wsi);
}

void
lws_peer_copy_reason(
	const struct lws_peer *peer, char *out, size_t size, const void *in, size_t len)
{
	if (peer->certificate_fault) {
		snprintf(out, size, "the server's certificate is not valid: %s",
			peer->certificate_fault);
		return;
	}
	len = in ? size_min(strnlen(in, len), size - 1) : 0;
	if (len)
		memcpy(out, in, len);
	out[len] = '\0';
}

void
lws_peer_kill(struct lws_peer *peer)
{
	if (!peer->wsi)
		return;
	lws_set_opaque_user_data(peer->wsi, NULL);
	lws_set_timeout(peer->wsi, PENDING_TIMEOUT_USER_OK, LWS_TO_KILL_SYNC);
	peer->wsi = NULL;
	peer->is_over = true;
}

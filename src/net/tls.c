#include "linnet/net/tls.h"

#include <openssl/err.h>
#include <openssl/x509err.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "linnet/base/file_mode.h"
#include "linnet/base/xalloc.h"
#include "linnet/config/config.h"
#include "net/tls_private.h"

/* The ciphers of TLS 1.2 with forward secrecy. All those of TLS 1.3 have it. */
#define CIPHERS "ECDHE+AESGCM:ECDHE+CHACHA20"

struct tls {
	SSL_CTX *context;
};

/* RFC 7301 section 3.1, in OpenSSL's form. */
static const unsigned char protocol[] = "\x08http/1.1";

const char *
tls_error_text(void)
{
	unsigned long error = ERR_peek_error();
	const char *text = ERR_reason_error_string(error);

	if (ERR_SYSTEM_ERROR(error))
		return strerror(ERR_GET_REASON(error));
	return text ? text : "unknown error";
}

/* A client that offers only other protocols is rejected. One that offers none is served,
 * because this callback is not called then. */
static int
tls_on_protocols(SSL *ssl, const unsigned char **out, unsigned char *out_len,
	const unsigned char *offered, unsigned offered_len, void *unused)
{
	unsigned char *chosen;

	(void)ssl;
	(void)unused;
	if (SSL_select_next_proto(&chosen, out_len, protocol, sizeof(protocol) - 1,
		    offered, offered_len) != OPENSSL_NPN_NEGOTIATED)
		return SSL_TLSEXT_ERR_ALERT_FATAL;
	*out = chosen;
	return SSL_TLSEXT_ERR_OK;
}

/* Without this OpenSSL asks for a password on the terminal. */
static int
tls_on_password(char *out, int size, int is_writing, void *unused)
{
	(void)out;
	(void)size;
	(void)is_writing;
	(void)unused;
	return 0;
}

static bool
tls_set_options(SSL_CTX *context)
{
	/* A peer may close without TLS's own close: HTTP and WebSocket have their own
	 * ends of messages. */
	SSL_CTX_set_options(context, SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
					     SSL_OP_IGNORE_UNEXPECTED_EOF);
	SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE |
					  SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
					  SSL_MODE_RELEASE_BUFFERS);
	/* Clients that come back use a session ticket instead. */
	SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_default_passwd_cb(context, tls_on_password);
	SSL_CTX_set_alpn_select_cb(context, tls_on_protocols, NULL);
	return SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1 &&
	       SSL_CTX_set_cipher_list(context, CIPHERS) == 1;
}

/* Why a file cannot be used. Returns otherwise if OpenSSL's own text would not help. */
static const char *
tls_describe_file(const char *otherwise)
{
	unsigned long error = ERR_peek_error();
	bool is_told = ERR_SYSTEM_ERROR(error) || ERR_GET_LIB(error) == ERR_LIB_SSL;

	return is_told ? tls_error_text() : otherwise;
}

static bool
tls_is_misfit(void)
{
	unsigned long error = ERR_peek_error();

	return ERR_GET_LIB(error) == ERR_LIB_X509 &&
	       ERR_GET_REASON(error) == X509_R_KEY_VALUES_MISMATCH;
}

/* Returns the problem with the key, or NULL. Without a certificate only the file is
 * checked. */
static const char *
tls_use_key(SSL_CTX *context, const char *key)
{
	static const char misfit[] = "is not the key of http.tls_certificate";

	if (SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) == 1)
		return !SSL_CTX_get0_certificate(context) ||
				       SSL_CTX_check_private_key(context) == 1
			       ? NULL
			       : misfit;
	return tls_is_misfit() ? misfit
			       : tls_describe_file(
					 "has no private key in PEM without a password");
}

static void
tls_report(struct config_errors *errors, const struct config *config, const char *key,
	const char *path, const char *fault)
{
	if (fault)
		config_errors_report(errors, config, key, CONFIG_NO_ITEM, "%s %s: %s",
			key, path, fault);
}

struct tls *
tls_new(const struct config *config, struct config_errors *errors,
	struct config_errors *warnings)
{
	static const char certificate_key[] = "http.tls_certificate";
	const char *certificate = config->http.tls_certificate;
	const char *key = config->http.tls_key, *fault = NULL;
	size_t before = errors->count;
	struct tls *tls = xcalloc(1, sizeof(*tls));

	ERR_clear_error();
	tls->context = SSL_CTX_new(TLS_server_method());
	if (!tls->context || !tls_set_options(tls->context))
		fault = tls_error_text();
	else if (SSL_CTX_use_certificate_chain_file(tls->context, certificate) != 1)
		fault = tls_describe_file("has no certificate in PEM");
	tls_report(errors, config, certificate_key, certificate, fault);
	ERR_clear_error();
	if (tls->context)
		tls_report(errors, config, "http.tls_key", key,
			tls_use_key(tls->context, key));
	if (file_mode_is_public(key))
		config_errors_report(warnings, config, "http.tls_key", CONFIG_NO_ITEM,
			"everybody on this machine can read http.tls_key; run chmod o= "
			"%s",
			key);
	if (errors->count == before)
		return tls;
	tls_free(tls);
	return NULL;
}

uint64_t
tls_expiry_s(const struct tls *tls)
{
	const X509 *certificate = SSL_CTX_get0_certificate(tls->context);
	time_t end;
	struct tm tm;

	if (!ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &tm))
		return 0;
	end = timegm(&tm);
	return end > 0 ? (uint64_t)end : 0;
}

void
tls_replace(struct tls *tls, struct tls *fresh)
{
	/* Open connections keep the old one. */
	SSL_CTX_free(tls->context);
	tls->context = fresh->context;
	free(fresh);
}

void
tls_free(struct tls *tls)
{
	if (!tls)
		return;
	SSL_CTX_free(tls->context);
	free(tls);
}

SSL *
tls_session_new(struct tls *tls, int fd)
{
	SSL *ssl = SSL_new(tls->context);
	BIO *bio = tls_socket_new(fd);

	if (!ssl)
		abort(); /* out of memory */
	SSL_set_bio(ssl, bio, bio);
	SSL_set_accept_state(ssl);
	return ssl;
}

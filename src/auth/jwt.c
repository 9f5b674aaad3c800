#include <errno.h>
#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/hmac.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth_private.h"
#include "linnet/base/xalloc.h"
#include "linnet/protocol/name.h"

/* base64url (RFC 4648 section 5) */
#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* A token with "aud" must name this audience (RFC 7519 section 4.1.3). */
#define AUDIENCE "linnet"

/* Accept a token this long before its "nbf", because clocks differ. */
#define EARLY_MS 60000

/* A later time (in s) counts as never, so that the ms fit into an int64_t. */
#define NEVER_S 1e12
#define NEVER_MS INT64_MAX

/* Bytes of an HS256 signature in base64url. */
#define SIGNATURE_CHARACTERS 43

/* Room for len bytes in base64url, with padding and a NUL. */
#define JWT_ENCODED_BYTES(len) (((len) + 2) / 3 * 4 + 1)

/* The parts of a token (RFC 7515 section 7.1), in base64url. */
struct jwt_parts {
	const char *header, *claims, *signature;
	size_t header_len, claims_len, signature_len;
};

/* Read a part and the dot after it, if there is one. Returns false if it is empty or has
 * other characters. */
static bool
jwt_read_part(const char **text, const char **part, size_t *len)
{
	*part = *text;
	*len = strspn(*text, ALPHABET);
	*text += *len;
	if (**text == '.')
		++*text;
	else if (**text)
		return false;
	return *len;
}

static bool
jwt_split(const char *text, struct jwt_parts *parts)
{
	size_t len = strlen(text);

	return jwt_read_part(&text, &parts->header, &parts->header_len) &&
	       jwt_read_part(&text, &parts->claims, &parts->claims_len) &&
	       jwt_read_part(&text, &parts->signature, &parts->signature_len) &&
	       parts->signature + parts->signature_len == parts->header + len;
}

/* Write bytes in base64url without padding to out, which has room for it. */
static void
jwt_encode(char *out, const uint8_t *bytes, size_t len)
{
	EVP_EncodeBlock((uint8_t *)out, bytes, (int)len);
	for (; *out && *out != '='; out++)
		*out = *out == '+' ? '-' : *out == '/' ? '_' : *out;
	*out = '\0';
}

/* Decode base64url that jwt_read_part has checked, and read it as a JSON object. Returns
 * NULL if it is none. */
static json_t *
jwt_decode_object(const char *text, size_t len)
{
	uint8_t padded[TOKEN_MAX_BYTES + 4], bytes[TOKEN_MAX_BYTES];
	size_t i, padding = (4 - len % 4) % 4;
	json_t *object;

	if (padding == 3)
		return NULL;
	for (i = 0; i < len; i++)
		padded[i] = text[i] == '-'   ? '+'
			    : text[i] == '_' ? '/'
					     : (uint8_t)text[i];
	memset(padded + len, '=', padding);
	if (EVP_DecodeBlock(bytes, padded, (int)(len + padding)) < 0)
		return NULL;
	object = json_loadb(
		(const char *)bytes, (len + padding) / 4 * 3 - padding, 0, NULL);
	if (json_is_object(object))
		return object;
	json_decref(object);
	return NULL;
}

/* The type of an access token (RFC 9068 section 2.1) is accepted beside the general one.
 * "application/" may be left out (RFC 7515 section 4.1.9). */
static bool
jwt_type_is_accepted(const json_t *header)
{
	static const char application[] = "application/";
	const json_t *value = json_object_get(header, "typ");
	const char *type = json_string_value(value);

	if (!value)
		return true;
	if (!type)
		return false;
	if (!strncasecmp(type, application, sizeof(application) - 1))
		type += sizeof(application) - 1;
	return !strcasecmp(type, "JWT") || !strcasecmp(type, "at+jwt");
}

static bool
jwt_header_is_accepted(const struct jwt_parts *parts)
{
	json_t *header = jwt_decode_object(parts->header, parts->header_len);
	const char *alg = json_string_value(json_object_get(header, "alg"));
	/* "crit" lists extensions that the receiver must know (RFC 7515 section 4.1.11);
	 * we know none. */
	bool good = alg && !strcmp(alg, "HS256") && !json_object_get(header, "crit") &&
		    jwt_type_is_accepted(header);

	json_decref(header);
	return good;
}

/* Write the signature of text, len bytes, to out, which has room for it and a NUL: HMAC
 * with SHA-256 (RFC 7515 appendix A.1). */
static void
jwt_sign(char *out, const struct jwt_secret *secret, const char *text, size_t len)
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned mac_len;

	/* Fails only if memory is out. */
	if (!HMAC(EVP_sha256(), secret->bytes, (int)secret->len, (const uint8_t *)text,
		    len, mac, &mac_len))
		xalloc_fail("openssl");
	jwt_encode(out, mac, mac_len);
}

static bool
jwt_is_signed(const struct jwt_secret *secret, const struct jwt_parts *parts)
{
	size_t len = (size_t)(parts->claims + parts->claims_len - parts->header);
	char text[JWT_ENCODED_BYTES(EVP_MAX_MD_SIZE)];

	jwt_sign(text, secret, parts->header, len);
	return parts->signature_len == SIGNATURE_CHARACTERS &&
	       !CRYPTO_memcmp(text, parts->signature, SIGNATURE_CHARACTERS);
}

/* Returns the claims of a token that is signed with the secret, or NULL. */
static json_t *
jwt_read_claims(const struct jwt_secret *secret, const char *text)
{
	struct jwt_parts parts;

	if (!jwt_split(text, &parts) || !jwt_header_is_accepted(&parts) ||
		!jwt_is_signed(secret, &parts))
		return NULL;
	return jwt_decode_object(parts.claims, parts.claims_len);
}

/* Read a time (RFC 7519 section 2, NumericDate) as Unix ms, at least 1; if_missing if
 * there is none. Returns false if it is not a number. */
static bool
jwt_read_time(const json_t *claims, const char *name, int64_t if_missing, int64_t *ms)
{
	const json_t *value = json_object_get(claims, name);
	double s = json_number_value(value);

	*ms = if_missing;
	if (!value)
		return true;
	*ms = s >= NEVER_S ? NEVER_MS : s > 0.001 ? (int64_t)(s * 1000) : 1;
	return json_is_number(value);
}

/* Set *until_ms to the time when the token expires, 0: never. */
static const char *
jwt_check_times(const json_t *claims, int64_t now_ms, int64_t *until_ms)
{
	int64_t from_ms;

	if (!jwt_read_time(claims, "exp", NEVER_MS, until_ms) ||
		!jwt_read_time(claims, "nbf", 1, &from_ms))
		return "bad_claim";
	if (now_ms >= *until_ms)
		return "expired";
	if (*until_ms == NEVER_MS)
		*until_ms = 0;
	return now_ms < from_ms - EARLY_MS ? "not_yet" : NULL;
}

static bool
jwt_audience_is_accepted(const json_t *claims)
{
	const json_t *audience = json_object_get(claims, "aud"), *one;
	const char *text = json_string_value(audience);
	size_t i;

	if (!audience || (text && !strcmp(text, AUDIENCE)))
		return true;
	json_array_foreach(audience, i, one)
	{
		if (json_is_string(one) && !strcmp(json_string_value(one), AUDIENCE))
			return true;
	}
	return false;
}

/* A missing "rooms" and the room "*" both mean all rooms. */
static const char *
jwt_read_rooms(const json_t *claims, struct permissions *permissions)
{
	const json_t *rooms = json_object_get(claims, "rooms"), *room;
	size_t i;

	permissions->rooms = rooms ? PERMISSIONS_LISTED : PERMISSIONS_ALL;
	if (rooms && !json_is_array(rooms))
		return "bad_claim";
	json_array_foreach(rooms, i, room)
	{
		const char *name = json_string_value(room);

		if (!name || strlen(name) != json_string_length(room))
			return "bad_claim";
		if (!strcmp(name, "*"))
			permissions->rooms = PERMISSIONS_ALL;
		else
			permissions_add_room(permissions, name);
	}
	permissions->tails = permissions->rooms;
	return NULL;
}

/* Read a text to *out, NULL if it is missing. Returns false if it is not a text. */
static bool
jwt_read_text(const json_t *claims, const char *name, const char **out)
{
	const json_t *value = json_object_get(claims, name);

	*out = json_string_value(value);
	return !value || (*out && strlen(*out) == json_string_length(value));
}

static const char *
jwt_read_person(const json_t *claims, const struct token_rules *rules,
	struct permissions *permissions)
{
	const char *subject, *name;

	if (!jwt_read_text(claims, "sub", &subject) ||
		!jwt_read_text(claims, "name", &name))
		return "bad_claim";
	if (!name)
		name = subject;
	if (name && name_fault(name, rules->name_max_bytes))
		return "bad_name";
	permissions_set_person(permissions, name, subject);
	return NULL;
}

static const char *
jwt_read_permissions(const json_t *claims, const struct token_rules *rules,
	struct permissions *permissions)
{
	const char *why = jwt_check_times(claims, rules->now_ms, &permissions->until_ms);

	if (!why && !jwt_audience_is_accepted(claims))
		why = "bad_audience";
	if (!why)
		why = jwt_read_rooms(claims, permissions);
	return why ? why : jwt_read_person(claims, rules, permissions);
}

int
tokens_check_jwt(const struct tokens *tokens, const char *text, size_t len,
	const struct token_rules *rules, const struct permissions **out, const char **why)
{
	char token[TOKEN_MAX_BYTES + 1];
	struct permissions *permissions;
	json_t *claims;

	*why = "bad_token";
	if (!tokens->secret.bytes || len >= sizeof(token) || memchr(text, 0, len))
		return -EACCES;
	memcpy(token, text, len);
	token[len] = '\0';
	claims = jwt_read_claims(&tokens->secret, token);
	if (!claims)
		return -EACCES;
	permissions = permissions_new();
	*why = jwt_read_permissions(claims, rules, permissions);
	json_decref(claims);
	if (*why) {
		permissions_unref(permissions);
		return -EACCES;
	}
	*out = permissions;
	return 0;
}

/* The claims of a token. The caller frees the text. */
static char *
jwt_write_claims(const struct token_grant *grant)
{
	json_t *claims = json_pack("{ss ss sI sI}", "aud", AUDIENCE, "name", grant->name,
		"iat", (json_int_t)grant->from_s, "exp", (json_int_t)grant->until_s);
	json_t *rooms = json_array();
	char *text;

	for (size_t i = 0; i < grant->room_count; i++)
		json_array_append_new(rooms, json_string(grant->rooms[i]));
	if (grant->room_count)
		json_object_set(claims, "rooms", rooms);
	json_decref(rooms);
	text = json_dumps(claims, JSON_COMPACT);
	json_decref(claims);
	return text;
}

/* The text in base64url. The caller frees it. */
static char *
jwt_encode_text(const char *text)
{
	size_t len = strlen(text);
	char *encoded = xmalloc(JWT_ENCODED_BYTES(len));

	jwt_encode(encoded, (const uint8_t *)text, len);
	return encoded;
}

char *
jwt_make(const struct jwt_secret *secret, const struct token_grant *grant)
{
	char *claims = jwt_write_claims(grant);
	char *header_part = jwt_encode_text("{\"alg\":\"HS256\",\"typ\":\"JWT\"}");
	char *claims_part = jwt_encode_text(claims);
	char *signed_text = xasprintf("%s.%s", header_part, claims_part);
	char signature[JWT_ENCODED_BYTES(EVP_MAX_MD_SIZE)];
	char *token;

	jwt_sign(signature, secret, signed_text, strlen(signed_text));
	token = xasprintf("%s.%s", signed_text, signature);
	free(signed_text);
	free(claims_part);
	free(header_part);
	free(claims);
	return token;
}

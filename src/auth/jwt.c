#include <errno.h>
#include <jansson.h>
#include <jwt.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth_private.h"
#include "linnet/protocol/name.h"

/* base64url (RFC 4648 section 5) */
#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* A token with "aud" must name this audience (RFC 7519 section 4.1.3). */
#define AUDIENCE "linnet"

/* Accept a token this long before its "nbf", because clocks differ. */
#define EARLY_MS 60000

/* A later time (in s) counts as never, so that the ms fit into an int64_t. */
#define NEVER_S 1e12

/* True for three parts in base64url (RFC 7515 section 7.1). Checked first, so that libjwt
 * does not get arbitrary input from strangers. */
static bool
jwt_has_form(const char *text)
{
	int parts;

	for (parts = 1;; parts++) {
		size_t len = strspn(text, ALPHABET);

		text += len;
		if (!len || (*text && *text != '.'))
			return false;
		if (!*text++)
			return parts == 3;
	}
}

/* Check the header before the signature: for another "alg" libjwt would use the secret as
 * another kind of key. */
static bool
jwt_header_is_accepted(const char *text)
{
	const char *alg;
	char *critical;
	bool good;
	jwt_t *jwt;

	if (jwt_decode(&jwt, text, NULL, 0) != 0)
		return false;
	alg = jwt_get_header(jwt, "alg");
	critical = jwt_get_headers_json(jwt, "crit");
	/* "crit" lists extensions that the receiver must know (RFC 7515 section 4.1.11);
	 * we know none. */
	good = alg && !strcmp(alg, "HS256") && !critical;
	free(critical);
	jwt_free(jwt);
	return good;
}

/* Returns the claims of a token signed with the secret, or NULL. */
static json_t *
jwt_read_claims(const struct jwt_secret *secret, const char *text)
{
	json_t *claims = NULL;
	char *json;
	jwt_t *jwt;
	int r;

	r = jwt_decode(
		&jwt, text, (const unsigned char *)secret->bytes, (int)secret->len);
	/* libjwt leaves its errors in OpenSSL's queue, where TLS would find them. */
	ERR_clear_error();
	if (r != 0)
		return NULL;
	json = jwt_get_grants_json(jwt, NULL);
	jwt_free(jwt);
	if (json)
		claims = json_loads(json, 0, NULL);
	free(json);
	if (json_is_object(claims))
		return claims;
	json_decref(claims);
	return NULL;
}

/* Read a time (RFC 7519 section 2, NumericDate) as Unix ms; 0 if it is missing. Returns
 * false if it is not a number. */
static bool
jwt_read_time(const json_t *claims, const char *name, int64_t *ms)
{
	const json_t *value = json_object_get(claims, name);
	double s = json_number_value(value);

	*ms = 0;
	if (!value)
		return true;
	if (!json_is_number(value))
		return false;
	if (s < NEVER_S)
		*ms = s > 0.001 ? (int64_t)(s * 1000) : 1;
	return true;
}

static const char *
jwt_check_times(const json_t *claims, int64_t now_ms, int64_t *until_ms)
{
	int64_t from_ms;

	if (!jwt_read_time(claims, "exp", until_ms) ||
		!jwt_read_time(claims, "nbf", &from_ms))
		return "bad_claim";
	if (*until_ms && now_ms >= *until_ms)
		return "expired";
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
	if (!jwt_has_form(token) || !jwt_header_is_accepted(token))
		return -EACCES;
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

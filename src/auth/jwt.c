/* JSON Web Tokens (RFC 7519), signed by HS256 with a secret that is shared. */
#include <errno.h>
#include <jansson.h>
#include <jwt.h>
#include <openssl/err.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth_private.h"
#include "linnet/protocol/name.h"

#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/* Whom a token is for that says so (RFC 7519 section 4.1.3). */
#define AUDIENCE "linnet"

/* A token may be used a little before its time: clocks differ. */
#define EARLY_MS 60000

/* Times beyond this, in s, are never. */
#define NEVER_S 1e12

/* True for three parts in base64 (RFC 7515 section 7.1): what anybody may send is looked
 * at before a library takes it apart. */
static bool
has_form(const char *text)
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

/* Look at the header alone: with another "alg" the library would take the secret for
 * another kind of key. */
static bool
has_good_header(const char *text)
{
	const char *alg;
	char *critical;
	bool good;
	jwt_t *jwt;

	if (jwt_decode(&jwt, text, NULL, 0) != 0)
		return false;
	alg = jwt_get_header(jwt, "alg");
	critical = jwt_get_headers_json(jwt, "crit");
	/* Extensions that must be understood (RFC 7515 section 4.1.11). */
	good = alg && !strcmp(alg, "HS256") && !critical;
	free(critical);
	jwt_free(jwt);
	return good;
}

/* The claims of a token that the secret has signed, or NULL. */
static json_t *
read_claims(const struct jwt_secret *secret, const char *text)
{
	json_t *claims = NULL;
	char *json;
	jwt_t *jwt;
	int r;

	r = jwt_decode(
		&jwt, text, (const unsigned char *)secret->bytes, (int)secret->len);
	/* What it leaves there is nobody else's error. */
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

/* Read a time (RFC 7519 section 2, NumericDate) to Unix ms; 0 where there is none.
 * Returns false if it is no number. */
static bool
read_time(const json_t *claims, const char *name, int64_t *ms)
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
check_times(const json_t *claims, int64_t now_ms, int64_t *until_ms)
{
	int64_t from_ms;

	if (!read_time(claims, "exp", until_ms) || !read_time(claims, "nbf", &from_ms))
		return "bad_claim";
	if (*until_ms && now_ms >= *until_ms)
		return "expired";
	return now_ms < from_ms - EARLY_MS ? "not_yet" : NULL;
}

static bool
is_for_us(const json_t *claims)
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

/* Without "rooms" it is for all of them, and "*" is all of them, too. */
static const char *
read_rooms(const json_t *claims, struct permissions *permissions)
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

/* Read a text to *out, NULL where there is none. Returns false if it is none. */
static bool
read_text(const json_t *claims, const char *name, const char **out)
{
	const json_t *value = json_object_get(claims, name);

	*out = json_string_value(value);
	return !value || (*out && strlen(*out) == json_string_length(value));
}

static const char *
read_person(const json_t *claims, const struct token_rules *rules,
	struct permissions *permissions)
{
	const char *subject, *name;

	if (!read_text(claims, "sub", &subject) || !read_text(claims, "name", &name))
		return "bad_claim";
	if (!name)
		name = subject;
	if (name && name_fault(name, rules->name_max_bytes))
		return "bad_name";
	permissions_set_person(permissions, name, subject);
	return NULL;
}

static const char *
read_permissions(const json_t *claims, const struct token_rules *rules,
	struct permissions *permissions)
{
	const char *why = check_times(claims, rules->now_ms, &permissions->until_ms);

	if (!why && !is_for_us(claims))
		why = "bad_audience";
	if (!why)
		why = read_rooms(claims, permissions);
	return why ? why : read_person(claims, rules, permissions);
}

int
jwt_check(const struct jwt_secret *secret, const char *text, size_t len,
	const struct token_rules *rules, const struct permissions **out, const char **why)
{
	char token[TOKEN_MAX_BYTES + 1];
	struct permissions *permissions;
	json_t *claims;

	*why = "bad_token";
	if (!secret->bytes || len >= sizeof(token) || memchr(text, 0, len))
		return -EACCES;
	memcpy(token, text, len);
	token[len] = '\0';
	if (!has_form(token) || !has_good_header(token))
		return -EACCES;
	claims = read_claims(secret, token);
	if (!claims)
		return -EACCES;
	permissions = permissions_new();
	*why = read_permissions(claims, rules, permissions);
	json_decref(claims);
	if (*why) {
		permissions_unref(permissions);
		return -EACCES;
	}
	*out = permissions;
	return 0;
}

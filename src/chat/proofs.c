#include "chat/proofs.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "linnet/base/xalloc.h"

static_assert(CLUSTER_PROOF_BYTES == HEX_SHA256_BYTES, "a proof is a SHA-256");

/* A session whose permissions fix its name proves it by these alone. */
static void
proofs_add_grant(struct cluster_proofs *proofs, const struct permissions *permissions)
{
	const char *subject = permissions->subject ? permissions->subject : "";
	char *text = xasprintf("%s\n%s", permissions->name, subject);

	hex_sha256(proofs->grant, text, strlen(text));
	free(text);
}

static void
proofs_make(struct cluster_proofs *proofs, const struct permissions *permissions,
	const char *token, const char *email_hash)
{
	*proofs = (struct cluster_proofs){ .token = "" };
	if (permissions && permissions->name)
		proofs_add_grant(proofs, permissions);
	if (token)
		hex_sha256(proofs->token, token, strlen(token));
	if (email_hash && *email_hash)
		hex_sha256(proofs->email, email_hash, strlen(email_hash));
}

/* Nothing else proves a name that permissions fix. */
static void
proofs_of_visitor(struct cluster_proofs *proofs, const struct permissions *permissions,
	const struct roster_proof *proof)
{
	bool is_fixed = permissions && permissions->name;

	proofs_make(proofs, permissions, is_fixed ? NULL : proof->token,
		is_fixed ? NULL : proof->email_hash);
}

void
proofs_of_claim(struct cluster_proofs *proofs, const struct session *session,
	const struct roster_proof *proof)
{
	proofs_of_visitor(proofs, session->permissions, proof);
}

void
proofs_of_person(struct cluster_proofs *proofs, const struct person *person)
{
	proofs_make(proofs, TAILQ_FIRST(&person->sessions)->permissions, person->token,
		person->email_hash);
}

static bool
proofs_are_equal(const char *a, const char *b)
{
	return *a && !strcmp(a, b);
}

enum cluster_grant
proofs_compare(const struct person *person, const struct permissions *permissions,
	const struct roster_proof *proof)
{
	enum cluster_grant best = CLUSTER_FREE, grant;
	const struct far_part *part;
	struct cluster_proofs shown;

	if (LIST_EMPTY(&person->far))
		return CLUSTER_FREE;
	proofs_of_visitor(&shown, permissions, proof);
	LIST_FOREACH (part, &person->far, person_link) {
		grant = proofs_are_equal(shown.token, part->proofs.token)
				? CLUSTER_BY_TOKEN
			: proofs_are_equal(shown.grant, part->proofs.grant)
				? CLUSTER_BY_GRANT
			: proofs_are_equal(shown.email, part->proofs.email)
				? CLUSTER_BY_EMAIL
				: CLUSTER_FREE;
		best = grant > best ? grant : best;
	}
	return best;
}

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

void
proofs_of_claim(struct cluster_proofs *proofs, const struct session *session,
	const struct roster_proof *proof)
{
	*proofs = (struct cluster_proofs){ .token = "" };
	if (session->permissions->name) {
		proofs_add_grant(proofs, session->permissions);
		return;
	}
	if (proof->token)
		hex_sha256(proofs->token, proof->token, strlen(proof->token));
	if (*proof->email_hash)
		hex_sha256(proofs->email, proof->email_hash, strlen(proof->email_hash));
}

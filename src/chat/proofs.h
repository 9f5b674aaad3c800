/* proofs.h - what sessions and people show other nodes to prove who they are: hashes. */
#pragma once

#include "chat/chat_private.h"

/* Of session, which wants a name and shows proof. */
void proofs_of_claim(struct cluster_proofs *proofs, const struct session *session,
	const struct roster_proof *proof);

/* Of person, as other nodes are told them. */
void proofs_of_person(struct cluster_proofs *proofs, const struct person *person);

/* The best reason for which somebody with these permissions who shows proof is person, by
 * what it has shown to other nodes; CLUSTER_FREE: none. */
enum cluster_grant proofs_compare(const struct person *person,
	const struct permissions *permissions, const struct roster_proof *proof);

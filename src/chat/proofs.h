/* proofs.h - what sessions and people show other nodes to prove who they are: hashes. */
#pragma once

#include "chat/chat_private.h"

/* Of session, which wants a name and shows proof. */
void proofs_of_claim(struct cluster_proofs *proofs, const struct session *session,
	const struct roster_proof *proof);

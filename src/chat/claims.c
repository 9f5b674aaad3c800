#include "chat/claims.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "chat/naming.h"
#include "chat/proofs.h"
#include "chat/reply.h"
#include "linnet/base/json_text.h"
#include "linnet/base/xalloc.h"

/* A claim is answered in this time, or as if the cluster could not be reached. */
#define PATIENCE_TICKS (10000 / CHAT_TICK_MS)

/* Ask for name, whose forms the input has; NULL: the one that the token had. Returns as
 * cluster_claim. */
static int
claims_begin(struct input *input, const char *name, const struct roster_proof *proof)
{
	struct chat *chat = input->chat;
	struct chat_session *own = input->speaker->chat;
	const char *key = name ? input->forms.digests[NAME_FOLDED] : NULL;
	uint64_t ticket = ++chat->last_ticket;
	struct cluster_proofs proofs;
	int result;

	if (cluster_is_shared(&chat->cluster))
		proofs_of_claim(&proofs, input->speaker, proof);
	result = cluster_claim(
		&chat->cluster, &(struct cluster_claim){ name, key, &proofs }, ticket);
	if (result != -EINPROGRESS)
		return result;
	own->claim.ticket = ticket;
	own->claim.name = xstrdup(name ? name : "");
	own->claim.asked_tick = chat->ticks;
	if (key)
		memcpy(own->claim.key, key, sizeof(own->claim.key));
	HASH_ADD(claim_hh, chat->claims, claim.ticket, sizeof(ticket), own);
	return result;
}

bool
claims_ask(struct input *input, const char *name, const struct roster_proof *proof)
{
	struct claim *claim = &input->speaker->chat->claim;
	int result;

	if (!naming_must_ask(input, name))
		return false;
	if (claim->name && !strcmp(claim->name, name)) {
		result = claim->result;
	} else {
		result = claims_begin(input, name, proof);
		if (result == -EINPROGRESS)
			return true;
	}
	input->claimed = name;
	input->claim_result = result;
	memcpy(input->claimed_key, input->forms.digests[NAME_FOLDED],
		sizeof(input->claimed_key));
	return false;
}

bool
claims_ask_by_token(struct input *input, const struct roster_proof *proof)
{
	struct claim *claim = &input->speaker->chat->claim;

	if (!claim->name)
		return claims_begin(input, NULL, proof) == -EINPROGRESS;
	if (claim->result < 0)
		return false;
	input->claimed = claim->name;
	input->claim_result = claim->result;
	memcpy(input->claimed_key, claim->key, sizeof(input->claimed_key));
	return false;
}

/* Forget the answer, which was used. */
static void
claims_clear(struct claim *claim)
{
	free(claim->name);
	*claim = (struct claim){ .ticket = 0 };
}

void
claims_settle(struct input *input)
{
	struct claim *claim = &input->speaker->chat->claim;
	const char *granted = NULL; /* its key */

	if (input->claimed)
		granted = input->claim_result < 0 ? NULL : input->claimed_key;
	else if (claim->name && !claim->ticket && claim->result >= 0)
		granted = claim->key;
	if (granted && !input->has_taken)
		cluster_release(&input->chat->cluster, granted);
	input->claimed = NULL;
	input->has_taken = false;
	if (!claim->ticket)
		claims_clear(claim);
}

static void
claims_insert(struct chat_session *own, struct waiting *waiting)
{
	own->waiting_count++;
	own->waiting_bytes += waiting->bytes;
	if (waiting->asker->call)
		waiting->asker->call->waiting++;
	if (own->is_continuing)
		STAILQ_INSERT_HEAD(&own->waiting, waiting, link);
	else
		STAILQ_INSERT_TAIL(&own->waiting, waiting, link);
}

int
claims_wait(struct input *input, const struct command *command)
{
	struct chat_session *own = input->speaker->chat;
	const struct chat_pending *call = input->asker->call;
	struct buffer text = { 0 };
	struct waiting *waiting;

	if (call && own->waiting_count >= CLAIMS_WAITING_MAX) {
		message_refuse(&input->fault, "busy", "too much is under way, try again");
		return -EAGAIN;
	}
	json_text_append(&text, input->message.object);
	waiting = xcalloc(1, sizeof(*waiting));
	waiting->command = command;
	waiting->message = input->message;
	json_incref(waiting->message.object);
	waiting->fault = input->fault;
	waiting->asker = input->asker;
	waiting->permissions = call ? permissions_ref(call->caller->permissions) : NULL;
	waiting->bytes = text.len;
	buffer_clear(&text);
	claims_insert(own, waiting);
	return 0;
}

void
claims_wait_line(struct asker *asker, const char *line)
{
	struct waiting *waiting = xcalloc(1, sizeof(*waiting));

	waiting->line = xstrdup(line);
	waiting->bytes = strlen(line);
	waiting->asker = asker;
	claims_insert(asker->session->chat, waiting);
}

bool
claims_are_waiting(const struct session *session)
{
	const struct chat_session *own = session->chat;

	return !own->is_continuing && (own->waiting_count || own->claim.ticket);
}

static struct waiting *
claims_remove_first(struct chat_session *own)
{
	struct waiting *waiting = STAILQ_FIRST(&own->waiting);

	if (!waiting)
		return NULL;
	STAILQ_REMOVE_HEAD(&own->waiting, link);
	own->waiting_count--;
	own->waiting_bytes -= waiting->bytes;
	if (waiting->asker->call)
		waiting->asker->call->waiting--;
	return waiting;
}

struct waiting *
claims_next(struct chat_session *own)
{
	return own->claim.ticket ? NULL : claims_remove_first(own);
}

void
claims_free_waiting(struct waiting *waiting)
{
	message_fini(&waiting->message);
	permissions_unref(waiting->permissions);
	free(waiting->line);
	free(waiting);
}

static void
claims_end(struct chat *chat, struct chat_session *own, int result)
{
	HASH_DELETE(claim_hh, chat->claims, own);
	own->claim.ticket = 0;
	own->claim.result = result;
}

struct chat_session *
claims_answered(struct chat *chat, uint64_t ticket, const char *name, int result)
{
	struct chat_session *own;
	struct name_forms forms;

	HASH_FIND(claim_hh, chat->claims, &ticket, sizeof(ticket), own);
	if (own)
		claims_end(chat, own, result);
	if (result < 0)
		return own;
	name_forms_write(&forms, name);
	if (own && !*own->claim.name) {
		free(own->claim.name);
		own->claim.name = xstrdup(name);
		memcpy(own->claim.key, forms.digests[NAME_FOLDED],
			sizeof(own->claim.key));
	} else if (!own) {
		cluster_release(&chat->cluster, forms.digests[NAME_FOLDED]);
	}
	return own;
}

struct chat_session *
claims_overdue(struct chat *chat)
{
	struct chat_session *own = chat->claims; /* the oldest */

	if (!own || chat->ticks - own->claim.asked_tick < PATIENCE_TICKS)
		return NULL;
	claims_end(chat, own, -ENOTCONN);
	return own;
}

void
claims_drop(struct chat *chat, struct chat_session *own)
{
	struct message_fault fault = { .code = NULL };
	struct waiting *waiting;

	if (own->claim.ticket)
		claims_end(chat, own, -ENOTCONN);
	else if (own->claim.name && own->claim.result >= 0)
		cluster_release(&chat->cluster, own->claim.key);
	claims_clear(&own->claim);
	message_refuse(&fault, "no_such_session", "the session is gone");
	while ((waiting = claims_remove_first(own))) {
		if (waiting->asker->call)
			reply_fault(waiting->asker, &fault);
		claims_free_waiting(waiting);
	}
}

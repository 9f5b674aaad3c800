#include "ledger.h"

#include <assert.h>
#include <stddef.h>
#include <stdlib.h>

#include "die.h"

enum { WORD_BITS = 64 };

struct ledger {
	unsigned clients;
	unsigned senders;
	uint32_t messages;
	uint32_t sent;
	size_t row_words;
	uint64_t *seen;    /* one row of bits a message, one bit a client */
	uint32_t *reached; /* the number of clients that have each message */
	uint32_t *next;    /* [client][sender]: latest message received, plus 1 */
	struct ledger_counts counts;
};

struct ledger *
ledger_new(unsigned clients, unsigned senders, uint32_t messages)
{
	struct ledger *ledger = die_or_allocate(1, sizeof(*ledger));

	ledger->clients = clients;
	ledger->senders = senders;
	ledger->messages = messages;
	ledger->row_words = (clients + WORD_BITS - 1) / WORD_BITS;
	ledger->seen =
		die_or_allocate(messages, ledger->row_words * sizeof(*ledger->seen));
	ledger->reached = die_or_allocate(messages, sizeof(*ledger->reached));
	ledger->next = die_or_allocate((size_t)clients * senders, sizeof(*ledger->next));
	return ledger;
}

void
ledger_free(struct ledger *ledger)
{
	free(ledger->seen);
	free(ledger->reached);
	free(ledger->next);
	free(ledger);
}

uint32_t
ledger_send(struct ledger *ledger)
{
	assert(ledger->sent < ledger->messages);
	return ledger->sent++;
}

/* Set the bit of this receipt; false if it was set before. */
static bool
mark_seen(struct ledger *ledger, unsigned client, uint32_t message)
{
	uint64_t *word = &ledger->seen[message * ledger->row_words + client / WORD_BITS];
	uint64_t bit = 1ULL << client % WORD_BITS;

	if (*word & bit)
		return false;
	*word |= bit;
	return true;
}

bool
ledger_receive(struct ledger *ledger, unsigned client, uint32_t message)
{
	unsigned sender = message % ledger->senders;
	uint32_t *next = &ledger->next[(size_t)client * ledger->senders + sender];

	if (message >= ledger->sent || sender == client) {
		ledger->counts.unexpected++;
		return false;
	}
	if (!mark_seen(ledger, client, message)) {
		ledger->counts.doubled++;
		return false;
	}
	if (message < *next)
		ledger->counts.reordered++;
	else
		*next = message + 1;
	ledger->counts.delivered++;
	return ++ledger->reached[message] == ledger->clients - 1;
}

void
ledger_receive_unexpected(struct ledger *ledger)
{
	ledger->counts.unexpected++;
}

struct ledger_counts
ledger_count(const struct ledger *ledger)
{
	struct ledger_counts counts = ledger->counts;
	uint64_t due = (uint64_t)ledger->sent * (ledger->clients - 1);

	counts.lost = due - counts.delivered;
	return counts;
}

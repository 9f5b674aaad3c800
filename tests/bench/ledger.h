/* ledger.h - checks that each client receives each message exactly once and in
 * its sender's order.
 *
 * Messages are numbered from 0; message n is sent by client n % senders. Every
 * client but the sender must receive it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ledger_counts {
	uint64_t delivered;  /* first receipts */
	uint64_t lost;       /* missing receipts of the messages sent */
	uint64_t doubled;    /* receipts after the first */
	uint64_t reordered;  /* receipts after a later one of the same sender */
	uint64_t unexpected; /* a sender's own message, one never sent, or no message */
};

struct ledger;

/* Make a ledger for up to messages messages; takes clients * messages / 8 bytes.
 * The caller owns it; ledger_free ends it. */
struct ledger *ledger_new(unsigned clients, unsigned senders, uint32_t messages);
void ledger_free(struct ledger *ledger);

/* Return the number of the next message, which counts as sent from now on. There
 * must be room for one more. */
uint32_t ledger_send(struct ledger *ledger);

/* Record that a client received a message. True if it has now reached everybody;
 * at most once for each message. */
bool ledger_receive(struct ledger *ledger, unsigned client, uint32_t message);

/* Record that a client received something other than a message of the benchmark. */
void ledger_receive_unexpected(struct ledger *ledger);

/* The counts so far; a message still in flight counts as lost. */
struct ledger_counts ledger_count(const struct ledger *ledger);

#include "daemon/checks.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "linnet/auth/tokens.h"
#include "linnet/base/util.h"
#include "linnet/chat/chat.h"
#include "linnet/http/static/static_file.h"
#include "linnet/net/tls.h"

/* The state of one run. */
struct checking {
	const struct config *config;
	struct secrets *secrets;
	struct config_errors errors, warnings;
};

static void
checks_read_tokens(struct checking *checking)
{
	checking->secrets->tokens =
		tokens_new(checking->config, &checking->errors, &checking->warnings);
}

static void
checks_read_certificate(struct checking *checking)
{
	if (*checking->config->http.tls_certificate)
		checking->secrets->tls =
			tls_new(checking->config, &checking->errors, &checking->warnings);
}

static void
checks_find_page(struct checking *checking)
{
	const char *root = checking->config->http.root;
	struct static_root page;
	int r = static_root_open(&page, root);

	if (r == 0)
		static_root_close(&page);
	else
		config_errors_report(&checking->errors, checking->config, "http.root",
			CONFIG_NO_ITEM,
			"http.root %s: the page cannot be opened: %s; set http.root to "
			"the folder with index.html",
			root, strerror(-r));
}

static void
checks_find_store(struct checking *checking)
{
	const char *why;

	if (chat_check_store(checking->config, &why) == 0)
		return;
	if (checking->config->store.driver == STORE_REDIS)
		config_errors_report(&checking->errors, checking->config, "store.driver",
			CONFIG_NO_ITEM, "store.driver \"redis\": %s", why);
	else
		config_errors_report(&checking->errors, checking->config, "store.path",
			CONFIG_NO_ITEM, "store.path %s: %s", checking->config->store.path,
			why);
}

/* A log file may come later. */
static void
checks_find_logs(struct checking *checking)
{
	for (size_t i = 0; i < checking->config->tails.count; i++) {
		const char *path = checking->config->tails.items[i].path;

		if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0)
			config_errors_report(&checking->warnings, checking->config,
				"tails", i,
				"cannot read %s: %s; the room stays empty until it can "
				"be read",
				path, strerror(errno));
	}
}

static void
checks_compare_listeners(struct checking *checking)
{
	config_check_listeners(checking->config, &checking->errors);
}

static const struct check {
	const char *event;
	int callers; /* enum checks_caller */
	void (*run)(struct checking *checking);
} checks[] = {
	{ "auth_failed", CHECKS_OF_TEST | CHECKS_OF_START | CHECKS_OF_RELOAD,
		checks_read_tokens },
	{ "tls_failed", CHECKS_OF_TEST | CHECKS_OF_START | CHECKS_OF_RELOAD,
		checks_read_certificate },
	{ "listen_failed", CHECKS_OF_TEST, checks_compare_listeners },
	{ "page_failed", CHECKS_OF_TEST | CHECKS_OF_RELOAD, checks_find_page },
	{ "store_failed", CHECKS_OF_TEST | CHECKS_OF_RELOAD, checks_find_store },
	{ "tail_failed", CHECKS_OF_TEST, checks_find_logs },
};

static void
checks_report(struct config_errors *lines, const char *event, bool is_warning,
	checks_on_result *on_result)
{
	for (size_t i = 0; i < lines->count; i++)
		on_result(event, is_warning, lines->lines[i]);
	config_errors_clear(lines);
}

bool
checks_run(const struct config *config, enum checks_caller caller,
	struct secrets *secrets, checks_on_result *on_result)
{
	struct checking checking = { .config = config, .secrets = secrets };
	bool is_good = true;

	*secrets = (struct secrets){ 0 };
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		if (!(checks[i].callers & (int)caller))
			continue;
		checks[i].run(&checking);
		is_good &= !checking.errors.count;
		checks_report(&checking.warnings, checks[i].event, true, on_result);
		checks_report(&checking.errors, checks[i].event, false, on_result);
	}
	if (!is_good)
		secrets_clear(secrets);
	return is_good;
}

void
secrets_clear(struct secrets *secrets)
{
	tokens_free(secrets->tokens);
	tls_free(secrets->tls);
}

/* The driver redis when a node or Redis ends, is cut off, or has lost something. */
#include "nodes_fixture.h"

static void
test_a_node_that_stops_leaves_nobody_behind(void **state)
{
	(void)state;
	come(1, "ann", "ops");
	AWAIT(was_told(&nodes[0], "2 enter ann ops ws"));
	stop(1);
	AWAIT(was_told(&nodes[0], "2 gone"));
	assert_int_equal(claim(0, "ann", ""), CLUSTER_FREE);
}

static void
test_redis_is_killed_and_comes_back(void **state)
{
	const struct cluster_claim claim_of = { "bob", "bob", proofs_of("") };

	(void)state;
	come(0, "ann", "ops");
	AWAIT(was_told(&nodes[1], "1 enter ann ops ws"));
	clear_told(1);
	redis_server_kill(&server);
	AWAIT(cluster_claim(&nodes[0].cluster, &claim_of, 1) == -ENOTCONN);
	assert_int_equal(cluster_order(&nodes[0].cluster, "x", 1), -ENOTCONN);
	assert_int_equal(cluster_say(&nodes[0].cluster, "x", 1, "x", 1), -ENOTCONN);
	tell(0, CLUSTER_LEAVE, "ann", "ops");
	redis_server_start(&server);
	AWAIT(was_told(&nodes[1], "1 leave ann ops ws"));
	assert_null(strstr(nodes[1].told.bytes, "gone"));
	assert_null(strstr(nodes[1].told.bytes, "anew"));
	assert_int_equal(claim(1, "ann", ""), -EEXIST);
}

static void
test_redis_comes_back_empty(void **state)
{
	(void)state;
	come(0, "ann", "ops");
	AWAIT(was_told(&nodes[1], "1 enter ann ops ws"));
	clear_told(0);
	clear_told(1);
	redis_server_do(&server, "FLUSHALL");
	redis_server_kill(&server);
	redis_server_start(&server);
	AWAIT(was_told(&nodes[0], "forgotten") && was_told(&nodes[1], "forgotten"));
	assert_true(was_told(&nodes[0], "whole") && was_told(&nodes[1], "whole"));
	/* Both have their numbers still, and who is faster has the name. */
	assert_int_equal(claim(1, "ann", ""), CLUSTER_FREE);
	assert_int_equal(claim(0, "ann", "t"), -EEXIST);
	tell(1, CLUSTER_HERE, "ann", NULL);
	AWAIT(was_told(&nodes[0], "2 here ann ann 1 t"));
}

static void
test_scripts_are_forgotten_by_redis(void **state)
{
	(void)state;
	for (unsigned i = 0; i < 20; i++) {
		char name[32];

		snprintf(name, sizeof(name), "name%u", i);
		redis_server_do(&server, "SCRIPT FLUSH");
		assert_int_equal(claim(i % 2, name, ""), CLUSTER_FREE);
	}
}

/* Guests come and go on node 0, and something is done to Redis meanwhile. Node 1 is told
 * of each once, in order. */
static void
assert_told_in_spite_of(const char *trouble, const char *cure)
{
	struct buffer expected = { 0 };
	char name[32];

	clear_told(1);
	buffer_printf(&expected, "\n");
	for (unsigned i = 0; i < 120; i++) {
		snprintf(name, sizeof(name), "guest-%u", i);
		tell(0, CLUSTER_HERE, name, NULL);
		if (i % 10 == 5)
			redis_server_do(&server, trouble);
		tell(0, CLUSTER_ENTER, name, "ops");
		tell(0, CLUSTER_LEAVE, name, "ops");
		tell(0, CLUSTER_LEFT, name, NULL);
		pump(3);
		if (cure && i % 10 == 8)
			redis_server_do(&server, cure);
		buffer_printf(&expected,
			"1 here %s %s 1 t\n1 enter %s ops ws\n1 leave %s ops ws\n1 left "
			"%s\n",
			name, name, name, name, name);
	}
	AWAIT(nodes[1].told.len >= expected.len);
	assert_string_equal(nodes[1].told.bytes, expected.bytes);
	buffer_clear(&expected);
}

static void
test_connections_are_cut_again_and_again(void **state)
{
	(void)state;
	assert_told_in_spite_of("CLIENT KILL TYPE normal", NULL);
}

static void
test_the_memory_is_full_again_and_again(void **state)
{
	(void)state;
	assert_told_in_spite_of("CONFIG SET maxmemory 1", "CONFIG SET maxmemory 0");
}

static void
test_a_claim_is_answered_though_redis_has_lost_everything(void **state)
{
	unsigned before = nodes[0].answers;

	(void)state;
	kill(server.pid, SIGSTOP);
	begin_claim(0, "ann", "t");
	pump(50);
	redis_server_kill(&server);
	folder_remove(folder_path(server.folder, "appendonlydir"));
	redis_server_start(&server);
	AWAIT(nodes[0].answers > before);
	assert_int_equal(nodes[0].result, CLUSTER_FREE);
	assert_true(was_told(&nodes[0], "forgotten"));
	assert_int_equal(claim(1, "ann", ""), -EEXIST);
}

static void
test_a_lease_that_is_over_is_told(void **state)
{
	(void)state;
	come(0, "ann", "ops");
	AWAIT(was_told(&nodes[1], "1 enter ann ops ws"));
	/* As if the node had been suspended. */
	redis_server_do(&server, "ZADD {test:0}:leases 1 a");
	AWAIT(was_told(&nodes[0], "forgotten"));
	assert_true(was_told(&nodes[0], "whole"));
	AWAIT(was_told(&nodes[1], "1 gone"));
	assert_int_equal(claim(1, "ann", ""), CLUSTER_FREE);
	assert_int_equal(claim(0, "ann", "t"), -EEXIST);
}

/* Run this program as node c, which has ann in ops. */
static pid_t
spawn(void)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/proc/self/exe", "node", server.uri, (char *)NULL);
		_exit(127);
	}
	return pid;
}

/* What it does: when its names were forgotten it claims ann again, and gives an order if
 * somebody else has her. */
__attribute__((noreturn)) static void
run_child(const char *uri)
{
	snprintf(server.uri, sizeof(server.uri), "%s", uri);
	start(2);
	come(2, "ann", "ops");
	AWAIT(was_told(&nodes[2], "forgotten"));
	if (claim(2, "ann", "t") == -EEXIST)
		cluster_order(&nodes[2].cluster, "ann is lost", 11);
	for (;;)
		pump(1000);
}

static void
end(pid_t pid)
{
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void
test_a_node_that_is_killed_is_gone_when_its_lease_is_over(void **state)
{
	pid_t pid = spawn();

	(void)state;
	AWAIT(was_told(&nodes[0], "3 enter ann ops ws"));
	end(pid);
	clear_told(0);
	clear_told(1);
	assert_int_equal(claim(1, "ann", ""), -EEXIST);
	AWAIT(was_told(&nodes[0], "3 gone") && was_told(&nodes[1], "3 gone"));
	assert_int_equal(claim(1, "ann", ""), CLUSTER_FREE);
}

static void
test_a_node_that_is_started_again_is_gone_at_once(void **state)
{
	pid_t pid;

	(void)state;
	/* No lease ends in this test. */
	redis_server_do(&server, "SET {test:0}:lock nobody");
	pid = spawn();
	AWAIT(was_told(&nodes[0], "3 enter ann ops ws"));
	end(pid);
	clear_told(0);
	pid = spawn();
	AWAIT(was_told(&nodes[0], "3 enter ann ops ws"));
	end(pid);
	assert_non_null(strstr(nodes[0].told.bytes, "\n3 gone\n3 here ann ann 1 t\n"));
}

static void
test_a_node_that_is_paused_loses_its_names(void **state)
{
	pid_t pid = spawn();

	(void)state;
	AWAIT(was_told(&nodes[0], "3 enter ann ops ws"));
	kill(pid, SIGSTOP);
	clear_told(0);
	AWAIT(was_told(&nodes[0], "3 gone"));
	assert_int_equal(claim(1, "ann", ""), CLUSTER_FREE);
	kill(pid, SIGCONT);
	AWAIT(was_told(&nodes[0], "order ann is lost"));
	end(pid);
}

static void
test_a_node_that_is_dead_leaves_nobody_behind(void **state)
{
	(void)state;
	/* A node that never renews its lease: what it left is in Redis alone. */
	come(1, "ann", "ops");
	AWAIT(was_told(&nodes[0], "2 enter ann ops ws"));
	redis_server_do(&server, "RENAME {test:0}:p:b {test:0}:p:dead");
	redis_server_do(&server, "RENAME {test:0}:n:b {test:0}:n:dead");
	redis_server_do(&server, "ZADD {test:0}:leases 1 dead");
	redis_server_do(&server, "HSET {test:0}:nodeno dead 9");
	AWAIT(was_told(&nodes[0], "9 gone"));
	AWAIT(was_told(&nodes[1], "9 gone"));
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_node_that_stops_leaves_nobody_behind),
		TEST(test_redis_is_killed_and_comes_back),
		TEST(test_redis_comes_back_empty),
		TEST(test_scripts_are_forgotten_by_redis),
		TEST(test_connections_are_cut_again_and_again),
		TEST(test_the_memory_is_full_again_and_again),
		TEST(test_a_claim_is_answered_though_redis_has_lost_everything),
		TEST(test_a_lease_that_is_over_is_told),
		TEST(test_a_node_that_is_killed_is_gone_when_its_lease_is_over),
		TEST(test_a_node_that_is_started_again_is_gone_at_once),
		TEST(test_a_node_that_is_paused_loses_its_names),
		TEST(test_a_node_that_is_dead_leaves_nobody_behind),
	};

	if (argc > 1)
		run_child(argv[1]);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
